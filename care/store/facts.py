"""The facts of a decision, read fresh from the store in a handful of indexed queries."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Float,
    Row,
    Select,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    true,
    union,
)

from care.domain.conditions import Value
from care.domain.consents import MARKETING, Statement, agreed, muted, standing
from care.domain.customers import Claimed, Facts, Past
from care.domain.enrolment import CustomerState
from care.domain.happenings import MOVED, Event
from care.domain.orders import REMINDER
from care.domain.rulebook import Rulebook
from care.numbering import home_zone, phone_of
from care.store import audit, claims, consents, schema
from care.store.addresses import CHANNEL_KINDS, address_key
from care.store.inbox import InboxRow
from care.store.incoming import about
from care.store.purchases import CANCELLED, order_fields
from care.store.tickets import OPEN

TRANSACTIONAL = "transactional"

_WHO: BindParameter[str] = bindparam("customer")
_customers = schema.customers
_purchases = schema.purchases
_answers = schema.answers
_suppressions = schema.suppressions
_enrolments = schema.enrolments
_claims = schema.claims

_BOUGHT = (
    select(
        func.count().label("orders"),
        func.sum(_purchases.c.total).label("spent"),
        func.max(_purchases.c.placed_at).label("last_order_at"),
        func.avg(cast(case((_purchases.c.discounted, 1), (~_purchases.c.discounted, 0)), Float)).label(
            "discounted_share"
        ),
    )
    .where(_purchases.c.customer == _WHO, _purchases.c.status != CANCELLED)
    .subquery("bought")
)
_PERSON = (
    select(
        _customers,
        exists().where(schema.tickets.c.customer == _WHO, schema.tickets.c.status == OPEN).label("ticket_open"),
        *_BOUGHT.c,
    )
    .select_from(_customers.join(_BOUGHT, true()))
    .where(_customers.c.key == _WHO)
)
_ANSWERED = (
    select(_answers.c.survey, _answers.c.score)
    .where(_answers.c.customer == _WHO)
    .order_by(_answers.c.at, _answers.c.number)
)
_SUPPRESSED = select(_suppressions.c.channel, _suppressions.c.purpose, _suppressions.c.reason).where(
    _suppressions.c.address_key.in_(bindparam("addresses", expanding=True)), _suppressions.c.lifted_at.is_(None)
)
_ENROLLED = select(
    _enrolments.c.id, _enrolments.c.journey, _enrolments.c.order_id, _enrolments.c.entered_at, _enrolments.c.frozen
).where(_enrolments.c.customer == _WHO)


def _counted(*where: Any) -> Select[Any]:
    columns = ("key", "step_key", "at", "purpose", "phase", "channel", "offer", "survey", "order_id", "customer")
    return select(*(_claims.c[name] for name in columns)).where(_claims.c.phase.in_(claims.COUNTED), *where)


_RECENT = _claims.c.at > bindparam("since")
_CLAIMED = union(
    _counted(_claims.c.customer == _WHO, or_(_RECENT, _claims.c.offer != "")),
    _counted(_claims.c.address_key.in_(bindparam("addresses", expanding=True)), _RECENT),
)


def load(
    conn: Connection,
    customer: str,
    event: InboxRow | None,
    rulebook: Rulebook,
    now: datetime,
    state: CustomerState | None = None,
) -> Facts:
    """Read everything the planner may know of a customer.

    Args:
        event: The one outside event this decision hears, with its effects applied already.
        now: The instant of the decision (UTC).
        state: Where the customer stands: the frozen orders of these enrolments are read.
    """
    active = {each.id for each in state.enrolments} if state is not None else set()
    person = conn.execute(_PERSON, {"customer": customer}).one()
    addresses = _addresses(person)
    said = consents.listing(conn, customer)
    statements = standing(said, rulebook.catalogue.company.double_opt_in)
    since = now - timedelta(seconds=rulebook.longest_cap)
    made = _made(conn, customer, addresses, since)
    enrolled = conn.execute(_ENROLLED, {"customer": customer}).all()
    return Facts(
        customer=customer,
        fields=_fields(conn, person),
        zone=home_zone(person.timezone, person.phone),
        locale=person.locale,
        phone=phone_of(person.phone),
        addresses=addresses,
        suppressed=_suppressed(conn, addresses, statements),
        consents=agreed(statements),
        statements=statements,
        muted=muted(said),
        frozen={row.id: row.frozen for row in enrolled if row.id in active},
        event=_heard(event) if event is not None else None,
        order=order_fields(conn, customer, event.order_id) if event is not None and event.order_id else {},
        ledger=_ledger(made, since),
        past=tuple([Past(row.journey, row.order_id, row.entered_at) for row in enrolled]),
        begun=audit.begun(conn, customer, active) if _moves(event, state) else {},
        offers_made=_offers_made(made, customer),
    )


def _made(conn: Connection, customer: str, addresses: Mapping[str, str], since: datetime) -> Sequence[Row[Any]]:
    """The customer's claims and those of others at the same addresses since an instant, and every offer ever made."""
    asked = {"customer": customer, "addresses": list(addresses.values()), "since": since}
    return conn.execute(_CLAIMED, asked).all()


