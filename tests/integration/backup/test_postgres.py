"""A store on PostgreSQL goes through PostgreSQL's own programs, into an empty database that nobody uses."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from care.backup.backing_up import Made, back_up
from care.backup.manifest import BackupError
from care.backup.restoring import restore
from care.settings import Settings
from care.store import schema
from care.store.engine import open_store, reading
from tests.builders import Story, a_plan, send, wait
from tests.integration.backup.shop import an_installation, messages, settings_in, silent
from tests.postgres import Postgres, program_dir

STORY = Story(a_plan(send("hello"), wait(3), send("bye")))


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{program_dir()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def shop(database: str, tmp_path: Path) -> Settings:
    return an_installation(tmp_path / "shop", STORY, database_url=database)


@pytest.fixture
def made(shop: Settings, tmp_path: Path, programs: None) -> Made:
    return back_up(shop, tmp_path / "backup.tar.gz", silent)


def inbox_of(url: str) -> list[tuple[object, ...]]:
    engine = open_store(url)
    with reading(engine) as conn:
        found = [tuple(row) for row in conn.execute(select(schema.inbox))]
    engine.dispose()
    return found


def test_a_store_on_postgresql_comes_back_and_its_gap_is_lived(
    shop: Settings, made: Made, empty: str, tmp_path: Path
) -> None:
    there = settings_in(tmp_path / "there", database_url=empty)
    restored = restore(there, made.file, silent, lived_until=None)
    assert inbox_of(empty) == inbox_of(shop.database_url)
    assert (made.manifest.database, restored.lived.messages) == ("postgresql", 0)
    assert (there.data_dir / "secret.key").exists()

    with pytest.raises(BackupError, match=r"has tables already.*--force"):
        restore(there, made.file, silent, lived_until=None)
    restore(there, made.file, silent, lived_until=None, force=True)
    assert inbox_of(empty) == inbox_of(shop.database_url)
    engine = open_store(empty)
    assert messages(engine) == []
    engine.dispose()


def test_a_database_somebody_uses_is_left_alone(made: Made, empty: str, tmp_path: Path) -> None:
    there, engine = settings_in(tmp_path / "there", database_url=empty), open_store(empty)
    with reading(engine), pytest.raises(BackupError, match="somebody is connected"):
        restore(there, made.file, silent, lived_until=None)
    engine.dispose()


def test_what_is_missing_or_refused_is_named(
    shop: Settings, made: Made, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = settings_in(tmp_path / "nowhere", database_url=database.replace("/test_", "/gone_"))
    with pytest.raises(BackupError, match=r"pg_dump failed: .*does not exist"):
        back_up(nowhere, tmp_path / "second.tar.gz", silent)
    with pytest.raises(BackupError, match="must be there"):
        restore(nowhere, made.file, silent, lived_until=None)
    with pytest.raises(BackupError, match="is of a postgresql store and the settings name sqlite"):
        restore(settings_in(tmp_path / "there"), made.file, silent, lived_until=None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="'pg_dump' is not installed"):
        back_up(shop, tmp_path / "second.tar.gz", silent)
    assert not (tmp_path / "second.tar.gz").exists()
