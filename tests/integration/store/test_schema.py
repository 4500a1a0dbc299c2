import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from pydantic import TypeAdapter
from sqlalchemy import ColumnClause, Engine, column, insert, inspect, select, table, update

from care.domain.catalogue import Catalogue
from care.domain.controls import NO_CONTROLS
from care.domain.journey import Plan
from care.domain.orders import reference
from care.store import controls, plans, schema
from care.store.controls import Control
from care.store.engine import migrate, open_store, reading, writing
from care.store.schema import metadata
from care.store.whereabouts import whereabouts
from tests.builders import CATALOGUE, a_plan, send, wait
from tests.integration.store.inside import apply
from tests.integration.store.telling import LAN, NOON, enrol, lan, minutes


def test_the_migrations_lead_to_exactly_the_tables_the_code_uses(store: Engine) -> None:
    with reading(store) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    engine = open_store(empty_url, durable=False)
    migrate(engine)
    migrate(engine)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    assert names == {*metadata.tables, "alembic_version"}


@pytest.fixture
def first(empty_url: str) -> Iterator[Engine]:
    """A store in its first shape."""
    engine = open_store(empty_url, durable=False)
    _bring(engine, "0001")
    yield engine
    engine.dispose()


def _bring(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "care.store:migrations")
    with writing(engine) as conn:
        config.attributes["connection"] = conn
        here = MigrationContext.configure(conn).get_current_revision() or ""
        (command.downgrade if revision < here else command.upgrade)(config, revision)


def _fill(engine: Engine) -> None:
    """What a shop of the first release has: rules, and Lan, who waits."""
    plan = replace(a_plan(send("hello"), wait(3), journey="care"), hash="care-1")
    there: dict[str, Any] = {
        "id": "e_1",
        "journey": "care",
        "plan": "care-1",
        "entered_at": NOON.isoformat(),
        "event_id": "i_1",
    }
    there |= {"at": ["wait:3 days"], "doing": "wait", "until": minutes(60).isoformat()}
    publication = {
        "revision": 1,
        "at": NOON,
        "by": "Lan",
        "note": "thử",
        "types": "[]",
        "journeys": {"care": ["care-1", 1]},
    }
    with writing(engine) as conn:
        who = lan(conn)
        enrol(conn, who, plan="care-1")
        state = json.dumps({"customer": who, "last": NOON.isoformat(), "enrolments": [there]})
        conn.execute(update(schema.customers).values(state=state))
        compiled = TypeAdapter(Plan).dump_json(plan).decode()
        conn.execute(insert(schema.plans), {"hash": "care-1", "journey": "care", "revision": 1, "compiled": compiled})
        catalogue = TypeAdapter(Catalogue).dump_json(CATALOGUE).decode()
        conn.execute(insert(schema.publications), publication | {"catalogue": catalogue, "sources": {"care.yaml": "…"}})


def _rows(engine: Engine, names: Iterable[str]) -> dict[str, list[Any]]:
    """Every row of these tables as the database has it."""
    inspected = inspect(engine)
    found = {}
    with reading(engine) as conn:
        for name in names:
            columns: list[ColumnClause[Any]] = [
                column(each["name"]) for each in inspected.get_columns(name) if each["name"] != "choices"
            ]
            found[name] = [tuple(row) for row in conn.execute(select(*columns).select_from(table(name)))]
    return found


def test_a_shop_of_the_first_release_is_brought_up_with_everything_it_had(first: Engine) -> None:
    _fill(first)
    names = sorted({*inspect(first).get_table_names()} - {"alembic_version"})
    before = _rows(first, names)
    migrate(first)
    assert _rows(first, names) == before
    with writing(first) as conn:
        published = plans.latest(conn)
        assert published is not None
        assert (published.by, published.choices, published.sources) == ("Lan", {}, {"care.yaml": "…"})
        assert plans.load_rulebook(conn).controls == NO_CONTROLS
        [there] = whereabouts(conn)
        assert (there.shop_id, there.enrolment.step, there.enrolment.until) == (LAN, "wait:3 days", minutes(60))
        assert (there.enrolment.publication, there.enrolment.visits, there.enrolment.moving) == (0, {}, None)


def test_what_the_first_release_began_can_be_paused_and_moved(first: Engine) -> None:
    _fill(first)
    migrate(first)
    longer = replace(a_plan(send("hello"), wait(9), journey="care"), hash="care-2")
    with writing(first) as conn:
        controls.begin(conn, Control(0, "care", "pause", "freeze", NOON, "Mai", "", None, ""))
        done = apply(conn, longer, running="migrate")
        assert [(batch.kind, batch.members) for batch in done.batches] == [("move", 1)]


def test_a_store_can_be_taken_back_to_its_first_shape_and_brought_up_again(first: Engine) -> None:
    _fill(first)
    migrate(first)
    with writing(first) as conn:
        controls.begin(conn, Control(0, "care", "pause", "freeze", NOON, "Mai", "", None, ""))
    later = {"controls", "batches", "receipts", "keys", "erasures", "forgotten", "api_keys", "holds"}
    names = sorted({*inspect(first).get_table_names()} - {"alembic_version", *later})
    before = _rows(first, names)
    _bring(first, "0001")
    assert later.isdisjoint(inspect(first).get_table_names())
    assert "choices" not in [each["name"] for each in inspect(first).get_columns("publications")]
    assert _rows(first, names) == before
    migrate(first)
    assert _rows(first, names) == before
    with reading(first) as conn:
        assert controls.listing(conn) == []


def test_messages_of_an_earlier_release_get_the_reference_that_providers_are_told(first: Engine) -> None:
    keys = ["e_1/hello/1:email", "e_1/hint+remind/2:sms", "t_1"]
    old = {"customer": "c_1", "at": NOON, "phase": "sent", "attempts": 1}
    words = ("enrolment", "journey", "step", "template", "channel", "purpose", "offer", "survey", "address_key")
    plain = dict.fromkeys((*words, "outcome", "reason", "code", "provider_id"), "")
    columns = [column(name) for name in ("key", "step_key", *old, *plain)]
    with writing(first) as conn:
        rows = [{"key": key, "step_key": key, **old, **plain, "at": NOON.isoformat()} for key in keys]
        conn.execute(insert(table("claims", *columns)), rows)
    migrate(first)
    with reading(first) as conn:
        found = {row.key: row for row in conn.execute(select(schema.claims))}
    assert {key: row.reference for key, row in found.items()} == {key: reference(key) for key in keys}
    assert {(row.provider, row.delivered_at) for row in found.values()} == {("", None)}
