"""Zalo messages over ZNS: Zalo keeps and approves the templates, the shop sends their values.

Requests: https://developers.zalo.me/docs/zalo-notification-service; codes:
https://zalo.cloud/zns/guidelines/handle-error-code (-100 to -112 read 2026; the later ones believed, as public programs
and help pages list them). Webhooks are signed: ``X-ZEvent-Signature: mac=<SHA-256 of app id, body, timestamp and the
OA's secret key>``. Four things are worth knowing:

- A message is the template's id (``Message.subject``) and ``name: value`` lines (``Message.text``).
- ``tracking_id`` is our reference; Zalo repeats it but de-duplicates nothing and cannot be asked by it.
- A number without Zalo is refused at once (-118), so that the message may go by SMS instead.
- An access token lives about a day, and the token that renews it can be used once: one program of the shop's renews it
  for everybody and writes it to the file ``zalo_token_file`` names, which is read again for every message.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activities.channels.asking import Line, json_object, words_of
from activities.channels.base import SETUP, Callback, Channel, Delivery, ForgedCallback, Leave, Message, Receipt, Reply
from activities.channels.meanings import Codes, judged
from activities.channels.phones import vietnamese
from care.settings import Settings
from care.signatures import peer_secret

NAME = "Zalo"

CODES: Codes = {
    "-100": ("unknown", "the provider failed for a reason it does not know"),
    "-101": ("setup", "the app is not valid"),
    "-102": ("setup", "the app does not exist"),
    "-103": ("setup", "the app is not activated"),
    "-104": ("setup", "the app's secret key is wrong"),
    "-105": ("setup", "the app is not linked to an official account"),
    "-106": ("setup", "the method is not supported"),
    "-107": ("refused", "the message's id is not valid"),
    "-108": ("number", "the phone number is not valid"),
    "-109": ("setup", "the template's id is not valid"),
    "-110": ("number", "the reader's Zalo is too old"),
    "-111": ("refused", "the template has no values"),
    "-112": ("refused", "a value does not fit the template"),
    "-113": ("setup", "a button of the template is not valid"),
    "-114": ("number", "the reader is inactive, takes no such messages or has an old Zalo"),
    "-115": ("setup", "the account's balance is not enough"),
    "-116": ("refused", "the text is not valid"),
    "-117": ("setup", "the account may not use this template"),
    "-118": ("number", "the number has no Zalo"),
    "-119": ("number", "this Zalo account takes no such messages"),
    "-120": ("setup", "the official account may not use this"),
    "-121": ("setup", "the template has no content"),
    "-122": ("setup", "the request is not written as it should be"),
    "-124": ("setup", "the access token is wrong or has run out"),
    "-125": ("setup", "the official account's id is not valid"),
    "-126": ("setup", "the development account's balance is not enough"),
    "-127": ("setup", "a template under test goes to its administrators only"),
    "-130": ("refused", "a value is longer than the template allows"),
    "-131": ("setup", "the template is not approved"),
    "-132": ("refused", "a value is not valid"),
    "-133": ("later", "the template may not be sent at night, from 22:00 to 06:00"),
    "-134": ("number", "the reader has not agreed to such messages yet"),
    "-135": ("setup", "the official account may not send such messages"),
    "-1351": ("setup", "the official account is blocked"),
    "-136": ("setup", "the official account has no account to pay from"),
    "-137": ("setup", "the account could not be charged"),
    "-138": ("setup", "the app may not do this"),
    "-139": ("number", "the reader refuses messages of this kind"),
    "-140": ("setup", "the official account may not send follow-up messages to this reader"),
    "-141": ("withdrew", "the reader refuses messages of this account"),
    "-144": ("later", "the official account's messages of the day are used up"),
    "-145": ("setup", "the official account may not send this kind of template"),
    "-146": ("setup", "the template was switched off for its low quality"),
    "-147": ("later", "the template's messages of the day are used up"),
}

_DELIVERED, _FEEDBACK = "user_received_message", "user_feedback"
_SIGNATURE = "x-zevent-signature"
_NAMED = re.compile(r"\s*([A-Za-z]\w*)\s*:\s*(.*?)\s*$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Zalo:
    """The shop's official account at Zalo.

    Attributes:
        token: Gives the access token there is now.
        app: The app's id.
        secret: The official account's secret key, by which webhooks are checked.
    """

    url: str
    token: Callable[[], str] = field(repr=False)
    app: str
    secret: str = field(repr=False)
    timeout: float = 60


def open_channel(settings: Settings) -> Channel:
    """The plug-in ``zalo_zns``."""
    token = _token_of(settings.zalo_token_file, settings.zalo_token)
    # Without a secret of Zalo's nobody but the embedded peer is believed.
    secret = settings.zalo_secret or peer_secret(settings.secret, "zalo_zns")
    return ZaloChannel(Zalo(settings.zalo_url, token, settings.zalo_app, secret))


class ZaloChannel:
    """Delivers Zalo messages.

    Raises:
        AddressSettingError: When Zalo's address cannot be called.
    """

    def __init__(self, account: Zalo) -> None:
        self._account = account
        self._line = Line(NAME, account.url, "zalo_url", timeout=account.timeout)

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Hand the values to Zalo, which puts them into its template."""
        number = vietnamese(message.to)
        if isinstance(number, Delivery):
            return number
        try:
            headers = {"access_token": self._account.token()}
        except (OSError, UnicodeDecodeError):
            return Delivery("retry", SETUP, "the file that zalo_token_file names cannot be read")
        asked = {
            "phone": f"84{number}",
            "template_id": message.subject,
            "template_data": values_of(message.text),
            "tracking_id": message.reference,
        }
        body = await self._line.post("/message/template", leave, json=asked, headers=headers)
        return body if isinstance(body, Delivery) else self._read(body)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Zalo finds no message by our reference; its webhook repeats it."""
        return None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Read that a message arrived, or that its reader rated it, which says the same."""
        told = _signed(callback, self._account)
        message, event = told.get("message"), told.get("event_name")
        if event not in (_DELIVERED, _FEEDBACK) or not isinstance(message, dict):
            return ()
        number, reference = str(message.get("msg_id", "")), str(message.get("tracking_id", ""))
        if not reference and not message.get("delivery_time"):
            return ()  # a message of the chat, which has an event of the same name
        at = _instant(message.get("delivery_time") or message.get("submit_time"))
        detail = f"rated {message.get('rate')}" if event == _FEEDBACK else ""
        return (Receipt(f"{number}:{event}", Delivery("sent", detail=detail), number, reference, at),)

    async def close(self) -> None:
        """Close the connections."""
        await self._line.close()

    def _read(self, body: dict[str, Any]) -> Delivery:
        code, data = body.get("error"), body.get("data")
        if code == 0:
            number = data.get("msg_id") if isinstance(data, dict) else None
            return Delivery("sent", provider_id=str(number)) if number else self._line.silent()
        if code is None:
            return self._line.silent("answered without a code")
        return judged(NAME, CODES, str(code), words_of(body.get("message")))


def values_of(text: str) -> dict[str, str]:
    """The values of a message's ``name: value`` lines; a line without a colon goes on with the one before."""
    values: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        named = _NAMED.match(line)
        if named is not None:
            name = named[1]
            values[name] = named[2]
        elif name and line.strip():
            values[name] = f"{values[name]} {line.strip()}"
    return values


def mac_of(app: str, body: bytes, timestamp: str, secret: str) -> str:
    """The signature of a webhook."""
    return hashlib.sha256(app.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def _signed(callback: Callback, account: Zalo) -> dict[str, Any]:
    told = json_object(callback.body)
    if told is None:
        raise ForgedCallback("it is not a JSON object")
    given = callback.headers.get(_SIGNATURE, "").removeprefix("mac=").strip().lower()
    wanted = mac_of(account.app, callback.body, str(told.get("timestamp", "")), account.secret)
    if not account.secret or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise ForgedCallback("its signature is wrong")
    return told


def _instant(milliseconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _token_of(file: str, token: str) -> Callable[[], str]:
    return (lambda: Path(file).read_text(encoding="ascii").strip()) if file else (lambda: token)
