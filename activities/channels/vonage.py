"""SMS over Vonage's SMS API, in any country.

Requests and codes: https://developer.vonage.com/messaging/sms/guides/troubleshooting-sms and
https://developer.vonage.com/messaging/sms/guides/delivery-receipts; signatures:
https://developer.vonage.com/getting-started/concepts/signing-messages. Vonage answers HTTP 200 whatever became of the
message, and says it in ``messages[].status``, one for each segment. It neither de-duplicates nor lists by our reference
(``client-ref``), which receipts repeat. Receipts and replies are signed where the shop asked Vonage for it
(``vonage_signature``); without that the address they come to holds a key.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from activities.channels.asking import Line, json_object, words_of
from activities.channels.base import Callback, Channel, Delivery, ForgedCallback, Leave, Message, Receipt, Reply
from activities.channels.hooking import check_key
from activities.channels.meanings import Codes, judged
from activities.channels.phones import international
from care.domain.segments import segments
from care.settings import Settings

NAME = "Vonage"
TAKEN = "0"

CODES: Codes = {
    "1": ("later", "the sending rate was exceeded"),
    "2": ("refused", "the request lacks a parameter"),
    "3": ("refused", "a parameter has a value that is not valid"),
    "4": ("setup", "the API key or its secret is wrong"),
    "5": ("later", "the provider failed inside"),
    "6": ("refused", "the message could not be processed"),
    "7": ("withdrew", "the number is barred and takes no messages"),
    "8": ("setup", "the account is barred"),
    "9": ("setup", "the account's credit is used up"),
    "10": ("later", "too many connections are open"),
    "11": ("setup", "the account may not use this API"),
    "12": ("refused", "the text is too long"),
    "14": ("setup", "the request's signature is wrong"),
    "15": ("setup", "the sender is not valid in this country"),
    "22": ("refused", "the network code is not valid"),
    "23": ("setup", "the address for receipts is not valid"),
    "29": ("setup", "a trial account sends to listed numbers only"),
    "32": ("setup", "the secret may not be given beside a signature"),
    "33": ("gone", "the number is no longer in service"),
}

RECEIPT_CODES: Codes = {
    "1": ("refused", "the network gave no reason"),
    "2": ("refused", "the phone was switched off or out of reach for too long"),
    "3": ("gone", "the phone number is no longer in service"),
    "4": ("withdrew", "the owner of the number bars such messages"),
    "5": ("refused", "the number moved to another network"),
    "6": ("refused", "the network took it for spam"),
    "7": ("refused", "the phone was busy"),
    "8": ("refused", "the network failed"),
    "9": ("gone", "the phone number is unknown"),
    "10": ("refused", "the network refused the message"),
    "11": ("refused", "there is no way to this number"),
    "12": ("refused", "the number cannot be reached"),
    "13": ("refused", "the owner of the number is too young"),
    "14": ("refused", "the carrier blocked the number"),
    "15": ("refused", "the prepaid card is empty"),
    "16": ("refused", "the gateway's quota was exceeded"),
    "50": ("refused", "the sender is not registered in this country"),
    "51": ("refused", "the sender's name was filtered"),
    "52": ("refused", "the text was filtered"),
    "53": ("refused", "the network knows of no consent"),
    "54": ("refused", "the country's rules forbid the message"),
    "99": ("refused", "the network failed to deliver"),
}
_GIVEN_UP = ("failed", "rejected", "expired")
_DIGESTS = {64: hashlib.sha256, 128: hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Vonage:
    """The shop's account at Vonage.

    Attributes:
        sender: A number or a brand name.
        signature: With it Vonage signs what it tells us (SHA-256 or SHA-512 HMAC); empty when it does not.
        callback: The address of receipts, which ends with ``key``.
    """

    url: str
    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    sender: str
    signature: str = field(repr=False)
    callback: str = field(repr=False)
    key: str = field(repr=False)
    timeout: float = 60


def open_channel(settings: Settings) -> Channel:
    """The plug-in ``vonage``."""
    account = Vonage(
        settings.vonage_url,
        settings.vonage_key,
        settings.vonage_secret,
        settings.vonage_from,
        settings.vonage_signature,
        settings.hook_url("vonage"),
        settings.hook_key("vonage"),
    )
    return VonageChannel(account)


class VonageChannel:
    """Delivers SMS over Vonage.

    Raises:
        AddressSettingError: When the gateway's address cannot be called.
    """

    def __init__(self, account: Vonage) -> None:
        self._account = account
        self._line = Line(NAME, account.url, "vonage_url", timeout=account.timeout)

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Hand the message to Vonage."""
        number = international(message.to)
        if isinstance(number, Delivery):
            return number
        form = {
            "api_key": self._account.api_key,
            "api_secret": self._account.secret,
            "from": self._account.sender,
            "to": number,
            "text": message.text,
            "type": "unicode" if segments(message.text).encoding == "UCS-2" else "text",
            "client-ref": message.reference,
            "callback": self._account.callback,
        }
        body = await self._line.post("/sms/json", leave, form=form)
        return body if isinstance(body, Delivery) else self._read(body)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Vonage finds no message by our reference; its receipt repeats it."""
        return None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Read a receipt or what a person wrote; states on the way tell nothing yet."""
        told = _told(callback)
        if self._account.signature:
            check_signature(told, self._account.signature)
        else:
            check_key(callback, self._account.key)
        if "status" in told:
            return _receipt(told)
        return _reply(told)

    async def close(self) -> None:
        """Close the connections."""
        await self._line.close()

    def _read(self, body: dict[str, Any]) -> Delivery:
        """One status a segment: when any was taken, something of the message is on its way."""
        found = body.get("messages")
        parts = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        taken = [each for each in parts if str(each.get("status")) == TAKEN]
        if taken:
            number = taken[0].get("message-id")
            lost = len(parts) - len(taken)
            detail = f"{lost} of {len(parts)} segments were refused" if lost else ""
            return Delivery("sent", provider_id=str(number), detail=detail) if number else self._line.silent()
        if not parts:
            return self._line.silent("answered without a status")
        return judged(NAME, CODES, str(parts[0].get("status")), words_of(parts[0].get("error-text")))


