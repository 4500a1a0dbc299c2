"""Posting to the outside world: signed, never into an own network by accident, and never for long.

A name is looked up once, every address it has must be public, and the connection goes to the very address that was
looked at: a name that answers otherwise a moment later gains nothing. Redirects are not followed, proxies of the
environment are not used, and nothing of a body is ever logged.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import httpx

from care import clock
from care.domain.catalogue import Endpoint
from care.domain.endpoints import endpoint_url_trouble, host_and_port, is_let_in, is_public
from care.domain.errors import CareError
from care.signatures import endpoint_secret, signed_headers

LONGEST_ANSWER = 64 * 1024

_MOST_TRIES = 3
_CONNECT = 5.0
_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout)

LookUp = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, for a port."""


class NotPosted(CareError):
    """The post came to nothing; ``code`` counts it, and it is tried again unless it ``is_final``."""

    def __init__(self, code: str, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is posted.

    Attributes:
        key: Names the post; the same when it is posted again.
        within: How many seconds it may take, answer and all.
        is_answer_wanted: Whether the body of a good answer is read.
    """

    endpoint: Endpoint
    key: str
    body: bytes
    within: float
    is_answer_wanted: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, and the whole body; ``None`` when it was not wanted, too long, packed or broken off."""

    status: int
    body: bytes | None


class Poster:
    """Posts JSON to endpoints; close it when the worker stops.

    Args:
        secret: From which the endpoints' own secrets are made.
        allowed: Hosts of an own network that may be reached, as ``host`` or ``host:port``.
        instead: Address of one server that gets every post, under the endpoint's name; it is let in.
        look_up: Finds the addresses of a name.
        now: The clock that receivers hold the signature against.
    """

    def __init__(
        self,
        secret: str,
        allowed: Collection[str] = (),
        *,
        instead: str = "",
        look_up: LookUp | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._secret = secret
        self._allowed = frozenset((*allowed, instead.partition("://")[2])) if instead else frozenset(allowed)
        self._instead = instead
        self._look_up = look_up or _addresses
        self._now = now
        # A connection is never used twice: by address alone, one that was made for another name would look fitting.
        self._client = httpx.AsyncClient(
            headers={"User-Agent": "Aftercare", "Accept": "application/json", "Accept-Encoding": "identity"},
            verify=httpx.create_ssl_context(),
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def post(self, parcel: Parcel) -> Answer:
        """Post once and wait for the answer.

        Raises:
            NotPosted: When the address is refused, nobody answers in time, or what answers is no web server.
        """
        try:
            async with asyncio.timeout(parcel.within):
                return await self._post(parcel)
        except (TimeoutError, httpx.TimeoutException):
            raise NotPosted("unanswered", f"endpoint {parcel.endpoint.name} did not answer in time") from None
        except _UNREACHED as error:
            raise _unreached(parcel.endpoint, error) from None
        except httpx.HTTPError:
            words = f"endpoint {parcel.endpoint.name} broke the connection off, or does not speak HTTP"
            raise NotPosted("unanswered", words) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _post(self, parcel: Parcel) -> Answer:
        if self._instead:
            name = parcel.endpoint.name
            parcel = replace(parcel, endpoint=Endpoint(name, f"{self._instead}/{name}"))
        addresses = await self._open_addresses(parcel.endpoint)
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, parcel)
            except _UNREACHED:
                continue
        return await self._post_to(addresses[-1], parcel)

    async def _open_addresses(self, endpoint: Endpoint) -> Sequence[str]:
        """The addresses an endpoint may be reached at."""
        trouble = endpoint_url_trouble(endpoint.url, self._allowed)
        if trouble:
            raise NotPosted("refused_address", f"endpoint {endpoint.name}: {trouble}", is_final=True)
        host, port = host_and_port(endpoint.url)
        try:
            found = await self._look_up(host, port)
        except OSError:
            found = ()
        if not found:
            raise NotPosted("unreachable", f"endpoint {endpoint.name}: no address is known for {host}")
        if not is_let_in(endpoint.url, self._allowed) and not all(is_public(address) for address in found):
            words = f"{host} leads into an own network; let it in with the setting CARE_WEBHOOK_ALLOW"
            raise NotPosted("refused_address", f"endpoint {endpoint.name}: {words}", is_final=True)
        return found[:_MOST_TRIES]

    async def _post_to(self, address: str, parcel: Parcel) -> Answer:
        url = httpx.URL(parcel.endpoint.url)
        host, _ = host_and_port(parcel.endpoint.url)
        secret = endpoint_secret(self._secret, parcel.endpoint.name)
        headers = {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "Idempotency-Key": parcel.key,
            **signed_headers(secret, parcel.key, self._now(), parcel.body),
        }
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            content=parcel.body,
            headers=headers,
            timeout=httpx.Timeout(parcel.within, connect=_CONNECT),
            extensions={"sni_hostname": host},
        )
        response = await self._client.send(request, stream=True)
        try:
            wanted = parcel.is_answer_wanted and response.is_success
            return Answer(response.status_code, await _body(response) if wanted else None)
        finally:
            await response.aclose()


async def _body(response: httpx.Response) -> bytes | None:
    """The body as it came, up to the limit."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return None
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LONGEST_ANSWER:
                return None
    except httpx.HTTPError:
        return None
    return bytes(body)


async def _addresses(host: str, port: int) -> Sequence[str]:
    """Every address the system knows for a name, the best first."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _unreached(endpoint: Endpoint, error: Exception) -> NotPosted:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return NotPosted("tls", f"endpoint {endpoint.name} cannot prove who it is: its certificate is not accepted")
        cause = cause.__cause__ or cause.__context__
    return NotPosted("unreachable", f"endpoint {endpoint.name} cannot be reached")
