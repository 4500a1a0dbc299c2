"""Inserting where several may try at once: the first one wins, by a unique constraint."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(conn: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert the row unless one with its unique values is there; true when it was inserted."""
    return conn.execute(_insert(conn.dialect.name, table), dict(row)).rowcount == 1


def insert_all_new(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows at once, leaving out those whose unique values are there already."""
    if rows:
        conn.execute(_insert(conn.dialect.name, table), [dict(row) for row in rows])


def insert_telling(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]], column: str) -> set[Any]:
    """Insert many rows in their order, leaving out those that are there; the column's values of those that were not."""
    if not rows:
        return set()
    statement = into(conn.dialect.name, table).on_conflict_do_nothing().returning(table.c[column])
    return set(conn.execute(statement, [dict(row) for row in rows]).scalars())


@cache
def _insert(dialect: str, table: Table) -> Insert:
    return into(dialect, table).on_conflict_do_nothing().inline().execution_options(preserve_rowcount=True)


def into(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that may say what is to be done when the row is there already."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