def check_signature(told: Mapping[str, str], secret: str) -> None:
    """See that Vonage signed what it tells: an HMAC over ``&name=value`` of every parameter in order.

    Raises:
        ForgedCallback: When the signature is missing, of another kind, or wrong.
    """
    given = told.get("sig", "").lower()
    digest = _DIGESTS.get(len(given))
    if digest is None:
        raise ForgedCallback("it has no SHA-256 or SHA-512 signature; ask Vonage for one of these")
    signed = "".join(
        f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(told.items()) if name != "sig"
    )
    wanted = hmac.new(secret.encode(), signed.encode(), digest).hexdigest()
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise ForgedCallback("its signature is wrong")


def _receipt(told: Mapping[str, str]) -> tuple[Receipt, ...]:
    status, code, number = told["status"], told.get("err-code", "0"), told.get("messageId", "")
    if status == "delivered":
        delivery = Delivery("sent")
    elif status in _GIVEN_UP:
        delivery = judged(NAME, RECEIPT_CODES, code)
    else:
        return ()
    return (Receipt(f"{number}:{status}:{code}", delivery, number, told.get("client-ref", ""), _at(told)),)


def _reply(told: Mapping[str, str]) -> tuple[Reply, ...]:
    number, sender, text = told.get("messageId", ""), told.get("msisdn", ""), told.get("text", "")
    return (Reply(number, f"+{sender}", text, _at(told)),) if number and sender and text else ()


def _told(callback: Callback) -> dict[str, str]:
    """The parameters, whichever of its three ways Vonage was asked to tell them by."""
    if callback.headers.get("content-type", "").startswith("application/json"):
        given = (json_object(callback.body) or {}).items()
        return {**callback.query, **{name: str(value) for name, value in given}}
    return {**callback.query, **dict(parse_qsl(callback.body.decode("utf-8", "replace"), keep_blank_values=True))}


def _at(told: Mapping[str, str]) -> datetime | None:
    """When it happened: ``2026-03-02 05:00:00``, in UTC, with or without an offset behind it."""
    try:
        at = datetime.fromisoformat(told.get("message-timestamp", "").replace(" +0000", ""))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