def _moves(event: InboxRow | None, state: CustomerState | None) -> bool:
    """Whether an enrolment is on its way to another plan."""
    pending = state is not None and any(each.moving is not None for each in state.enrolments)
    return pending or (event is not None and event.type == MOVED)


def _addresses(person: Row[Any]) -> dict[str, str]:
    known = {channel: getattr(person, kind) for channel, kind in CHANNEL_KINDS.items()}
    return {channel: address_key(channel, address) for channel, address in known.items() if address}


def _fields(conn: Connection, person: Row[Any]) -> dict[str, Value]:
    who = {"customer": person.key}
    fields: dict[str, Value | None] = {f"customer.{name}": value for name, value in person.fields.items()}
    fields["customer.locale"] = person.locale or None
    fields["customer.timezone"] = person.timezone or None
    fields["customer.orders"] = person.orders
    fields["customer.spent"] = _whole(person.spent or 0)
    fields["customer.last_order_at"] = person.last_order_at
    fields["customer.discounted_share"] = person.discounted_share
    fields["ticket.open"] = bool(person.ticket_open)
    fields["appointment.at"] = person.appointment_at
    for row in conn.execute(_ANSWERED, who):
        fields[f"{row.survey}.last"] = _whole(row.score)
    return {name: value for name, value in fields.items() if value is not None}


def _whole(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def _suppressed(
    conn: Connection, addresses: Mapping[str, str], statements: Mapping[tuple[str, str], Statement]
) -> dict[tuple[str, str], str]:
    """What must not be used: the addresses nobody may write to, and what this customer refused on any address."""
    # A refusal of marketing shows as a missing consent; care is asked of nobody, so its refusal stands here.
    found = {pair: "consent withdrawn" for pair, said in statements.items() if not said.given and pair[1] != MARKETING}
    if addresses:
        rows = conn.execute(_SUPPRESSED, {"addresses": list(addresses.values())})
        found.update({(row.channel, row.purpose): row.reason for row in rows})
    return found


def _heard(row: InboxRow) -> Event:
    event = row.event
    data = {name: value for name, value in event.data.items() if value is not None}
    return Event(row.id, event.type, event.order_id, data, about(event.data), event.operator)


def _ledger(made: Sequence[Row[Any]], since: datetime) -> tuple[Claimed, ...]:
    counted = [row for row in made if row.at > since and row.purpose != TRANSACTIONAL]
    return tuple([_claimed(row) for row in sorted(counted, key=lambda row: row.at)])


def _claimed(row: Row[Any]) -> Claimed:
    asks = "" if REMINDER in row.step_key else row.survey
    return Claimed(row.at, row.step_key, asks, row.purpose, row.channel)


def _offers_made(made: Sequence[Row[Any]], customer: str) -> frozenset[tuple[str, str | None]]:
    left = [row for row in made if row.offer and row.customer == customer and row.phase in claims.MAY_HAVE_LEFT]
    return frozenset([(row.offer, row.order_id) for row in left])
