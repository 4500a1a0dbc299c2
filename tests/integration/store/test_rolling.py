"""Two versions may work on one store while one takes over from the other: a migration only adds."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select, text

from care.store import inbox, schema
from care.store.engine import StoreError, migrate, open_store, reading, writing
from care.store.shape import is_ready, must_be_ready, revision_of, revisions
from tests.integration.store.telling import NOON, an_event

# Before this revision nothing was released that could run beside a newer version.
FIRST_HELD = "0003"
STEPS = [pair for pair in pairwise(reversed(revisions())) if pair[0] >= FIRST_HELD]


def breaks(before: MetaData, after: MetaData) -> list[str]:
    """What an older version that reads and writes these tables would stumble over."""
    found = []
    for old in before.sorted_tables:
        new = after.tables.get(old.name)
        if new is None:
            found.append(f"{old.name} is gone")
            continue
        had, has = set(old.columns.keys()), set(new.columns.keys())
        found += [f"{old.name}.{name} is gone" for name in had - has]
        for name in has - had:
            if not new.c[name].nullable and new.c[name].server_default is None:
                found.append(f"{old.name}.{name} must be written, and an older version does not")
        for name in had & has:
            if str(old.c[name].type) != str(new.c[name].type) or (old.c[name].nullable and not new.c[name].nullable):
                found.append(f"{old.name}.{name} has changed")
    return sorted(found)


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_every_migration_leaves_the_version_before_it_running(empty_url: str, step: tuple[str, str]) -> None:
    shapes = []
    engine = open_store(empty_url, durable=False)
    for revision in step:
        config = Config()
        config.set_main_option("script_location", "care.store:migrations")
        with writing(engine) as conn:
            config.attributes["connection"] = conn
            command.upgrade(config, revision)
            shape = MetaData()
            shape.reflect(conn)
            shapes.append(shape)
    engine.dispose()
    assert breaks(*shapes) == []


def test_what_an_older_version_would_stumble_over_is_found() -> None:
    before, after = MetaData(), MetaData()
    Table("kept", before, Column("a", Integer), Column("b", Integer), Column("c", Integer, nullable=False))
    Table("gone", before, Column("a", Integer))
    Table(
        "kept",
        after,
        Column("a", String),
        Column("c", Integer, nullable=False),
        Column("free", Integer),
        Column("given", Integer, nullable=False, server_default="0"),
        Column("forced", Integer, nullable=False),
    )
    assert breaks(before, after) == [
        "gone is gone",
        "kept.a has changed",
        "kept.b is gone",
        "kept.forced must be written, and an older version does not",
    ]


@pytest.fixture
def newer(store: Engine) -> Iterator[Engine]:
    """A store that a newer version has brought to its own shape."""
    with writing(store) as conn:
        conn.execute(text("ALTER TABLE inbox ADD COLUMN later VARCHAR DEFAULT '' NOT NULL"))
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    yield store
    with writing(store) as conn:
        conn.execute(text("ALTER TABLE inbox DROP COLUMN later"))
        conn.execute(text(f"UPDATE alembic_version SET version_num = '{revisions()[0]}'"))


def test_an_older_version_that_does_not_migrate_goes_on_in_a_newer_shape(newer: Engine) -> None:
    must_be_ready(newer, migrates=False)
    with writing(newer) as conn:
        receipt = inbox.accept(conn, an_event("order.placed", order={"id": "DH-1"}), NOON)
        assert conn.execute(select(schema.inbox.c.id)).scalar_one() == receipt.id
    with pytest.raises(StoreError, match="newer version"):
        must_be_ready(newer, migrates=True)


def test_who_may_not_migrate_waits_for_who_may(empty_url: str) -> None:
    engine = open_store(empty_url, durable=False)
    assert not is_ready(engine)
    with pytest.raises(StoreError, match="care migrate"):
        must_be_ready(engine, migrates=False)
    migrate(engine)
    assert is_ready(engine)
    with reading(engine) as conn:
        assert revision_of(conn) == revisions()[0]
    engine.dispose()
