"""Which shape the store has, and which one this version knows: revisions of the migrations."""

import re
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, inspect, text

_REVISION = re.compile(r"^revision = \"(\w+)\"", re.MULTILINE)
_BEFORE = re.compile(r"^down_revision = \"(\w+)\"", re.MULTILINE)


def current(conn: Connection) -> str:
    """The revision of the store; empty when it was never migrated."""
    if not inspect(conn).has_table("alembic_version"):
        return ""
    return str(conn.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


@cache
def newest() -> str:
    """The revision this version brings a store to; read from the files, because Alembic takes long to import."""
    sources = [
        each.read_text(encoding="utf-8")
        for each in files("care.store.migrations.versions").iterdir()
        if each.name.endswith(".py")
    ]
    revisions = {found for source in sources for found in _REVISION.findall(source)}
    (head,) = revisions - {found for source in sources for found in _BEFORE.findall(source)}
    return str(head)
