"""Versions: a plan named by what it does, and kept as JSON for as long as a customer is in it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from care.domain.catalogue import Catalogue
from care.domain.journey import Plan
from care.domain.rulebook import CustomerType

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T", Plan, Catalogue, CustomerType)
_KINDS: dict[str, Any] = {each.__name__: each for each in (Plan, Catalogue, CustomerType)}
# What people read but no customer feels: a comment or a new title makes no new version. The owner is told of tickets.
_WORDS_ONLY = frozenset({"line", "audience_line", "file", "title", "text", "hash", "revision"})

_KIND = frozenset({"kind", "verb"})


def plan_hash(plan: Plan) -> str:
    """SHA-256 in hex of everything that decides how a journey behaves."""
    return hashlib.sha256(_canonical(behaviour(plan)).encode()).hexdigest()


def behaviour(value: object) -> object:
    """A domain object as plain JSON, without what only people read and what stands at its default.

    A setting that the language gains later leaves the hash of every plan without it as it was.
    """
    if is_dataclass(value) and not isinstance(value, type):
        kept = (each.name for each in fields(value) if each.name not in _WORDS_ONLY and not _is_unsaid(each, value))
        return {name: behaviour(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {str(key): behaviour(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [behaviour(item) for item in value]
    return value


def _is_unsaid(field: Field[Any], value: object) -> bool:
    """Whether a field stands at its default, unless it says which kind of thing this is."""
    if field.name in _KIND:
        return False
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return default is not MISSING and getattr(value, field.name) == default


def dump(value: Plan | Catalogue | CustomerType) -> str:
    """Canonical JSON of a plan, a catalogue or a customer type, with its lines and words."""
    return _canonical(_adapter(type(value).__name__).dump_python(value, mode="json"))


def load(kind: type[_T], text: str) -> _T:
    """What ``dump`` wrote."""
    read: _T = _adapter(kind.__name__).validate_json(text)
    return read


@cache
def _adapter(name: str) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # building an adapter is slow, and checking rule files needs none

    return TypeAdapter(_KINDS[name])


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
