from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from care.store.engine import migrate, open_store, reading
from care.store.schema import metadata


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
