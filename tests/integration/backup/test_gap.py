"""The time between a backup and the end of the lost installation is lived through as it was lived there."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from care.backup.gap import CODE, Lived, live_through
from care.domain.catalogue import Endpoint
from care.domain.steps import Webhook
from care.store import claims, customers, schema
from care.store.engine import open_store, reading, writing
from tests.builders import CATALOGUE, MONDAY_10, Story, a_plan, hours, send, ticket, until_day, wait
from tests.integration.backup.shop import DAY, an_installation, messages

CHATTY = a_plan(send("hello"), wait(3), send("hint"), until_day(10), send("bye"))


def _lived(tmp_path: Path, story: Story, until: datetime) -> tuple[Engine, Lived]:
    engine = open_store(an_installation(tmp_path, story).database_url, durable=False)
    return engine, live_through(engine, "restored-1", MONDAY_10, until, lambda _: None)


def _claimed(engine: Engine) -> list[tuple[str, datetime]]:
    with reading(engine) as conn:
        found = conn.execute(select(schema.claims.c.template, schema.claims.c.at).order_by(schema.claims.c.at))
        return [(row.template, row.at) for row in found]


@pytest.mark.parametrize(("days", "count"), [(0, 1), (2.9, 1), (3.1, 2), (9, 2), (11, 3)])
def test_what_may_have_been_sent_is_unknown_and_what_comes_later_is_still_to_come(
    tmp_path: Path, days: float, count: int
) -> None:
    until = MONDAY_10 + timedelta(days=days, minutes=1)
    engine, lived = _lived(tmp_path, Story(CHATTY), until)
    simulated = [(message.template, message.at) for message in Story(CHATTY).played().messages]
    assert _claimed(engine) == simulated[:count]
    assert (lived.messages, messages(engine)) == (count, [(name, "unknown") for name, _ in simulated[:count]])
    with reading(engine) as conn:
        on_the_way = customers.under_way(conn, limit=9)
        assert {row.code for row in conn.execute(select(schema.claims.c.code))} == {CODE}
    assert bool(on_the_way) == (count < 3)
    engine.dispose()


def test_living_through_it_twice_changes_nothing(tmp_path: Path) -> None:
    engine, _ = _lived(tmp_path, Story(CHATTY), MONDAY_10 + 4 * DAY)
    before = _claimed(engine)
    again = live_through(engine, "restored-1", MONDAY_10, MONDAY_10 + 4 * DAY, lambda _: None)
    assert (again, _claimed(engine)) == (Lived(0, 0), before)
    engine.dispose()


def test_what_was_on_its_way_at_the_backup_is_unknown_and_what_was_sent_stays_sent(tmp_path: Path) -> None:
    engine, _ = _lived(tmp_path, Story(CHATTY), MONDAY_10 + timedelta(minutes=1))
    with writing(engine) as conn:
        [hello] = claims.latest(conn, 9)
        state = customers.state(conn, hello.customer)
        assert state is not None
        assert state.enrolments[0].doing == "wait"
        conn.execute(schema.claims.update().values(phase="sent"))
    live_through(engine, "restored-2", MONDAY_10 + DAY, MONDAY_10 + 4 * DAY, lambda _: None)
    assert messages(engine) == [("hello", "sent"), ("hint", "unknown")]
    engine.dispose()


def test_a_ticket_is_opened_after_the_restore_and_a_webhook_is_waited_for(tmp_path: Path) -> None:
    endpoints = {"crm": Endpoint("crm", "https://crm.example/hooks")}
    asks = Webhook("webhook:ask", 1, "crm", hours(2), {}, {})
    plan = a_plan(ticket(), send("sorry"), asks, send("bye"))
    story = Story(plan, catalogue=replace(CATALOGUE, endpoints=endpoints))
    engine, _ = _lived(tmp_path, story, MONDAY_10 + 12 * DAY)
    assert messages(engine) == [("sorry", "unknown")]
    with reading(engine) as conn:
        [key] = customers.under_way(conn, limit=9)
        state = customers.state(conn, key)
    assert state is not None
    assert [order.kind for order in state.in_flight] == ["ticket", "webhook"]
    engine.dispose()
