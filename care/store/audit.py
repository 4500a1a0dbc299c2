"""The audit: every decision with its entries, and the timeline a support lead reads."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, insert, select, update

from activities.contract import Decided, DecideRequest
from care.domain.audit import Entry
from care.domain.decisions import Decision
from care.domain.orders import Order
from care.store import customers, enrolments, holds, schema
from care.store.customers import STATE
from care.store.entries import entry_of, entry_row

_customers = schema.customers
_decisions = schema.decisions
_entries = schema.entries
_SAVE = insert(_decisions)
_NOTE = insert(_entries)
_STORED = (
    select(_decisions.c.result, _customers.c.state)
    .join(_customers, _customers.c.key == _decisions.c.customer)
    .where(_decisions.c.key == bindparam("decision_key"))
)
_ANSWERED = update(_decisions).where(_decisions.c.key == bindparam("decision_key")).values(result=bindparam("answered"))
_STAND = (
    update(_customers)
    .where(_customers.c.key == bindparam("of_customer"))
    .values(last_at=bindparam("at"), state=bindparam("stands"))
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a decision keeps of what the workflow was told (see ``activities.contract.Decided``).

    The state is not among it: it is the customer's own, for only a last decision is ever asked for again.
    """

    consumed: tuple[str, ...]
    wake_at: datetime | None
    orders: tuple[Order, ...] = ()
    freed: tuple[str, ...] = ()


_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class MessageOutcome:
    """What became of the message an entry speaks of (see ``care.store.claims`` for the phases)."""

    phase: str
    outcome: str
    reason: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a timeline; ``outcome`` is there when it speaks of a message that was claimed."""

    id: int
    decision: str
    entry: Entry
    outcome: MessageOutcome | None


def save(conn: Connection, request: DecideRequest, decision: Decision, decided: Decided) -> None:
    """Save a decision with everything it changes, and what the workflow is told of it.

    Raises:
        sqlalchemy.exc.IntegrityError: When this key was decided before (ask ``stored`` first, under the lock).
    """
    row = {
        "key": request.key,
        "customer": request.customer,
        "at": decision.at,
        "result": _kept(decided),
        "seen": decision.seen,
    }
    conn.execute(_SAVE, row)
    if decision.entries:
        conn.execute(_NOTE, [entry_row(request.key, request.customer, entry) for entry in decision.entries])
    enrolments.enter(conn, request.customer, decision.entered)
    enrolments.leave(conn, decision.left)
    enrolments.move(conn, decision.moved)
    customers.tag(conn, request.customer, decision.tags)
    stands = customers.as_kept(decision.state)
    conn.execute(_STAND, {"of_customer": request.customer, "at": decision.at, "stands": stands})
    holds.note(conn, request.state, decision.state)


def answer(conn: Connection, key: str, decided: Decided) -> None:
    """Keep another answer under a key: that of all the decisions which were taken within one task."""
    conn.execute(_ANSWERED, {"decision_key": key, "answered": _kept(decided)})


def number_of(key: str) -> tuple[int, ...]:
    """The place of a decision in its run: of one that continues another within a task, the other's and its own."""
    return tuple(int(part) for part in key.rpartition(":")[2].split("."))


def _kept(decided: Decided) -> str:
    answer = Answer(decided.consumed, decided.wake_at, decided.orders, decided.freed)
    empty = {name for name in ("orders", "freed") if not getattr(answer, name)}
    return _ANSWER.dump_json(answer, exclude=empty).decode()


def note(conn: Connection, customer: str, entry: Entry) -> None:
    """Tell a customer's timeline what no decision brought about."""
    conn.execute(_NOTE, entry_row("", customer, entry))


def stored(conn: Connection, key: str) -> Decided | None:
    """The answer that was given under this key, or ``None`` when nothing was decided under it yet."""
    found = conn.execute(_STORED, {"decision_key": key}).one_or_none()
    if found is None:
        return None
    answer = _ANSWER.validate_json(found.result)
    return Decided(STATE.validate_json(found.state), answer.consumed, answer.orders, answer.wake_at, answer.freed)


def begun(conn: Connection, customer: str, enrolment_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The ids of the steps each of these enrolments of a customer ever began, in no order."""
    found: dict[str, tuple[str, ...]] = {}
    steps = select(_entries.c.enrolment, _entries.c.step).distinct().where(_entries.c.customer == customer)
    for row in conn.execute(steps.where(_entries.c.enrolment.in_(enrolment_ids), _entries.c.step != "")):
        found[row.enrolment] = (*found.get(row.enrolment, ()), row.step)
    return found


def timeline(conn: Connection, customer: str) -> list[TimelineEntry]:
    """Everything that was decided for a customer, oldest first."""
    claims = schema.claims
    outcome = (claims.c.phase, claims.c.outcome, claims.c.reason, claims.c.code, claims.c.settled_at, claims.c.at)
    query = (
        select(_entries, *(column.label(f"message_{column.name}") for column in outcome))
        .outerjoin(claims, claims.c.key == _entries.c.message)
        .where(_entries.c.customer == customer)
        .order_by(_entries.c.id)
    )
    lines = []
    for row in conn.execute(query):
        became = (
            MessageOutcome(
                row.message_phase,
                row.message_outcome,
                row.message_reason,
                row.message_code,
                row.message_settled_at or row.message_at,
            )
            if row.message_phase is not None
            else None
        )
        lines.append(TimelineEntry(row.id, row.decision, entry_of(row), became))
    return lines
