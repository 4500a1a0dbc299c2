"""How the SMS gateway calls the shop: what became of a message, and what a customer wrote, signed as Twilio signs."""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from care.settings import Settings
from care.signatures import peer_secret

log = logging.getLogger(__name__)

PROVIDER = "twilio"
HOOK = f"/v1/hooks/{PROVIDER}"
KEY_ID = "webhooks_sharedkey_embedded"

_AT_ONCE = 8
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Shop:
    """Whom the gateway calls.

    Attributes:
        inbound: Where what customers write is posted; empty when nobody wants to know.
        token: The account's, for signatures by HMAC-SHA1.
        signing_key: Secret of a shared key, for signatures by HMAC-SHA256 instead; empty for none.
    """

    inbound: str = ""
    token: str = field(default="", repr=False)
    signing_key: str = field(default="", repr=False)


def shop_of(settings: Settings) -> Shop:
    """The installation's own shop, to which callbacks are signed with a key that only the two know.

    Args:
        settings: With their secrets.
    """
    return Shop(f"{settings.public_url.rstrip('/')}{HOOK}", signing_key=peer_secret(settings.secret, PROVIDER))


def signed(url: str, form: Mapping[str, str], shop: Shop) -> dict[str, str]:
    """The headers by which the shop sees who calls."""
    said = (url + "".join(name + form[name] for name in sorted(form))).encode()
    if not shop.signing_key:
        return {"X-Twilio-Signature": _base64(hmac.digest(shop.token.encode(), said, hashlib.sha1))}
    return {
        "X-Twilio-Signature": _base64(hmac.digest(shop.signing_key.encode(), said, hashlib.sha256)),
        "X-Twilio-Webhooks-Signature-Settings": f"key={KEY_ID},algorithm=HMAC_SHA256",
    }


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


class Hooks:
    """Posts forms to the shop, a few at a time; a shop that does not answer is not asked again, as at the provider."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        # Nothing is kept open, so nothing is to be closed; a client for each call would read the machine's
        # certificates each time, 28 ms of a core.
        self._client = httpx.AsyncClient(timeout=_PATIENCE, limits=httpx.Limits(max_keepalive_connections=0))
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._calls: set[asyncio.Task[None]] = set()

    def tell_soon(self, url: str, *forms: Mapping[str, str]) -> None:
        """Post forms one after the other, in the background; from inside the loop."""
        call = asyncio.create_task(self._tell(url, forms))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def tell(self, url: str, form: Mapping[str, str]) -> int:
        """Post a form and return the HTTP status; 0 when nobody answered."""
        async with self._turns:
            try:
                headers = signed(url, form, self.shop)
                return (await self._client.post(url, data=dict(form), headers=headers)).status_code
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                log.info("the shop did not take a callback: %s", type(error).__name__)
                return 0

    async def told(self) -> None:
        """Wait until everything that was to be told is told."""
        while self._calls:
            await asyncio.gather(*self._calls)

    async def _tell(self, url: str, forms: tuple[Mapping[str, str], ...]) -> None:
        for form in forms:
            await self.tell(url, form)
