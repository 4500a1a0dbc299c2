"""SMS over SpeedSMS.vn, a Vietnamese gateway for customer care.

Requests and codes: https://speedsms.vn/sms-api-service/ and https://speedsms.vn/sms-api/ (read 2026); the report that
comes later as public programs read it. Two things are worth knowing:

- SpeedSMS knows no name of the shop's for a message and cannot be asked: one whose answer never came stays unknown.
  Reports go to one address, which is set in SpeedSMS' own console, and are not signed: it holds a key.
- Every kind of message it sends (2 a chance number, 3 the shop's brand, 4 a common brand, 5 the shop's own phone) is
  for customer care, so advertising is left to the next provider in line. A brand takes no replies.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activities.channels.asking import Line, json_object, words_of
from activities.channels.base import NOT_SERVED, Callback, Channel, Delivery, Leave, Message, Receipt, Reply
from activities.channels.hooking import check_key
from activities.channels.meanings import Codes, judged
from activities.channels.phones import vietnamese
from care.settings import Settings

NAME = "SpeedSMS"
# From this status of a report on nothing more is tried; below it the network still does.
GIVEN_UP = 64

CODES: Codes = {
    "007": ("setup", "the address of this machine is locked"),
    "008": ("setup", "the account is blocked"),
    "009": ("setup", "the account may not use the API"),
    "101": ("setup", "a parameter is missing or wrong"),
    "105": ("number", "the phone number is not valid"),
    "110": ("elsewhere", "the letters of this text cannot be sent"),
    "113": ("refused", "the text is too long"),
    "300": ("setup", "the account's balance is not enough"),
    "500": ("unknown", "the provider failed inside"),
}

_ADVERTISING = Delivery("failed", NOT_SERVED, "SpeedSMS sends messages of customer care only")


@dataclass(frozen=True, slots=True)
class SpeedSms:
    """The shop's account at SpeedSMS.

    Attributes:
        kind: ``2`` a chance number, ``3`` the shop's brand, ``4`` a common brand, ``5`` the shop's own phone.
        sender: The brand, or the phone's id; empty for a chance number.
        key: What the address of its reports ends with.
    """

    url: str
    token: str = field(repr=False)
    kind: str
    sender: str
    key: str = field(repr=False)
    timeout: float = 60


def open_channel(settings: Settings) -> Channel:
    """The plug-in ``speedsms``."""
    key = settings.hook_key("speedsms")
    return SpeedSmsChannel(
        SpeedSms(settings.speedsms_url, settings.speedsms_token, settings.speedsms_type, settings.speedsms_sender, key)
    )


class SpeedSmsChannel:
    """Delivers SMS over SpeedSMS.

    Raises:
        AddressSettingError: When the gateway's address cannot be called.
    """

    def __init__(self, account: SpeedSms) -> None:
        self._account = account
        self._line = Line(NAME, account.url, "speedsms_url", auth=(account.token, "x"), timeout=account.timeout)

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Hand the message to SpeedSMS."""
        if message.purpose == "marketing":
            return _ADVERTISING
        number = vietnamese(message.to)
        if isinstance(number, Delivery):
            return number
        asked = {
            "to": [f"84{number}"],
            "content": message.text,
            "sms_type": int(self._account.kind),
            "sender": self._account.sender,
        }
        body = await self._line.post("/index.php/sms/send", leave, json=asked)
        return body if isinstance(body, Delivery) else self._read(body)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """SpeedSMS knows no name of ours to ask by."""
        return None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Read a report; one that says the network still tries tells nothing yet."""
        check_key(callback, self._account.key)
        told = json_object(callback.body) or {}
        status = _number(told.get("status"))
        if told.get("type") != "report" or status is None or 0 < status < GIVEN_UP:
            return ()
        arrived = status == 0
        failed = Delivery("failed", "undelivered", f"the network did not deliver the message (status {status})")
        number = str(told.get("tranId", ""))
        return (Receipt(f"{number}:{_of(told)}:{status}", Delivery("sent") if arrived else failed, number),)

    async def close(self) -> None:
        """Close the connections."""
        await self._line.close()

    def _read(self, body: dict[str, Any]) -> Delivery:
        data, status = body.get("data"), body.get("status")
        if status == "success":
            taken = data.get("tranId") if isinstance(data, dict) else None
            return Delivery("sent", provider_id=str(taken)) if taken else self._line.silent()
        code = str(body.get("code", ""))
        return judged(NAME, CODES, code, words_of(body.get("message"))) if code else self._line.silent("said nothing")


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _of(told: dict[str, Any]) -> str:
    """Whom a report is about, in a form that names nobody."""
    return hashlib.sha256(str(told.get("phone", "")).encode()).hexdigest()[:12]
