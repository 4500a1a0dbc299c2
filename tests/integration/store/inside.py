"""Builders: customers who stand somewhere in a journey, and rules to publish over their heads."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from care.domain.catalogue import Catalogue
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.journey import Plan
from care.store import customers, plans, publishing, schema
from care.store.customers import as_kept
from care.store.plans import Draft, Publication
from care.store.publishing import Done, Proposal, Wishes
from tests.builders import CATALOGUE
from tests.integration.store.telling import NOON, enrol, tell


def stands(conn: Connection, shop_id: str, plan: Plan, *at: str, name: str = "", **more: Any) -> str:
    """Put a customer into a plan at a step, besides where they stand already; returns their key."""
    key = tell(conn, "customer.updated", customer={"id": shop_id, "name": name}).customer
    state = customers.state(conn, key) or CustomerState(key)
    run = f"e_{shop_id}_{len(state.enrolments)}"
    enrol(conn, key, run, journey=plan.journey, plan=plan.hash)
    given: dict[str, Any] = {"doing": "wait", "publication": 1, **more}
    there = Enrolment(run, plan.journey, plan.hash, NOON, "i_1", "DH-1", at, **given)
    keep(conn, CustomerState(key, NOON, (*state.enrolments, there), paused=state.paused))
    return key


def keep(conn: Connection, state: CustomerState) -> None:
    """Store where a customer stands."""
    row = {"last_at": NOON, "state": as_kept(state)}
    conn.execute(update(schema.customers).where(schema.customers.c.key == state.customer).values(row))


def a_draft(*journeys: Plan, catalogue: Catalogue = CATALOGUE, **more: Any) -> Draft:
    given: dict[str, Any] = {"at": NOON, "by": "Hoa", "note": "", "types": (), "sources": {}, **more}
    return Draft(catalogue=catalogue, plans=journeys, **given)


def publish(conn: Connection, *journeys: Plan, catalogue: Catalogue = CATALOGUE) -> Publication:
    """Publish without a word about anybody inside."""
    return plans.publish(conn, a_draft(*journeys, catalogue=catalogue))


def propose(
    conn: Connection, *journeys: Plan, catalogue: Catalogue = CATALOGUE, at: datetime = NOON, **wishes: Any
) -> Proposal:
    return publishing.propose(conn, a_draft(*journeys, catalogue=catalogue, at=at), Wishes(**wishes))


def apply(conn: Connection, *journeys: Plan, strays: bool = False, **wishes: Any) -> Done:
    return publishing.apply(conn, propose(conn, *journeys, **wishes), strays=strays)
