"""Keys of the API are kept as hashes, on SQLite and PostgreSQL alike."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from care.store import api_keys, schema
from care.store.api_keys import SCOPES, ApiKeyError
from care.store.engine import reading, writing
from tests.builders import MONDAY_10


def made(store: Engine, name: str = "webshop", *scopes: str) -> str:
    with writing(store) as conn:
        return api_keys.create(conn, name, scopes or tuple(SCOPES), MONDAY_10)[1]


def test_only_the_hash_of_a_key_is_stored(store: Engine) -> None:
    text = made(store)
    with reading(store) as conn:
        row = conn.execute(select(schema.api_keys)).mappings().one()
    assert row["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert text.rpartition("_")[2] not in repr(dict(row))


def test_a_key_is_found_by_its_whole_text_and_by_nothing_else(store: Engine) -> None:
    text, other = made(store), made(store, "crm", "events:read")
    middle = text.split("_")[1]
    with reading(store) as conn:
        found = api_keys.find(conn, text)
        assert found is not None
        assert (found.name, found.scopes) == ("webshop", tuple(SCOPES))
        wrong = (
            *("", "care_", text[:-1], text + "a", text.upper(), f" {text}", f"{text}\n", text.replace("care", "Care")),
            *(f"care_{middle}_{other.split('_', 2)[2]}", f"care_{'0' * 12}_{'a' * 43}", f"care_{middle}_{'é' * 43}"),
        )
        assert [each for each in wrong if api_keys.find(conn, each) is not None] == []


def test_two_keys_never_share_a_name_until_one_is_revoked(store: Engine) -> None:
    first = made(store, "webshop")
    with pytest.raises(ApiKeyError, match="there is a key named 'webshop' already"):
        made(store, " webshop ")
    row = {"id": "x", "name": "webshop", "hash": "", "scopes": "", "created_at": MONDAY_10}
    with writing(store) as conn, pytest.raises(IntegrityError), conn.begin_nested():
        conn.execute(schema.api_keys.insert(), row)
    with writing(store) as conn:
        api_keys.revoke(conn, "webshop", MONDAY_10)
        assert api_keys.find(conn, first) is None
    second = made(store, "webshop")
    with reading(store) as conn:
        assert api_keys.find(conn, second) is not None
        assert {key.revoked_at for key in api_keys.listing(conn)} == {MONDAY_10, None}


def test_a_use_is_noted_once_a_minute_and_never_backwards(store: Engine) -> None:
    text = made(store)
    for seconds, stale in ((0, True), (59, False), (60, True), (30, False)):
        at = MONDAY_10 + timedelta(seconds=seconds)
        with writing(store) as conn:
            key = api_keys.find(conn, text)
            assert key is not None
            assert api_keys.is_stale(key, at) is stale
            if stale or seconds == 30:
                api_keys.note_use(conn, key.id, at)
    with reading(store) as conn:
        assert [key.last_used_at for key in api_keys.listing(conn)] == [MONDAY_10 + timedelta(seconds=60)]
