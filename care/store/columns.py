"""Column types that mean the same on SQLite and PostgreSQL: UTC instants and typed field values."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_AT = "$at"


class Utc(TypeDecorator[datetime]):
    """An instant: stored as UTC, read back timezone-aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware instant into UTC; a naive one is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; every instant in the store is timezone-aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite gives the instant back without its zone, PostgreSQL in the session's."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Values(TypeDecorator[Mapping[str, Any]]):
    """Field values by name as JSON; instants are tagged, lists come back as tuples."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:
        """Make every value plain JSON."""
        return None if value is None else {name: to_json(item) for name, item in value.items()}

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        """Give every value its type back."""
        return None if value is None else {name: from_json(item) for name, item in value.items()}


def to_json(value: Any) -> Any:
    """A value as plain JSON: an instant becomes ``{"$at": "2026-11-22T09:00:00+00:00"}``."""
    if isinstance(value, datetime):
        return {_AT: value.astimezone(UTC).isoformat()}
    if isinstance(value, Mapping):
        return {name: to_json(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def from_json(value: Any) -> Any:
    """The value that ``to_json`` wrote; lists become tuples."""
    if isinstance(value, dict):
        if _AT in value:
            return datetime.fromisoformat(value[_AT])
        return {name: from_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple([from_json(item) for item in value])
    return value
