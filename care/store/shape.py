"""The shape of the store: which revision of its tables a database has, and which one this version wants."""

from functools import cache

from sqlalchemy import Connection, Engine

from care.store.engine import StoreError, migrate, reading

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


def make_ready(engine: Engine, *, migrates: bool) -> bool:
    """Bring a database to the newest shape if that is allowed; returns whether this version can work on it now.

    Raises:
        StoreError: It may be migrated, and a newer version has been at it.
    """
    if migrates:
        migrate(engine)
        return True
    return is_ready(engine)


def must_be_ready(engine: Engine, *, migrates: bool) -> None:
    """Bring a database to the newest shape if that is allowed.

    Raises:
        StoreError: It is not allowed and its tables are missing or older, or a newer version has been at it.
    """
    if not make_ready(engine, migrates=migrates):
        raise StoreError("the store's tables are not in the shape this version needs; run 'care migrate'")
