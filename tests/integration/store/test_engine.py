import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from care.domain.errors import CareError
from care.store import schema
from care.store.engine import StoreError, StoreUnavailable, migrate, open_store, reading, writing
from tests.integration.store.telling import NOON
from tests.postgres import Postgres


def _customer(key: str) -> dict[str, object]:
    return {"key": key, "created_at": NOON}


def _count(store: Engine) -> int:
    with reading(store) as conn:
        return int(conn.execute(select(func.count()).select_from(schema.customers)).scalar_one())


def test_what_a_write_wrote_is_there_afterwards(store: Engine) -> None:
    with writing(store) as conn:
        conn.execute(insert(schema.customers), _customer("c_1"))
    assert _count(store) == 1


def test_a_write_that_fails_leaves_nothing_behind(store: Engine) -> None:
    def fail() -> None:
        with writing(store) as conn:
            conn.execute(insert(schema.customers), _customer("c_1"))
            raise CareError("no")

    with pytest.raises(CareError):
        fail()
    assert _count(store) == 0


def test_reading_cannot_write(store: Engine) -> None:
    with pytest.raises((DBAPIError, StoreUnavailable)), reading(store) as conn:
        conn.execute(insert(schema.customers), _customer("c_1"))
    with writing(store) as conn:
        conn.execute(insert(schema.customers), _customer("c_2"))
    assert _count(store) == 1


def test_many_threads_write_and_read_at_once(store: Engine) -> None:
    def work(number: int) -> None:
        for step in range(10):
            with writing(store) as conn:
                conn.execute(insert(schema.customers), _customer(f"c_{number}_{step}"))
            _count(store)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert _count(store) == 160


def test_instants_come_back_aware_and_in_utc_and_naive_ones_are_refused(store: Engine) -> None:
    with writing(store) as conn:
        conn.execute(insert(schema.customers), _customer("c_1"))
        back = conn.execute(select(schema.customers.c.created_at)).scalar_one()
        assert back == NOON
        assert back.utcoffset().total_seconds() == 0
    with pytest.raises(StatementError, match="no time zone"), writing(store) as conn:
        conn.execute(insert(schema.customers), {"key": "c_2", "created_at": NOON.replace(tzinfo=None)})


def test_values_keep_their_types(store: Engine) -> None:
    fields = {"a": 1, "b": 1.5, "c": True, "d": "chữ", "e": NOON, "f": ("x", "y"), "g": False, "h": 0}
    with writing(store) as conn:
        conn.execute(insert(schema.customers), {**_customer("c_1"), "fields": fields})
        back = conn.execute(select(schema.customers.c.fields)).scalar_one()
    assert back == fields
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in fields.items()}


def test_no_error_shows_the_values_that_were_written(store: Engine) -> None:
    row = {**_customer("c_1"), "email": "secret@example.vn"}
    with pytest.raises(DBAPIError) as problem, writing(store) as conn:
        conn.execute(insert(schema.customers), [row, row])
    assert "secret@example.vn" not in str(problem.value)


@pytest.mark.parametrize("durable", [True, False])
def test_sqlite_is_opened_as_the_design_says(tmp_path: Path, durable: bool) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'deep' / 'care.sqlite'}", durable=durable)
    with engine.connect() as conn:
        pragmas = [
            conn.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "busy_timeout", "secure_delete", "synchronous")
        ]
    engine.dispose()
    assert pragmas == ["wal", 15_000, 1, 2 if durable else 1]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "no url"])
def test_a_url_that_cannot_be_a_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        open_store(url)


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(StoreError) as problem:
        open_store("mysql://care:geheim@host/name")
    assert "geheim" not in str(problem.value)


def test_a_database_that_does_not_answer_is_named_as_unavailable(tmp_path: Path) -> None:
    engine = open_store(f"postgresql://postgres@/care?host={tmp_path}")
    with pytest.raises(StoreUnavailable, match="try again"), writing(engine):
        pass
    engine.dispose()


def test_a_store_without_its_tables_says_how_to_make_them(empty_url: str) -> None:
    engine = open_store(empty_url, durable=False)
    with pytest.raises(StoreError, match="care up"), reading(engine) as conn:
        conn.execute(select(schema.customers))
    engine.dispose()


def test_a_store_that_a_newer_version_used_is_left_alone(empty_url: str) -> None:
    engine = open_store(empty_url, durable=False)
    migrate(engine)
    with writing(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        migrate(engine)
    engine.dispose()


def test_a_postgres_that_accepts_and_then_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = open_store(f"postgresql://postgres@127.0.0.1:{port}/care?connect_timeout=2")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable), reading(engine):
            pass
        assert time.monotonic() - began < 30
        engine.dispose()


def test_a_connection_to_postgres_notices_that_the_server_vanished_unless_the_url_says_otherwise(
    postgres: Postgres,
) -> None:
    url = postgres.url("postgres") + "&keepalives_idle=7"
    engine = open_store(url)
    with engine.connect() as conn:
        given = conn.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    engine.dispose()
    assert (given["keepalives_idle"], given["keepalives_count"], given["tcp_user_timeout"]) == ("7", "3", "60000")
