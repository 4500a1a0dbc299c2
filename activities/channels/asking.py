"""Asking a provider over HTTP: one connection a request, and what silence and HTTP's own answers mean."""

import json as json_text
from collections.abc import Mapping
from typing import Any

import httpx

from activities.channels.base import SETUP, Delivery, Leave
from care.domain.errors import CareError

# A connection kept alive may be closed by the other side just as a request leaves, and then nobody knows whether it was
# read: every message gets a connection of its own. Reusing none that idled half as long as the other side waits left
# nothing unknown when measured, but no provider tells how long that is.
FRESH = httpx.Limits(max_keepalive_connections=0)

_LONGEST_DETAIL = 500
_NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NO_ADDRESS = (httpx.UnsupportedProtocol, httpx.InvalidURL)
_NOT_LET_IN = (401, 403, 404, 405)
_BODY = "http11.send_request_body.started"


class AddressSettingError(CareError):
    """A provider's address cannot be called; the message names the setting."""


class Line:
    """The way to one provider; close it when the worker stops.

    Args:
        provider: As people know it, for example ``eSMS``.
        url: The API's address without a path.
        setting: The setting the address comes from.
        timeout: Seconds to wait for an answer.

    Raises:
        AddressSettingError: When the address cannot be called.
    """

    def __init__(
        self, provider: str, url: str, setting: str, *, auth: tuple[str, str] | None = None, timeout: float = 60
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise AddressSettingError(f"{setting} is {url!r}; write it with https:// and without a path")
        self.provider = provider
        self._url = url.rstrip("/")
        self._setting = setting
        self._client = httpx.AsyncClient(auth=auth, timeout=timeout, limits=FRESH)

    async def post(
        self,
        path: str,
        leave: Leave,
        *,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | Delivery:
        """Post one message: the JSON object that is answered, or what became of the message when there is none."""
        try:
            answer = await self._client.post(
                self._url + path, json=json, data=form, headers=headers, extensions=at_the_last_moment(leave)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return broken_off(self.provider, self._setting, error)
        return self._read(answer)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def silent(self, words: str = "said yes without naming the message") -> Delivery:
        """An answer that does not tell what became of the message."""
        return unanswered(f"{self.provider} {words}")

    def _read(self, answer: httpx.Response) -> dict[str, Any] | Delivery:
        status = answer.status_code
        said = by_status(self.provider, status)
        if said is not None:
            return said
        body = json_object(answer.content)
        if body is not None:
            return body
        if status >= 400:
            return Delivery("failed", "refused", f"{self.provider} refuses the message (HTTP {status})")
        return unanswered(f"{self.provider} answered what nobody can read (HTTP {status})")


def at_the_last_moment(leave: Leave) -> dict[str, Any]:
    """What httpx is told with a request so that ``leave`` is awaited right before its body goes out.

    A provider that has the head of a request alone has no message.
    """

    async def trace(happened: str, about: dict[str, Any]) -> None:
        # A proxy on the way is asked by a request of its own.
        if happened == _BODY and about["request"].method != b"CONNECT":
            await leave()

    return {"trace": trace}


def broken_off(provider: str, setting: str, error: httpx.HTTPError | httpx.InvalidURL) -> Delivery:
    """What became of a message whose request ended with this error instead of an answer."""
    if isinstance(error, _NOT_REACHED):
        return Delivery("retry", "unreachable", f"{provider} cannot be reached")
    if isinstance(error, _NO_ADDRESS):
        return Delivery("retry", SETUP, f"{setting} is not an address that can be called; mend it")
    return unanswered(f"{provider} gave no answer after it was asked to send")


def by_status(provider: str, status: int) -> Delivery | None:
    """What HTTP's own status says of a message; ``None`` when the body tells."""
    if status >= 500:
        return unanswered(f"{provider} failed while it was asked to send (HTTP {status})")
    if status == 429:
        return Delivery("retry", "try_later", f"{provider} asks to try later (HTTP 429)")
    if 300 <= status < 400 or status in _NOT_LET_IN:
        return Delivery("retry", SETUP, f"{provider} refuses the shop's own set-up (HTTP {status})")
    return None


def unanswered(words: str) -> Delivery:
    """A message of which nobody knows, for this reason."""
    return Delivery("unknown", "unanswered", f"{words}, so the message may or may not have been sent")


def words_of(value: object) -> str:
    """A provider's own words, cut to what is worth keeping."""
    return str(value)[:_LONGEST_DETAIL] if value is not None else ""


def json_object(content: bytes | str) -> dict[str, Any] | None:
    """The JSON object that was sent; ``None`` when it is anything else, however it is made."""
    try:
        read = json_text.loads(content)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
