"""One run: the shop opens, everything goes wrong for a while, everything gets time to settle, and then it is judged."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from care import clock
from care.store import schema
from care.store.engine import open_store, reading
from tests.chaos.book import Book
from tests.chaos.evidence import Evidence, due, gather
from tests.chaos.faults import Fault, Troublemaker, possible, schedule
from tests.chaos.installation import Installation, Store, install
from tests.chaos.lives import Life, lives
from tests.chaos.people import People
from tests.chaos.replay import Replayed, replay
from tests.chaos.shopkeeping import Shopkeeper

_LOOK = 2.0
# Whoever looks every second and comes back after so many was not let run.
_STILL = 8.0
_FEW = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for.

    Attributes:
        span: Seconds over which customers buy and faults strike.
        settling: Seconds everything gets at most afterwards.
        brief: Whether the journeys have no waits, for the test suite.
        kinds: Only faults of these names, such as ``kill relay``; empty for all.
    """

    purchases: int
    seed: str
    store: Store
    faults: int
    span: float
    settling: float
    brief: bool = False
    kinds: tuple[str, ...] = ()


@dataclass(slots=True)
class Standing:
    """How far a run is."""

    phase: str = "starting"
    seconds: float = 0
    bought: int = 0
    acknowledged: int = 0
    received: int = 0
    faults: int = 0
    now: tuple[str, ...] = ()
    still: float = 0


@dataclass
class Ran:
    """A run that is over.

    Attributes:
        settled: Seconds it took from the last fault until nothing was left to do; none when something was.
        waited: What was still to do when the time was over.
        still: Seconds for which the machine did not let the driver run: everything stood still then, the links too.
    """

    plan: Plan
    folder: Path
    began: datetime
    ended: datetime
    installed: Installation
    lives: list[Life]
    book: Book
    faults: list[Fault]
    evidence: Evidence
    replayed: Replayed
    live: dict[str, bool]
    left_out: tuple[str, ...]
    settled: float | None
    waited: str = ""
    still: float = 0
    own_ends: dict[str, int] = field(default_factory=dict)


async def run(plan: Plan, folder: Path, tell: Callable[[Standing], None]) -> Ran:
    """Do everything, and gather what is to be judged.

    Args:
        folder: An empty one; the logs stay there.
        tell: Hears how far it is.
    """
    installed = install(folder, plan.store, plan.span, brief=plan.brief)
    book = Book()
    keeper = Shopkeeper(installed.settings, book)
    standing = Standing()
    engine: Engine | None = None
    try:
        await installed.start()
        engine = open_store(installed.store_url)
        kinds = [each for each in possible(installed) if not plan.kinds or " ".join(each) in plan.kinds]
        faults = schedule(plan.seed, kinds, plan.faults, plan.span)
        found = lives(plan.seed, plan.purchases, plan.span, brief=plan.brief)
        people = People(installed, keeper, found, plan.seed, brief=plan.brief)
        troubles = Troublemaker(installed, faults)
        began = clock.now()
        watching = asyncio.create_task(_watch(standing, people, troubles, tell))
        try:
            settled, waited = await _live(plan, standing, people, troubles, engine, installed)
        finally:
            watching.cancel()
        standing.phase = "judging"
        tell(standing)
        await people.close()
        ended = clock.now()
        replayed = await replay(keeper)
        sighted = {**installed.mails_seen.by_name(), **installed.texts_seen.by_name()}
        evidence = await asyncio.to_thread(gather, engine, folder / "disks", sighted)
        live = await _who_lives(keeper, evidence)
        ends = {name: each.own_ends for name, each in installed.processes.items()}
        return Ran(
            plan=plan,
            folder=folder,
            began=began,
            ended=ended,
            installed=installed,
            lives=found,
            book=book,
            faults=faults,
            evidence=evidence,
            replayed=replayed,
            live=live,
            left_out=_left_out(installed),
            settled=settled,
            waited=waited,
            still=standing.still,
            own_ends=ends,
        )
    finally:
        await keeper.close()
        if engine is not None:
            engine.dispose()
        await installed.stop()


async def _live(
    plan: Plan, standing: Standing, people: People, troubles: Troublemaker, engine: Engine, installed: Installation
) -> tuple[float | None, str]:
    loop = asyncio.get_running_loop()
    standing.phase = "troubled"
    people.begin()
    await troubles.make()
    standing.phase = "settling"
    began = loop.time()
    over = began + plan.settling
    waited = "nothing was looked at"
    while loop.time() < over:
        left = timedelta(seconds=over - loop.time())
        waited = await asyncio.to_thread(_to_do, engine, installed.zones.day, clock.now() + left)
        if not waited and not people.busy:
            return loop.time() - began, ""
        await asyncio.sleep(_LOOK)
    return None, waited or f"somebody was not done: {people.busy}"


def _to_do(engine: Engine, day: str, end: datetime) -> str:
    """What is still to do until the end, for customers who can be written to now; empty when nothing is.

    A message that a peer would not take is tried again after a minute, then five, then fifteen: who waits beyond the
    end is not waited for.
    """
    inbox, enrolled, people, claimed = schema.inbox, schema.enrolments, schema.customers, schema.claims
    with reading(engine) as conn:
        pending = conn.execute(select(func.count()).where(inbox.c.status == "pending")).scalar_one()
        leaving = conn.execute(
            select(func.count()).where(claimed.c.phase.in_(("claimed", "transmitting")))
        ).scalar_one()
        inside = select(enrolled.c.customer).where(enrolled.c.ended_at.is_(None)).distinct()
        open_ones = list(
            conn.execute(
                inside.join(people, people.c.key == enrolled.c.customer).where(people.c.timezone == day)
            ).scalars()
        )
        if pending or leaving or len(open_ones) > _FEW:
            return f"{pending} events to decide, {leaving} messages to settle, {len(open_ones)} customers inside"
        waking = [due(conn, customer) for customer in open_ones]
    late = [at for at in waking if at is None or at < end]
    return f"{len(late)} customers inside" if late else ""


async def _watch(standing: Standing, people: People, troubles: Troublemaker, tell: Callable[[Standing], None]) -> None:
    began = last = asyncio.get_running_loop().time()
    while True:
        now = asyncio.get_running_loop().time()
        standing.seconds = now - began
        standing.still += now - last if now - last > _STILL else 0
        last = now
        standing.bought, standing.received = people.bought, people.received
        standing.acknowledged = len(people.book.acknowledged())
        standing.faults = sum(fault.began is not None for fault in troubles.faults)
        standing.now = tuple(fault.name for fault in troubles.now)
        tell(standing)
        await asyncio.sleep(1)


async def _who_lives(keeper: Shopkeeper, evidence: Evidence) -> dict[str, bool]:
    """Of every customer in a journey: whether the workflow itself confirms where they stand."""
    gate = asyncio.Semaphore(8)

    async def ask(customer: str) -> bool:
        async with gate:
            return bool((await keeper.get(f"/v1/customers/{customer}"))["live"])

    inside = sorted({evidence.people[each.customer] for each in evidence.enrolled if each.ended_at is None})
    return dict(zip(inside, await asyncio.gather(*map(ask, inside)), strict=True))


def _left_out(installed: Installation) -> tuple[str, ...]:
    """Faults that cannot be done here, and why."""
    return () if installed.disks.real else ("full disks: only root may mount small ones",)
