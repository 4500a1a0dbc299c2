"""A store in which many customers wait at all steps of the journeys, written in seconds instead of being lived."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert

from care.domain.conditions import Value
from care.domain.decisions import Entered
from care.domain.happenings import Event
from care.domain.rulebook import Rulebook
from care.domain.simulation import Life, Person, Scripted, World
from care.store import plans, schema
from care.store.customers import as_kept
from care.store.engine import migrate, open_store, writing

_CATEGORIES = ("washing_machine", "dryer", "fridge", "tv", "accessory")


def write_waiting(url: str, rulebook: Rulebook, customers: int, starts: datetime) -> datetime:
    """Write a store with so many customers on their way, who bought in forty days; returns the end of those."""
    engine = open_store(url, durable=False)
    migrate(engine)
    now = starts + timedelta(days=40)
    people: list[dict[str, object]] = []
    running: list[dict[str, object]] = []
    with writing(engine) as conn:
        plans.publish(conn, _draft(rulebook, starts))
        for number in range(customers):
            for row, rows in _waiting(rulebook, number, now):
                people.append(row)
                running.extend(rows)
        conn.execute(insert(schema.customers), people)
        conn.execute(insert(schema.enrolments), running)
    engine.dispose()
    return now


def _draft(rulebook: Rulebook, starts: datetime) -> plans.Draft:
    kept = tuple(walked.plan for walked in rulebook.entering.values())
    return plans.Draft(starts, "bench", "", rulebook.catalogue, rulebook.types, kept, {})


def _waiting(
    rulebook: Rulebook, number: int, now: datetime
) -> Iterator[tuple[dict[str, object], list[dict[str, object]]]]:
    chance = sha256(f"waiting {number}".encode()).digest()
    at = now - timedelta(days=40) + timedelta(minutes=int.from_bytes(chance[:2], "big") % (40 * 1_440))
    category = _CATEGORIES[chance[2] % len(_CATEGORIES)]
    order: dict[str, Value] = {"order.category": category, "order.total": 5_000_000, "order.placed_at": at}
    known = {"customer.orders": 1, "customer.spent": 5_000_000}
    key = f"c_{number:08}"
    script = [Scripted(at, Event(f"i_{number}", "order.delivered", f"DH-{number}"), order)]
    life = Life(rulebook, World(Person(known, reach=("email", "sms"), customer=key)), script, explain=False)
    entered = [each for decision, _ in life.decisions(now) for each in decision.entered]
    kept = {run.id for run in life.state.enrolments}
    if kept:
        person = {
            "key": key,
            "shop_id": f"KH-{number}",
            "email": f"kh{number}@example.vn",
            "phone": f"+8491{number:07}",
        }
        state = as_kept(life.state)
        columns = {"fields": {}, "created_at": at, "last_at": life.state.last, "state": state}
        yield person | columns, [_enrolment(key, each) for each in entered if each.enrolment in kept]


def _enrolment(customer: str, entered: Entered) -> dict[str, object]:
    return {
        "id": entered.enrolment,
        "customer": customer,
        "journey": entered.journey,
        "plan": entered.plan,
        "revision": 1,
        "order_id": entered.order_id,
        "event": entered.event_id,
        "entered_at": entered.at,
        "frozen": entered.frozen,
    }
