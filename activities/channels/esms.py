"""SMS over eSMS.vn, a Vietnamese gateway: brandname messages of customer care, one to a request.

Requests and codes: https://developers.esms.vn/en/esms-api (pages "Send OTP/Customer care message", "Table of error
codes" and "Callback Url", read 2026). Three things are worth knowing:

- Code 100 says that eSMS took the request, not that anybody got the message; a callback (HTTP GET, up to five times,
  unsigned) tells that later. Its address therefore holds a key.
- ``RequestId`` is blocked for 24 hours: asked again, eSMS answers 124 and sends nothing. So a message that may have
  left is not asked after but handed over once more, after the guard-rails were asked again: either eSMS had it (124),
  or it takes it now (100), and there is one message in both cases. After a day its callback alone can tell.
  (Believed: a request that was refused is not blocked.)
- Advertising is another product: thirty numbers at least to a request, and a person approves it. One customer's
  advertising cannot be sent here, so it is left to the next provider in line.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from activities.channels.asking import Line, words_of
from activities.channels.base import NOT_SERVED, REPEATABLE, Callback, Channel, Delivery, Leave, Message, Receipt, Reply
from activities.channels.hooking import check_key
from activities.channels.meanings import Codes, judged
from activities.channels.phones import vietnamese
from care import clock
from care.domain.segments import segments
from care.settings import Settings

NAME = "eSMS"
TAKEN = "100"
TAKEN_BEFORE = "124"
# A little less than the day it promises.
REMEMBERED = timedelta(hours=23)

CODES: Codes = {
    "99": ("gone", "the number is blocked in the provider's system"),
    "101": ("setup", "the API key or its secret is wrong"),
    "102": ("setup", "the account has no price list"),
    "103": ("setup", "the account's balance is not enough"),
    "104": ("setup", "the brand name does not exist"),
    "107": ("elsewhere", "advertising needs at least thirty numbers in one request"),
    "108": ("number", "the phone number is not valid"),
    "110": ("refused", "the data of the request is wrong"),
    "118": ("setup", "the kind of message is not supported"),
    "120": ("elsewhere", "too many numbers for one request"),
    "140": ("setup", "the address of this machine is not on the provider's list"),
    "146": ("refused", "the text does not follow a registered template of customer care"),
    "177": ("elsewhere", "the brand name is not registered with this number's network"),
    "300": ("setup", "the kind of message is missing"),
    "301": ("setup", "the service is not supported"),
}

_SENT, _REJECTED = "5", "4"
_ADVERTISING = Delivery(
    "failed", NOT_SERVED, "eSMS sends advertising to thirty numbers at least, after a person has approved it"
)


@dataclass(frozen=True, slots=True)
class Esms:
    """The shop's account at eSMS.

    Attributes:
        callback: The address eSMS calls with news, which ends with ``key``.
    """

    url: str
    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    brand: str
    callback: str = field(repr=False)
    key: str = field(repr=False)
    timeout: float = 60


def open_channel(settings: Settings) -> Channel:
    """The plug-in ``esms``."""
    account = Esms(
        settings.esms_url,
        settings.esms_key,
        settings.esms_secret,
        settings.esms_brand,
        settings.hook_url("esms"),
        settings.hook_key("esms"),
    )
    return EsmsChannel(account)


class EsmsChannel:
    """Delivers SMS over eSMS.

    Raises:
        AddressSettingError: When the gateway's address cannot be called.
    """

    def __init__(self, account: Esms) -> None:
        self._account = account
        self._line = Line(NAME, account.url, "esms_url", timeout=account.timeout)

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Hand the message to eSMS; handed over twice within a day it is sent once."""
        if message.purpose == "marketing":
            return _ADVERTISING
        number = vietnamese(message.to)
        if isinstance(number, Delivery):
            return number
        body = await self._line.post(
            "/MainService.svc/json/SendMultipleMessage_V4_post_json/",
            leave,
            json={
                "ApiKey": self._account.api_key,
                "SecretKey": self._account.secret,
                "Phone": f"0{number}",
                "Content": message.text,
                "Brandname": self._account.brand,
                "SmsType": "2",
                "IsUnicode": "1" if segments(message.text).encoding == "UCS-2" else "0",
                "RequestId": message.reference,
                "CallbackUrl": self._account.callback,
            },
        )
        return body if isinstance(body, Delivery) else self._read(body)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Within a day the same message may be handed over again: eSMS sends it only when it does not have it yet."""
        if clock.now() - since > REMEMBERED:
            return None
        return Delivery("retry", REPEATABLE, "eSMS takes the same message once, however often it is handed over")

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Read what became of a message; states on the way tell nothing yet."""
        check_key(callback, self._account.key)
        told = callback.query
        status = told.get("SendStatus", "")
        if status not in (_SENT, _REJECTED):
            return ()
        arrived = status == _SENT and told.get("SendFailed", "0") == "0"
        words = "eSMS rejected the message" if status == _REJECTED else "the network did not deliver the message"
        delivery = Delivery("sent") if arrived else Delivery("failed", "undelivered", words)
        number = told.get("SMSID", "")
        news = f"{number}:{status}:{'sent' if arrived else 'failed'}"
        return (Receipt(news, delivery, number, told.get("RequestId", "")),)

    async def close(self) -> None:
        """Close the connections."""
        await self._line.close()

    def _read(self, body: dict[str, Any]) -> Delivery:
        code, number = str(body.get("CodeResult", "")), body.get("SMSID")
        if code == TAKEN_BEFORE:
            return Delivery("sent", provider_id=str(number or ""), detail="eSMS had it already")
        if code == TAKEN:
            return Delivery("sent", provider_id=str(number)) if number else self._line.silent()
        if not code:
            return self._line.silent("answered without a code")
        return judged(NAME, CODES, code, words_of(body.get("ErrorMessage")))
