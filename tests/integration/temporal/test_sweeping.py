"""The sweep over a real store: what nobody decided is told, again and again but less and less often."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.sweeping import GRACE, PAUSE, Sweeper
from care.domain.errors import CareError
from care.store import inbox
from care.store.engine import writing
from tests.integration.store.telling import NOON, an_event

AT_ONCE = timedelta(milliseconds=1)


class Clock:
    """Shows what it is set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Line:
    """Takes what is told, or fails."""

    def __init__(self, *, dead: bool = False) -> None:
        self.told: list[str] = []
        self.dead = dead

    async def tell(self, customer: str, inbox_id: str) -> None:
        if self.dead:
            raise CareError("there is no server")
        self.told.append(inbox_id)


def accepted(store: Engine, at: datetime) -> str:
    with writing(store) as conn:
        return inbox.accept(conn, an_event("order.placed", order={"id": "DH-1"}), at).id


async def sweep(store: Engine, line: Line, clock: Clock, passes: int = 1) -> Sweeper:
    sweeper = Sweeper(store, line.tell, clock, passes=passes, pause=AT_ONCE)
    await ActivityEnvironment().run(sweeper.sweep)
    return sweeper


async def test_an_event_that_nobody_decided_is_told(store: Engine) -> None:
    line, row = Line(), accepted(store, NOON)
    await sweep(store, line, Clock(NOON + 2 * GRACE))
    assert line.told == [row]


async def test_an_event_that_just_came_is_left_to_the_one_who_accepted_it(store: Engine) -> None:
    line = Line()
    accepted(store, NOON)
    await sweep(store, line, Clock(NOON + GRACE / 2))
    assert line.told == []


async def test_the_sweep_goes_by_the_servers_clock_for_this_machines_may_be_wrong(store: Engine) -> None:
    environment, old = ActivityEnvironment(), accepted(store, NOON)
    with writing(store) as conn:
        inbox.accept(conn, an_event("order.placed", order={"id": "DH-2"}), NOON + GRACE)
    asked: list[datetime] = []

    async def settle(now: datetime) -> None:
        asked.append(now)

    line = Line()
    environment.info = replace(environment.info, started_time=NOON + 1.5 * GRACE)
    await environment.run(Sweeper(store, line.tell, passes=1, pause=AT_ONCE, settle=settle).sweep)
    assert line.told == [old]
    assert asked == [NOON + 1.5 * GRACE]


async def test_an_event_is_told_though_it_was_received_by_a_clock_that_is_hours_ahead(store: Engine) -> None:
    line, row = Line(), accepted(store, NOON + timedelta(hours=5))
    await sweep(store, line, Clock(NOON))
    assert line.told == [row]


async def test_an_event_is_told_again_though_the_clock_was_set_back(store: Engine) -> None:
    line, row, clock = Line(), accepted(store, NOON), Clock(NOON + timedelta(hours=5))
    sweeper = await sweep(store, line, clock)
    clock.now = NOON + 2 * GRACE
    await ActivityEnvironment().run(sweeper.sweep)
    assert line.told == [row, row]


async def test_a_decided_event_is_not_told(store: Engine) -> None:
    line, row = Line(), accepted(store, NOON)
    with writing(store) as conn:
        inbox.mark(conn, row, inbox.DECIDED, "run:0", NOON)
    await sweep(store, line, Clock(NOON + 2 * GRACE))
    assert line.told == []


@pytest.mark.parametrize(
    ("later", "ago", "told"),
    [(GRACE / 2, GRACE / 3, False), (GRACE / 2, 2 * GRACE, True), (2 * GRACE, GRACE / 3, True)],
    ids=["its turn will come", "nothing is decided any more", "much later ones were decided"],
)
async def test_among_thousands_an_event_is_told_when_others_overtook_it(
    store: Engine, later: timedelta, ago: timedelta, *, told: bool
) -> None:
    line, row, now = Line(), accepted(store, NOON), NOON + 10 * GRACE
    with writing(store) as conn:
        other = inbox.accept(conn, an_event("order.placed", order={"id": "DH-2"}), NOON + later).id
        inbox.mark(conn, other, inbox.DECIDED, "run:0", now - ago)
    await sweep(store, line, Clock(now))
    assert line.told == [row] * told


async def test_an_event_that_stays_undecided_is_told_less_and_less_often(store: Engine) -> None:
    line, row, clock = Line(), accepted(store, NOON), Clock(NOON)
    sweeper = Sweeper(store, line.tell, clock, passes=1)
    for second in range(10, 650, 10):
        clock.now = NOON + GRACE + timedelta(seconds=second)
        await _one_pass(sweeper)
    assert line.told == [row] * 7


async def _one_pass(sweeper: Sweeper) -> None:
    environment = ActivityEnvironment()
    running = asyncio.ensure_future(environment.run(sweeper.sweep))
    await asyncio.sleep(0)
    environment.worker_shutdown()
    with pytest.raises(ApplicationError, match="sweeps on"):
        await running


async def test_what_could_not_be_told_is_told_in_the_next_pass(store: Engine) -> None:
    line, row = Line(dead=True), accepted(store, NOON)
    clock = Clock(NOON + 2 * GRACE)
    sweeper = await sweep(store, line, clock)
    line.dead = False
    clock.now += PAUSE
    await ActivityEnvironment().run(sweeper.sweep)
    assert line.told == [row]
