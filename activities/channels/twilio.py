"""SMS over Twilio's Messages API, or any gateway that speaks it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from activities.channels import twilio_callbacks, twilio_codes
from activities.channels.asking import FRESH, at_the_last_moment, broken_off, by_status, json_object, unanswered
from activities.channels.base import Callback, Channel, Delivery, Leave, Message, Receipt, Reply
from activities.channels.phones import international
from activities.channels.twilio_callbacks import REFERENCE, Secrets
from activities.channels.twilio_list import Listed, created, page_of, standing
from care.domain.errors import CareError
from care.settings import LOOPBACK, Settings
from care.signatures import peer_secret

NAME = "twilio"
HOOK = f"/v1/hooks/{NAME}"
# A message that left is in the provider's list within seconds; only after this long does its absence say that it never
# left. The request itself may have been under way for a while: whoever asks counts from when it may have begun.
LISTED_AFTER = timedelta(seconds=30)

# By how much the provider's clock may be behind the one that says when a message may have left.
_CLOCKS = timedelta(seconds=10)
_MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
# Any gateway that speaks Twilio's API.
_PROVIDER = "the SMS provider"
_VERSION = "/2010-04-01"
_MOST_PAGES = 20


class GatewayError(CareError):
    """The SMS gateway's settings cannot work; the message names the setting."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Where SMS are handed over.

    Attributes:
        url: The API's address without a path, for example ``https://api.twilio.com``.
        account: Account SID; user name of the API as well.
        sender: A phone number in E.164, a brand name, or the SID of a messaging service.
        callback: Our address that Twilio tells what became of a message; empty asks for no news.
        secrets: By what callbacks are checked.
        timeout: Seconds to wait for the answer.
        listed_after: How long after it may have left a message that is not listed certainly never did.
    """

    url: str
    account: str
    token: str = field(repr=False)
    sender: str
    callback: str = ""
    secrets: Secrets = field(default=Secrets(""), repr=False)
    timeout: float = 60
    listed_after: timedelta = LISTED_AFTER


def open_channel(settings: Settings) -> Channel:
    """The plug-in ``twilio``."""
    secrets = Secrets(settings.sms_token, settings.sms_signing_key)
    if settings.catches_sms:
        # Everybody knows the embedded gateway's token: it signs with a key made from this installation's own secret.
        secrets = Secrets("", peer_secret(settings.secret, NAME))
    account = TwilioAccount(
        settings.sms_url,
        settings.sms_account,
        settings.sms_token,
        settings.sms_from,
        callback=callback_of(settings),
        secrets=secrets,
    )
    return TwilioChannel(account)


def callback_of(settings: Settings) -> str:
    """Where the gateway reaches us; one elsewhere is given no address that it cannot call safely (empty then)."""
    here = (urlsplit(settings.sms_url).hostname or "") in LOOPBACK
    public = settings.public_url.rstrip("/")
    return f"{public}{HOOK}" if here or public.startswith("https://") else ""


class TwilioChannel:
    """Delivers SMS; close it when the worker stops.

    Raises:
        GatewayError: When the gateway's address cannot be used.
    """

    def __init__(self, account: TwilioAccount) -> None:
        if not account.url.startswith(("http://", "https://")) or not account.account:
            raise GatewayError(f"sms_url is {account.url!r}; write it like https://api.twilio.com, with sms_account")
        self._account = account
        self._path = f"{_VERSION}/Accounts/{account.account}/Messages.json"
        self._service = _MESSAGING_SERVICE.fullmatch(account.sender) is not None
        auth = (account.account, account.token)
        self._client = httpx.AsyncClient(auth=auth, timeout=account.timeout, limits=FRESH)

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Hand the message to the gateway."""
        number = international(message.to)
        if isinstance(number, Delivery):
            return number
        try:
            answer = await self._client.post(
                self._url(self._path), data=self._form(message, number), extensions=at_the_last_moment(leave)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return broken_off(_PROVIDER, "sms_url", error)
        return _read(answer)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Look for the message in the provider's list."""
        number = international(message.to)
        if isinstance(number, Delivery):
            return number
        listed = await self._list(number)
        if listed is None:
            return None
        ours = [each for each in listed.messages if self._is(each, message) and created(each) >= since - _CLOCKS]
        if ours:
            return standing(min(ours, key=created))
        if listed.at is None or listed.at < since + self._account.listed_after:
            return None
        return Delivery("retry", "not_sent", "the SMS provider does not have the message, so it was never sent")

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Read a status callback or an incoming message."""
        return twilio_callbacks.news(callback, self._account.secrets)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _url(self, path: str) -> str:
        return self._account.url.rstrip("/") + path

    def _form(self, message: Message, number: str) -> dict[str, str]:
        form = {"To": f"+{number}", "Body": message.text}
        if self._service:
            # What the service would replace in a text could not be found again by it.
            form |= {"MessagingServiceSid": self._account.sender, "SmartEncoded": "false"}
        else:
            form["From"] = self._account.sender
        if self._account.callback:
            form["StatusCallback"] = f"{self._account.callback}?{REFERENCE}={message.reference}"
        return form

    async def _list(self, number: str) -> Listed | None:
        """Every message to a number; ``None`` when the list did not come properly and to its end."""
        # Not by DateSent: a message that waits in the provider's queue has no such date yet and would be missed.
        request = self._client.build_request(
            "GET", self._url(self._path), params={"To": f"+{number}", "PageSize": 1000}
        )
        listed = Listed([], None)
        for _ in range(_MOST_PAGES):
            try:
                page = page_of(await self._client.send(request))
            except httpx.HTTPError:
                return None
            if page is None:
                return None
            listed = Listed([*listed.messages, *page.messages], listed.at or page.at)
            if not page.following:
                return listed
            if not page.following.startswith(self._path):
                return None
            request = self._client.build_request("GET", self._url(page.following))
        return None

    def _is(self, listed: Mapping[str, Any], message: Message) -> bool:
        sender = listed.get("messaging_service_sid" if self._service else "from")
        return sender == self._account.sender and str(listed.get("body")).strip() == message.text.strip()


def _read(answer: httpx.Response) -> Delivery:
    body = json_object(answer.content) or {}
    status = answer.status_code
    code, sid = body.get("code", body.get("error_code")), body.get("sid")
    # Its own codes say more than HTTP's, save where it failed inside.
    known = twilio_codes.meaning(code) if status < 500 else None
    told = known or by_status(_PROVIDER, status)
    if told is not None:
        return told
    if status >= 400:
        return Delivery("failed", "refused", f"{_PROVIDER} refuses the message (HTTP {status}, code {code})")
    if isinstance(sid, str) and sid:
        return Delivery("sent", provider_id=sid)
    return unanswered(f"{_PROVIDER} said yes without naming the message")
