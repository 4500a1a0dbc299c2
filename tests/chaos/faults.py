"""Faults: which there are, when each strikes, drawn from the seed, and how it is done."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from care import clock
from tests.chaos.chance import Chance
from tests.chaos.database import is_open
from tests.chaos.installation import WORKERS, Installation

Kind = Literal["kill", "stall", "slow", "cut", "hang", "full", "clock"]
MEANING: dict[Kind, str] = {
    "kill": "killed with -9 and started again",
    "stall": "stopped where it is (SIGSTOP) and woken",
    "slow": "its connections slowed: latency and bandwidth",
    "cut": "its connections reset in the middle of whatever was said",
    "hang": "its connections left hanging: nothing passes and nobody is told",
    "full": "its disk full",
    "clock": "its wall clock set wrong while it runs",
}
EVERYTHING = "everything"

# Seconds a fault lasts, from and to. A stall may outlast a heartbeat (20 s) and a decision's time limit (10 s).
_LASTS: dict[Kind, tuple[float, float]] = {
    "kill": (0.5, 6),
    "stall": (1, 25),
    "slow": (5, 15),
    "cut": (0, 0),
    "hang": (2, 15),
    "full": (2, 10),
    "clock": (10, 40),
}
_FARTHEST = 6 * 3_600.0
_STARTS_WITHIN = 30.0


@dataclass(slots=True)
class Fault:
    """One fault.

    Attributes:
        target: A process, a link or a disk by name; ``everything`` is every process.
        at: Seconds after the start.
        lasts: Seconds.
        latency: Of a slow link, in seconds.
        rate: Of a slow link, in bytes a second.
        jump: Of a clock, in seconds.
        began: When it struck; none when it did not.
        ended: When it was over.
        note: What it met.
    """

    kind: Kind
    target: str
    at: float
    lasts: float
    latency: float = 0
    rate: float = 0
    jump: float = 0
    began: datetime | None = None
    ended: datetime | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """As people read it."""
        return f"{self.kind} {self.target}"


def possible(installed: Installation) -> list[tuple[Kind, str]]:
    """Every fault that can be done here."""
    found: list[tuple[Kind, str]] = [("kill", EVERYTHING)]
    for name in installed.processes:
        found += [("kill", name), ("stall", name)]
    for name in installed.links:
        found += [("slow", name), ("cut", name), ("hang", name)]
    if installed.disks.real:
        kept = ("temporal", "relay", "gateway", "postgres" if installed.database is not None else "store")
        found += [("full", name) for name in kept]
    found += [("clock", name) for name in installed.clocks]
    return found


def schedule(seed: str, kinds: Sequence[tuple[Kind, str]], count: int, span: float) -> list[Fault]:
    """So many faults over so many seconds: all there are in some order, and again, until there are enough."""
    chance = Chance(seed)
    deck: list[tuple[Kind, str]] = []
    while len(deck) < count:
        deck += chance.shuffled(kinds, "deck", len(deck))
    faults = []
    for number, (kind, target) in enumerate(deck[:count]):
        at = span * (number + chance.number("at", number)) / count
        lasts = min(chance.between(*_LASTS[kind], "lasts", number), max(span - at, 1))
        fault = Fault(kind, target, at, lasts)
        if kind == "slow":
            fault.latency = chance.between(0.02, 0.3, "latency", number)
            fault.rate = chance.between(20_000, 200_000, "rate", number)
        if kind == "clock":
            fault.jump = round(chance.between(-_FARTHEST, _FARTHEST, "jump", number))
        faults.append(fault)
    return faults


class Troublemaker:
    """Does the faults of a schedule, each at its time; two of the same thing never at once."""

    def __init__(self, installed: Installation, faults: Sequence[Fault]) -> None:
        self.faults = faults
        self._here = installed
        self._busy: dict[str, asyncio.Lock] = {}
        self.now: list[Fault] = []

    async def make(self) -> None:
        """Do them all."""
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(self._at_its_time(fault, began) for fault in self.faults))

    async def _at_its_time(self, fault: Fault, began: float) -> None:
        await asyncio.sleep(max(0, began + fault.at - asyncio.get_running_loop().time()))
        lock = self._busy.setdefault(_place(fault), asyncio.Lock())
        async with lock:
            self.now.append(fault)
            fault.began = clock.now()
            try:
                await self._do(fault)
            finally:
                fault.ended = clock.now()
                self.now.remove(fault)

    async def _do(self, fault: Fault) -> None:
        match fault.kind:
            case "kill":
                await self._kill(fault)
            case "stall":
                await self._stall(fault)
            case "slow" | "hang" | "cut":
                await self._trouble(fault)
            case "full":
                await self._fill(fault)
            case "clock":
                await self._jump(fault)
            case _:
                assert_never(fault.kind)

    async def _kill(self, fault: Fault) -> None:
        names = list(self._here.processes) if fault.target == EVERYTHING else [fault.target]
        died = await asyncio.gather(*(self._here.processes[name].kill(fault.lasts) for name in names))
        fault.note = f"{sum(died)} processes died"
        await asyncio.sleep(fault.lasts)
        # A process that is up and does not listen yet is as good as dead.
        ports = [link.target for name, link in self._here.links.items() if name in names]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STARTS_WITHIN):
                while not all([await asyncio.to_thread(is_open, port) for port in ports]):
                    await asyncio.sleep(0.2)

    async def _stall(self, fault: Fault) -> None:
        process = self._here.processes[fault.target]
        # The database is asked by everybody: a longer stall is only more of the same.
        lasts = fault.lasts if fault.target in WORKERS or fault.target == "temporal" else min(fault.lasts, 12)
        fault.note = f"{process.stall()} processes stood still for {lasts:.1f} s"
        try:
            await asyncio.sleep(lasts)
        finally:
            process.wake()

    async def _trouble(self, fault: Fault) -> None:
        link = self._here.links[fault.target]
        if fault.kind == "cut":
            fault.note = f"{link.cut()} connections reset"
            return
        if fault.kind == "slow":
            link.slow(fault.latency, fault.rate)
            fault.note = f"{fault.latency * 1000:.0f} ms, {fault.rate / 1000:.0f} kB/s"
        else:
            link.hang()
        try:
            await asyncio.sleep(fault.lasts)
        finally:
            # A line that hung comes back, or turns out to be dead.
            if fault.kind == "hang" and fault.lasts > 8:
                fault.note = f"{link.cut()} connections hung and were reset"
            link.mend()

    async def _fill(self, fault: Fault) -> None:
        taken = await asyncio.to_thread(self._here.disks.fill, fault.target)
        fault.note = f"full at {taken / 1e6:.1f} MB" if taken else "it could not be filled"
        try:
            await asyncio.sleep(fault.lasts)
        finally:
            await asyncio.to_thread(self._here.disks.empty, fault.target)

    async def _jump(self, fault: Fault) -> None:
        fault.note = f"{fault.jump:+.0f} s"
        self._here.clocks[fault.target].jump(fault.jump)
        try:
            await asyncio.sleep(fault.lasts)
        finally:
            self._here.clocks[fault.target].jump(0)


def _place(fault: Fault) -> str:
    """What two faults must not do at once to the same thing."""
    if fault.kind in ("kill", "stall"):
        return f"process {fault.target}"
    return f"link {fault.target}" if fault.kind in ("slow", "cut", "hang") else f"{fault.kind} {fault.target}"
