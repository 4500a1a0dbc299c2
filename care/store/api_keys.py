"""The keys of the API: each has a name and scopes, is shown once, and is stored as a hash only.

A key is ``care_<id>_<secret>``. The id is no secret: it finds the row, is listed and may stand in a log. The secret is
256 bits from the system's generator, so a plain SHA-256 is enough: a slow hash defends words that people choose, of
which there are few enough to try; here there is nothing to try, and every request would pay for it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, or_, select, update

from care.domain.errors import CareError
from care.store.engine import serialise
from care.store.schema import api_keys

SCOPES: Mapping[str, str] = {
    "events:write": "post events",
    "events:read": "read what an event did",
    "customers:read": "read customers and their timelines",
    "summary:read": "read the counts over everything",
    "mail-reports:write": "post e-mails that came back",
}
LONGEST_NAME = 60

_TOKEN = re.compile(r"care_([0-9a-f]{12})_([\w-]{43})", re.ASCII)
_USED_EVERY = timedelta(minutes=1)
# What an unknown key is compared with, so that it takes as long as a known one.
_NOTHING = hashlib.sha256(b"").hexdigest()


class ApiKeyError(CareError):
    """A key cannot be made or revoked; the message says why."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept, without its secret.

    Attributes:
        id: Its middle part, by which it is told apart.
        scopes: What it may do, as in ``SCOPES``.
        last_used_at: To the minute; ``None`` when it never was.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


def create(conn: Connection, name: str, scopes: Collection[str], at: datetime) -> tuple[ApiKey, str]:
    """Make a key, and return it with its text, which nobody can show again.

    Raises:
        ApiKeyError: When the name is unfit or in use, or a scope is unknown or missing.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ApiKeyError(f"a key needs a name of at most {LONGEST_NAME} letters, such as the system that will use it")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        what = f"{unknown[0]!r} is not a scope" if unknown else "a key needs a scope, what it may do"
        raise ApiKeyError(f"{what}; there are: {', '.join(SCOPES)}")
    serialise(conn, "api-keys")
    if conn.execute(select(api_keys.c.id).where(_live(name))).first() is not None:
        raise ApiKeyError(f"there is a key named {name!r} already; revoke it, or give the new one another name")
    key = ApiKey(secrets.token_hex(6), name, tuple(scope for scope in SCOPES if scope in scopes), at)
    text = f"care_{key.id}_{secrets.token_urlsafe(32)}"
    row = {"id": key.id, "name": name, "hash": _hash(text), "scopes": " ".join(key.scopes), "created_at": at}
    conn.execute(insert(api_keys), row)
    return key, text


def find(conn: Connection, text: str) -> ApiKey | None:
    """The key of this text; ``None`` when there is none or it was revoked."""
    read = _TOKEN.fullmatch(text)
    if read is None:
        return None
    row = conn.execute(select(api_keys).where(api_keys.c.id == read[1])).mappings().first()
    same = hmac.compare_digest(_hash(text), row["hash"] if row is not None else _NOTHING)
    return _key(row) if same and row is not None and row["revoked_at"] is None else None


def is_ours(text: str) -> bool:
    """Whether a text looks like a key of ours at all."""
    return _TOKEN.fullmatch(text) is not None


def is_stale(key: ApiKey, at: datetime) -> bool:
    """Whether a use of the key at this instant should be noted: once a minute is enough."""
    return key.last_used_at is None or at - key.last_used_at >= _USED_EVERY


def note_use(conn: Connection, id: str, at: datetime) -> None:
    """Remember that a key was used."""
    earlier = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < at)
    conn.execute(update(api_keys).where(api_keys.c.id == id, earlier).values(last_used_at=at))


def revoke(conn: Connection, named: str, at: datetime) -> ApiKey:
    """Close a key for good, by its name or its id.

    Raises:
        ApiKeyError: When there is no such key, or it was revoked before.
    """
    row = conn.execute(select(api_keys).where(_live(named) | (api_keys.c.id == named))).mappings().first()
    if row is None:
        raise ApiKeyError(f"there is no key {named!r} in use; 'care api-keys list' shows them")
    if row["revoked_at"] is not None:
        raise ApiKeyError(f"the key {named!r} was revoked before")
    conn.execute(update(api_keys).where(api_keys.c.id == row["id"]).values(revoked_at=at))
    return replace(_key(row), revoked_at=at)


def listing(conn: Connection) -> list[ApiKey]:
    """Every key that was ever made, the oldest first."""
    rows = conn.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)).mappings()
    return [_key(row) for row in rows]


def _live(name: str) -> ColumnElement[bool]:
    return (api_keys.c.name == name) & api_keys.c.revoked_at.is_(None)


def _key(row: RowMapping) -> ApiKey:
    kept = {name: value for name, value in row.items() if name not in ("hash", "scopes")}
    return ApiKey(scopes=tuple(row["scopes"].split()), **kept)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
