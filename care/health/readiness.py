"""Asking the parts, all at once and never for long; many probes within a moment share one answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from care.domain.errors import CareError

PATIENCE = 2.0
_FRESH = 1.0

Look = Callable[[], Awaitable[None]]


class NotReady(CareError):
    """A part cannot be used now; the message says why, without addresses or names."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something a process works with.

    Attributes:
        look: Returns when it is fine, raises ``NotReady`` when it is not.
        needed: Whether the process is of no use without it; else it does what it can.
    """

    name: str
    look: Look
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """How a part was; ``detail`` says what is wrong."""

    name: str
    ok: bool
    needed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How all parts were."""

    parts: tuple[Seen, ...]

    @property
    def ready(self) -> bool:
        """Whether everything that is needed is there."""
        return all(part.ok for part in self.parts if part.needed)

    @property
    def status(self) -> str:
        """``ok``, ``degraded`` while only parts are missing that are not needed, else ``unavailable``."""
        if not self.ready:
            return "unavailable"
        return "ok" if all(part.ok for part in self.parts) else "degraded"

    @property
    def missing(self) -> str:
        """What is wrong in one line."""
        return "; ".join(f"{part.name}: {part.detail}" for part in self.parts if not part.ok)

    def as_plain(self) -> Mapping[str, Any]:
        """The parts by name, as JSON tells them."""
        return {part.name: {"ok": part.ok, "needed": part.needed, "detail": part.detail} for part in self.parts}


class Readiness:
    """Looks at the parts of one process.

    Args:
        patience: Seconds one part may take to answer.
    """

    def __init__(self, parts: Sequence[Part], patience: float = PATIENCE) -> None:
        self._parts = parts
        self._patience = patience
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._report: Report | None = None
        self._reported_at = 0.0
        self._lock: asyncio.Lock | None = None

    async def look(self) -> Report:
        """How the parts are now, or were within the last second."""
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if self._report is None or time.monotonic() - self._reported_at > _FRESH:
                self._report = Report(tuple(await asyncio.gather(*(self._see(part) for part in self._parts))))
                self._reported_at = time.monotonic()
            return self._report

    async def _see(self, part: Part) -> Seen:
        # A part that hangs is asked once, not once for every probe: each question may hold a thread.
        asking = self._asking.get(part.name)
        if asking is None or asking.done():
            asking = self._asking[part.name] = asyncio.ensure_future(part.look())
            asking.add_done_callback(_heard)
        try:
            await asyncio.wait_for(asyncio.shield(asking), self._patience)
        except TimeoutError:
            return Seen(part.name, False, part.needed, f"no answer within {self._patience:g} seconds")
        except CareError as trouble:
            return Seen(part.name, False, part.needed, str(trouble))
        except Exception as trouble:  # Whatever breaks in a part, a probe is answered; foreign words stay here.
            return Seen(part.name, False, part.needed, type(trouble).__name__)
        return Seen(part.name, True, part.needed)


def _heard(asking: asyncio.Task[None]) -> None:
    """An answer that comes after nobody waits for it any more is no error of the loop's."""
    if not asking.cancelled():
        asking.exception()
