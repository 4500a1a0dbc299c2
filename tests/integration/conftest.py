"""A store for every test, once on SQLite and once on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from care.store.engine import migrate, open_store
from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """Name of a database in the newest shape, emptied after every test."""
    name = postgres.new_database()
    _migrate(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in the newest shape, to copy."""
    path = tmp_path_factory.mktemp("store") / "care.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without any table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'care.sqlite'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def store_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty store in the newest shape."""
    if backend == "sqlite":
        path = tmp_path / "care.sqlite"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = request.getfixturevalue("migrated_postgres")
    yield server.url(name)
    server.empty_database(name, keep="alembic_version")


@pytest.fixture
def store(store_url: str) -> Iterator[Engine]:
    engine = open_store(store_url, durable=False)
    yield engine
    engine.dispose()


def _migrate(url: str) -> None:
    engine = open_store(url, durable=False)
    migrate(engine)
    engine.dispose()
