"""Live customers as the store knows them: where each stands, for a forecast; and how customers answered so far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, select

from care.backtest.habits import TICKET, Habit, Outcome, learnt
from care.backtest.sources import Stretch, Stretches
from care.domain.enrolment import CustomerState
from care.domain.orders import asking_key
from care.domain.rulebook import Rulebook
from care.forecast.live import Live
from care.store import customers, facts, schema
from care.store.engine import open_store, reading
from care.store.inbox import PENDING
from care.store.tickets import OPEN

# A question that was asked only just now tells nothing yet of who answers.
_RIPE = timedelta(days=3)

_claims = schema.claims
_answers = schema.answers
_tickets = schema.tickets
_enrolments = schema.enrolments
_customers = schema.customers


@dataclass
class StoreLives:
    """The customers of a store who are in any journey.

    Attributes:
        url: The store's URL: every process opens it for itself.
    """

    url: str
    _engine: Engine | None = field(default=None, repr=False)

    def stretches(self) -> Sequence[Stretch]:
        """Everybody on the way."""
        found, who = Stretches(), _enrolments.c.customer
        going = select(who, func.count()).where(_enrolments.c.ended_at.is_(None)).group_by(who).order_by(who)
        engine = open_store(self.url)
        try:
            with reading(engine) as conn:
                for customer, running in conn.execute(going):
                    found.add(customer, running)
        finally:
            engine.dispose()
        return found.close()

    def open(self) -> None:
        """Open the store."""
        self._engine = open_store(self.url)

    def close(self) -> None:
        """Close the store."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def read(self, stretch: Stretch, rulebook: Rulebook, now: datetime) -> Iterator[Live]:
        """The customers of a stretch; whoever has left all journeys meanwhile is left out."""
        assert self._engine is not None
        who = _enrolments.c.customer
        of_stretch = who.between(stretch.first, stretch.last)
        query = select(who).where(_enrolments.c.ended_at.is_(None), of_stretch).distinct().order_by(who)
        with reading(self._engine) as conn:
            for key in conn.execute(query).scalars().all():
                state = customers.state(conn, key)
                if state is not None and state.enrolments:
                    yield _live(conn, state, rulebook, now)


def _live(conn: Connection, state: CustomerState, rulebook: Rulebook, now: datetime) -> Live:
    known = facts.load(conn, state.customer, None, rulebook, now, state)
    opened = select(_tickets.c.id, _tickets.c.enrolment).where(
        _tickets.c.customer == state.customer, _tickets.c.status == OPEN
    )
    return Live(state, known, {row.id: row.enrolment for row in conn.execute(opened)})


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old what the store knows is.

    Attributes:
        decided_at: The last instant anything was decided for, or ``None``.
        pending: Events that were accepted and are not decided yet.
    """

    decided_at: datetime | None
    pending: int


def freshness(conn: Connection) -> Freshness:
    """How old what the store knows is."""
    inbox = schema.inbox
    last = conn.execute(select(func.max(_customers.c.last_at))).scalar()
    waiting = conn.execute(select(func.count()).select_from(inbox).where(inbox.c.status == PENDING)).scalar_one()
    return Freshness(last, int(waiting))


def habits(conn: Connection, now: datetime) -> dict[str, Habit]:
    """How customers answered surveys, and how fast the care team closed tickets, before now (UTC)."""
    return learnt([*_surveys(conn, now), *_handled(conn, now)])


def _surveys(conn: Connection, now: datetime) -> Iterator[tuple[str, Outcome]]:
    given: dict[str, tuple[datetime, float]] = {}
    answered = select(_answers.c.about, _answers.c.at, _answers.c.score).where(_answers.c.about != "")
    for row in conn.execute(answered.order_by(_answers.c.at, _answers.c.number)):
        given.setdefault(row.about, (row.at, row.score))
    asked = select(_claims.c.step_key, _claims.c.survey, _claims.c.at).where(
        _claims.c.survey != "", _claims.c.phase == "sent", _claims.c.at < now - _RIPE
    )
    for row in conn.execute(asked.order_by(_claims.c.at, _claims.c.key)):
        if asking_key(row.step_key) != row.step_key:
            continue
        at, score = given.get(row.step_key, (None, None))
        yield row.survey, Outcome(max(at - row.at, timedelta(0)) if at is not None else None, score)


def _handled(conn: Connection, now: datetime) -> Iterator[tuple[str, Outcome]]:
    opened = select(_tickets.c.opened_at, _tickets.c.closed_at).where(
        ~_tickets.c.external, _tickets.c.opened_at < now - _RIPE
    )
    for row in conn.execute(opened.order_by(_tickets.c.opened_at, _tickets.c.id)):
        closed = row.closed_at - row.opened_at if row.closed_at is not None else None
        yield TICKET, Outcome(max(closed, timedelta(0)) if closed is not None else None)
