"""SMS over Twilio's Messages API, or any gateway that speaks it."""

import re
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from activities.channels.base import SETUP, Callback, Delivery, Message, Receipt, Reply
from activities.channels.twilio_codes import meaning
from care.domain.errors import CareError

_MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class GatewayError(CareError):
    """The SMS gateway's settings cannot work; the message names the setting."""


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """Where SMS are handed over.

    Attributes:
        url: The API's address without a path, for example ``https://api.twilio.com``.
        account: Account SID; user name of the API as well.
        sender: A phone number in E.164, a brand name, or the SID of a messaging service.
        timeout: Seconds to wait for the answer.
    """

    url: str
    account: str
    token: str = field(repr=False)
    sender: str
    timeout: float = 60


class SmsChannel:
    """Delivers SMS; close it when the worker stops.

    Raises:
        GatewayError: When the gateway's address cannot be used.
    """

    def __init__(self, gateway: SmsGateway) -> None:
        address = f"{gateway.url.rstrip('/')}/2010-04-01/Accounts/{gateway.account}/Messages.json"
        if not gateway.url.startswith(("http://", "https://")) or not gateway.account:
            raise GatewayError(f"sms_url is {gateway.url!r}; write it like https://api.twilio.com, with sms_account")
        self._address = address
        self._from = {"MessagingServiceSid" if _MESSAGING_SERVICE.fullmatch(gateway.sender) else "From": gateway.sender}
        # A connection kept alive may be closed by the other side just as a request leaves, and then nobody knows
        # whether it was read: every message gets a connection of its own.
        self._client = httpx.AsyncClient(
            auth=(gateway.account, gateway.token),
            timeout=gateway.timeout,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def deliver(self, message: Message) -> Delivery:
        """Hand the message to the gateway."""
        form = {"To": message.to, **self._from, "Body": message.text}
        try:
            answer = await self._client.post(self._address, data=form)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
            return Delivery("retry", "unreachable", "the SMS provider cannot be reached")
        except httpx.UnsupportedProtocol:
            return Delivery("retry", SETUP, "sms_url is not an address that can be called; mend it")
        except httpx.HTTPError:
            words = "the SMS provider gave no answer after it was asked to send"
            return Delivery("unknown", "unanswered", f"{words}, so the message may or may not have been sent")
        return _read(answer)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Not asked yet."""
        return None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Nothing is read yet."""
        return ()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _read(answer: httpx.Response) -> Delivery:
    body = _json(answer)
    status = answer.status_code
    code, sid = body.get("code", body.get("error_code")), body.get("sid")
    known = meaning(code) if isinstance(code, int) else None
    if status >= 500:
        words = f"the SMS provider failed while it was asked to send (HTTP {status})"
        return Delivery("unknown", "unanswered", f"{words}, so the message may or may not have been sent")
    if known is not None:
        return known
    if status in (200, 201):
        if isinstance(sid, str) and sid:
            return Delivery("sent", provider_id=sid)
        return Delivery("unknown", "unanswered", "the SMS provider said yes without naming the message")
    if status == 429:
        return Delivery("retry", "try_later", "the SMS provider asks to try later (HTTP 429)")
    if status < 400 or status in (401, 403, 404, 405):
        return Delivery("retry", SETUP, f"the SMS provider refuses the shop's own set-up (HTTP {status})")
    return Delivery("failed", "refused", f"the SMS provider refuses the message (HTTP {status}, code {code})")


def _json(answer: httpx.Response) -> dict[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
