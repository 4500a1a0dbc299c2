"""Keys of the API from the command line: printed once, listed without their secret, revoked for good."""

from datetime import UTC, datetime

import pytest

from care.store.engine import migrate, open_store
from tests.acceptance.cli.shop import Shop


@pytest.fixture
def stored(closed_shop: Shop) -> Shop:
    """A shop with an empty store."""
    engine = open_store(f"sqlite:///{closed_shop.folder / 'data' / 'care.sqlite'}", durable=False)
    migrate(engine)
    engine.dispose()
    return closed_shop


def test_a_key_is_printed_once_and_nothing_shows_it_again(stored: Shop) -> None:
    made = stored.care("api-keys", "create", "webshop", "--scope", "events:write", "-s", "events:read")
    assert made.status == 0, made.err
    key = made.out.strip()
    assert "may: events:write, events:read" in made.err
    assert key not in made.err
    secret = key.rpartition("_")[2]
    for answer in (stored.care("api-keys", "list"), stored.care("api-keys", "list", "--json")):
        assert "webshop" in answer.out
        assert secret not in answer.out
    files = [path.read_bytes() for path in (stored.folder / "data").iterdir() if path.is_file()]
    assert any(b"webshop" in content for content in files)
    assert not any(secret.encode() in content for content in files)


def test_a_revoked_key_stays_in_the_list_and_its_name_is_free_again(stored: Shop) -> None:
    made = stored.care("api-keys", "create", "webshop", "-s", "events:write", "--json").json
    assert stored.care("api-keys", "create", "webshop", "-s", "events:write").status == 1
    closed = stored.care("api-keys", "revoke", "webshop", "--json").json
    assert (closed["id"], "key" in closed) == (made["id"], False)
    assert datetime.fromisoformat(closed["revoked_at"]).tzinfo == UTC
    again = stored.care("api-keys", "revoke", made["id"])
    assert (again.status, "was revoked before" in again.err) == (1, True)
    second = stored.care("api-keys", "create", "webshop", "-s", "events:write,summary:read", "--json").json
    listed = stored.care("api-keys", "list", "--json").json
    assert [(key["id"], key["revoked_at"] is None) for key in listed] == [(made["id"], False), (second["id"], True)]
    assert second["scopes"] == ["events:write", "summary:read"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "webshop"), "a key needs a scope, what it may do; there are: events:write, events:read"),
        (("create", "webshop", "-s", "events:wirte"), "'events:wirte' is not a scope; there are: events:write"),
        (("create", "  ", "-s", "events:write"), "a key needs a name of at most 60 letters"),
        (("create", "x" * 61, "-s", "events:write"), "a key needs a name of at most 60 letters"),
        (("revoke", "nobody"), "there is no key 'nobody' in use; 'care api-keys list' shows them"),
    ],
)
def test_what_is_wrong_is_said(stored: Shop, words: tuple[str, ...], said: str) -> None:
    answer = stored.care("api-keys", *words)
    assert (answer.status, answer.out) == (1, "")
    assert said in answer.err


def test_without_a_store_it_says_how_to_make_one(closed_shop: Shop) -> None:
    answer = closed_shop.care("api-keys", "list")
    assert (answer.status, "start Aftercare with 'care up'" in answer.err) == (1, True)
