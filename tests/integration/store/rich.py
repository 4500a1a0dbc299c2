"""A customer with a row in every table that may hold one, and words nobody else has."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from activities.contract import Decided, DecideRequest
from care.domain.audit import Check, Entry, Why
from care.domain.decisions import Decision
from care.domain.enrolment import CustomerState
from care.domain.orders import reference
from care.store import audit, claims, offers, receipts, schema, tickets
from care.store.addresses import address_key
from care.store.engine import reading, writing
from care.store.keyring import Keyring
from care.store.receipts import News
from tests.integration.store.telling import NOON, a_message, a_ticket, enrol, minutes, tell

SECRET = "a secret that nobody knows"
SHOP_ID = "KH-777123"
NAME = "Quỳnh Thúy Distinct"
EMAIL = "quynh.distinct@example.vn"
OLD_EMAIL = "thuy.before@example.vn"
PHONE = "+84977123456"
ORDER = "DH-777555"
WORDS = "the drum squeaks distinctly"
WRITTEN = "please call about the squeak"
PERSONAL = (SHOP_ID, NAME, EMAIL, OLD_EMAIL, PHONE, PHONE[-9:], ORDER, WORDS, WRITTEN, "distinct")


def keyring(engine: Engine) -> Keyring:
    return Keyring(engine, [SECRET])


def rich(engine: Engine) -> str:
    """The key of a customer of whom everything is known."""
    with writing(engine) as conn:
        who = _customer(conn)
    keyring(engine).sealing(who)
    return who


def _customer(conn: Connection) -> str:
    known: dict[str, Any] = {"id": SHOP_ID}
    told = {"customer": known | {"email": OLD_EMAIL, "name": NAME, "phone": PHONE, "city": "distinct town"}}
    who = tell(conn, "customer.updated", -60, **told).customer
    tell(conn, "customer.updated", -50, customer=known | {"email": EMAIL})
    tell(conn, "order.delivered", 0, customer=known, order={"id": ORDER, "total": 5, "category": "distinct"})
    proof = {"channel": "email", "purpose": "marketing", "wording": WORDS, "place": "distinct.example"}
    tell(conn, "consent.given", 1, customer=known, data=proof)
    tell(conn, "consent.withdrawn", 2, customer=known, data={"channel": "sms", "purpose": "care"})
    tell(conn, "csat.answered", 3, customer=known, order={"id": ORDER}, data={"score": 2, "comment": WORDS})
    enrol(conn, who, "e_rich", order_id=ORDER, frozen={"order.category": "distinct"})
    tickets.open_ticket(conn, a_ticket(who, enrolment="e_rich", key="e_rich/help/1:ticket"), WORDS, NOON)
    order = a_message(who, enrolment="e_rich", key="e_rich/hello/1:email", offer="gift")
    claims.claim(conn, order, address_key("email", EMAIL), NOON)
    claims.transmit(conn, order.key, {"to": EMAIL, "subject": NAME, "text": WORDS}, NOON)
    offers.make(conn, order, "DISTINCT-{unique}")
    bounced = News("r-1", "bounced", "smtp", "email", reference=reference(order.key), detail=f"550 {EMAIL} is distinct")
    receipts.record(conn, bounced, minutes(4))
    key = address_key("sms", PHONE)
    receipts.record(conn, News("r-2", "written", "twilio", "sms", address_key=key, detail=WRITTEN), minutes(5))
    _decide(conn, who)
    conn.execute(insert(schema.holds), {"customer": who, "messages": 1})
    return who


def _decide(conn: Connection, who: str) -> None:
    entry = Entry("answered", NOON, f"csat → {WORDS}", reason=WORDS, why=Why(checks=(Check("a", True, WORDS),)))
    state = CustomerState(who, NOON)
    decision = Decision(
        at=NOON, state=state, consumed=(), orders=(), wake_at=None, entries=(entry,), seen={"customer.city": "distinct"}
    )
    audit.save(conn, DecideRequest("d-rich", who, None, (), NOON), decision, Decided(state, (), (), None))


def dump(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table as text."""
    with reading(engine) as conn:
        return {
            name: [
                json.dumps(dict(row._mapping), default=str, ensure_ascii=False) for row in conn.execute(select(table))
            ]
            for name, table in schema.metadata.tables.items()
        }


def about(found: Mapping[str, list[str]], *words: str) -> dict[str, list[str]]:
    """The rows that have any of these words, whatever their case, by table."""
    wanted = [word.casefold() for word in words]
    hits = {
        name: [row for row in rows if any(word in row.casefold() for word in wanted)] for name, rows in found.items()
    }
    return {name: rows for name, rows in hits.items() if rows}
