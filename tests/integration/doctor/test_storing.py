"""What the doctor finds in the store, on both databases; each test breaks the very thing."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from care import clock
from care.cli.doctor import storing
from care.cli.doctor.findings import Area, Finding
from care.settings import Settings
from care.store import claims, inbox, shape, tickets
from care.store.engine import writing
from care.temporal.devserver import free_port
from tests.builders import a_plan, send
from tests.integration.doctor.findings import by_name, wrong
from tests.integration.store.inside import publish
from tests.integration.store.telling import LAN, IncomingEvent, a_message, a_ticket, lan


@pytest.fixture
def published(store: Engine) -> Engine:
    with writing(store) as conn:
        publish(conn, a_plan(send("hello")))
        lan(conn)
        conn.execute(text("UPDATE inbox SET status = 'decided'"))
    return store


def look(url: str) -> list[Finding]:
    return list(storing.look(Settings(database_url=url, durable=False)))


def test_a_store_in_order_is_fine(published: Engine, store_url: str) -> None:
    found = look(store_url)
    assert wrong(found) == {}
    kind = "PostgreSQL" if "postgresql" in store_url else "SQLite"
    assert by_name(found)["database"].found.startswith(kind)
    assert ("clock" in by_name(found)) == (kind == "PostgreSQL")


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert wrong(look(f"sqlite:///{tmp_path / 'care.sqlite'}")) == {"database": "warning"}
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_broken(tmp_path: Path) -> None:
    (tmp_path / "care.sqlite").write_text("this is no database, but long enough to look like a file of one" * 20)
    assert wrong(look(f"sqlite:///{tmp_path / 'care.sqlite'}")) == {"database": "broken"}


def test_a_server_that_is_away_is_broken_and_its_password_stays_secret() -> None:
    found = look(f"postgresql://care:hunter2@127.0.0.1:{free_port()}/care")
    assert wrong(found) == {"database": "broken"}
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(("revision", "advice"), [("0001", "care migrate"), ("9999", "must not touch it")])
def test_a_schema_of_another_version_is_broken(published: Engine, store_url: str, revision: str, advice: str) -> None:
    _set_revision(published, revision)
    found = look(store_url)
    _set_revision(published, shape.revisions()[0])
    assert wrong(found) == {"schema": "broken"}
    assert advice in by_name(found)["schema"].do


def _set_revision(store: Engine, revision: str) -> None:
    with writing(store) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


def test_without_published_rules_events_are_refused(store: Engine, store_url: str) -> None:
    assert wrong(look(store_url)) == {"published rules": "broken"}


@pytest.mark.parametrize(("age", "verdict"), [(2, "warning"), (20, "broken")])
def test_an_event_that_nobody_decides_is_told(published: Engine, store_url: str, age: int, verdict: str) -> None:
    now = clock.now()
    event = IncomingEvent(id="late", source="shop", type="order.placed", time=now, customer={"id": LAN})
    with writing(published) as conn:
        inbox.accept(conn, event, now - timedelta(minutes=age))
    assert wrong(look(store_url)) == {"undecided events": verdict}


def test_parked_events_unknown_stuck_messages_and_overdue_tickets_are_told(published: Engine, store_url: str) -> None:
    now = clock.now()
    with writing(published) as conn:
        key = lan(conn)
        conn.execute(text("UPDATE inbox SET status = 'parked'"))
        for step, ago in (("a", 5), ("b", 100)):
            order = a_message(key, step)
            claims.claim(conn, order, "k", now)
            claims.transmit(conn, order.key, {}, now - timedelta(minutes=ago))
        claims.settle(conn, a_message(key, "a").key, "unknown", at=now)
        tickets.open_ticket(conn, a_ticket(key, due_at=now - timedelta(minutes=1)), "", now)
    found = look(store_url)
    assert wrong(found) == {
        "parked events": "warning",
        "unknown messages": "warning",
        "messages on their way": "broken",
        "tickets": "warning",
    }
    assert "care messages list --unknown" in by_name(found)["unknown messages"].do


@pytest.mark.parametrize(("ahead", "verdict"), [(0.3, "ok"), (-5, "warning"), (5, "warning"), (-60, "broken")])
def test_clocks_that_differ_are_told(ahead: float, verdict: str) -> None:
    finding = storing.skew(Area("store"), "clock", timedelta(seconds=ahead))
    assert finding.verdict == verdict
    assert ("behind" in finding.found) == (ahead < 0)
