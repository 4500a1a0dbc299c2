"""The shop's systems: they post events until these are acknowledged, and write down what they know."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from care import clock
from care.settings import Settings
from tests.chaos.book import Book, Posted

_PATIENCE = 15.0
_PAUSES = (0.3, 0.6, 1.0, 2.0, 3.0)
_AT_ONCE = 32
# Whoever got no answer keeps its place for so long: thousands who try again at once would only keep the driver busy.
_BREATH = 0.3
_ACCEPTED, _CONFLICT = 202, 409
# What a shop may be told while things are broken; it tries again.
_LATER = (0, 429, 500, 502, 503, 504)


class Shopkeeper:
    """Talks to the API and the customers' pages over the network that is troubled."""

    def __init__(self, settings: Settings, book: Book) -> None:
        limits = httpx.Limits(max_connections=2 * _AT_ONCE, keepalive_expiry=2)
        # httpx is slow with a long queue of its own.
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._web = httpx.AsyncClient(base_url=settings.public_url, timeout=_PATIENCE, limits=limits)
        self._key = {"Authorization": f"Bearer {settings.api_key}"}
        self.book = book

    async def close(self) -> None:
        """Let go of the connections."""
        await self._web.aclose()

    async def tell(self, event: Mapping[str, Any]) -> Posted:
        """Post an event until it is acknowledged."""
        posted = self.book.events.setdefault(event["id"], Posted(event, clock.now()))
        status = await self._until_heard(posted)
        if status == _ACCEPTED:
            posted.acknowledged = posted.acknowledged or clock.now()
        else:
            self.book.oddities.append(f"{event['type']} {event['id']} was answered {status}")
        return posted

    async def repeat(self, posted: Posted) -> None:
        """Post the same event again, as a shop that is not sure."""
        status = await self._until_heard(posted)
        self.book.duplicates += 1
        if status != _ACCEPTED:
            self.book.oddities.append(f"the repeated {posted.event['id']} was answered {status}")

    async def contradict(self, posted: Posted, other: Mapping[str, Any]) -> None:
        """Post another event under an id that was acknowledged."""
        status = await self._until_heard(Posted(other, clock.now()))
        self.book.conflicts.append((str(posted.event["id"]), status))
        if status != _CONFLICT:
            self.book.oddities.append(f"another body under {posted.event['id']} was answered {status}, not 409")

    async def _until_heard(self, posted: Posted) -> int:
        tries = 0
        while True:
            posted.tries += 1
            answer = await self.send("POST", "/v1/events", json=posted.event, headers=self._key)
            status = answer.status_code if answer is not None else 0
            if answer is not None and status not in (_ACCEPTED, _CONFLICT, *_LATER):
                self.book.oddities.append(answer.text[:300])
            if status not in _LATER:
                return status
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    async def post_all(self, events: list[Mapping[str, Any]]) -> httpx.Response:
        """Post a batch until it is answered with more than "later"."""
        while True:
            answer = await self.send("POST", "/v1/events", json=events, headers=self._key, timeout=60)
            if answer is not None and answer.status_code not in _LATER:
                return answer
            await asyncio.sleep(1)

    async def get(self, path: str) -> Any:
        """What the API says at a path."""
        while True:
            answer = await self.send("GET", path, headers=self._key)
            if answer is not None and answer.status_code not in _LATER:
                return answer.json()
            await asyncio.sleep(1)

    async def send(self, method: str, url: str, **more: Any) -> httpx.Response | None:
        """One request; ``None`` when no answer came."""
        async with self._places:
            try:
                answer = await self._web.request(method, url, **more)
            except httpx.HTTPError:
                self.book.statuses[0] += 1
                await asyncio.sleep(_BREATH)
                return None
        self.book.statuses[answer.status_code] += 1
        return answer

    async def insist(self, method: str, url: str, **more: Any) -> httpx.Response:
        """The same request until it is answered with more than "later": a customer who presses again."""
        tries = 0
        while True:
            answer = await self.send(method, url, **more)
            if answer is not None and answer.status_code not in _LATER:
                return answer
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1
