"""The shape of the store: which revision of its tables a database has, and which one this version wants."""

from functools import cache

from sqlalchemy import Connection, Engine

from care.store.engine import StoreError, reading

LOCATION = "care.store:migrations"


def revision_of(conn: Connection) -> str | None:
    """The revision of a database's tables; ``None`` when it has none."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(conn).get_current_revision()


@cache
def revisions() -> tuple[str, ...]:
    """Every revision this version knows, the newest first."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", LOCATION)
    return tuple(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())


def is_ready(engine: Engine) -> bool:
    """Whether this version can work on a database: it has the newest shape, or that of a newer version.

    A newer version only adds to the tables what this one need not know (a test holds every migration to that), so that
    two versions may work side by side while one takes over from the other.
    """
    with reading(engine) as conn:
        found = revision_of(conn)
    return found is not None and (found == revisions()[0] or found not in revisions())


def must_be_ready(engine: Engine) -> None:
    """Do nothing when this version can work on a database.

    Raises:
        StoreError: Its tables are missing or older.
    """
    if not is_ready(engine):
        raise StoreError("the store's tables are not in the shape this version needs; run 'care migrate'")
