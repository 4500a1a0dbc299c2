"""`care messages`: what nobody knows of is listed, read and settled by a person."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from care.domain.orders import reference
from care.store import audit, claims, receipts
from care.store.engine import migrate, open_store, reading, writing
from care.store.receipts import News
from tests.acceptance.cli.shop import Shop
from tests.builders import MONDAY_10
from tests.integration.store.telling import a_message, lan

KEY = "e_1/hello/1:email"


@pytest.fixture
def closed_shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that does not run, with a message in doubt and one that was sent."""
    engine = open_store(f"sqlite:///{tmp_path / 'data' / 'care.sqlite'}", durable=False)
    migrate(engine)
    with writing(engine) as conn:
        who = lan(conn)
        for step, outcome in (("hello", "unknown"), ("bye", "sent")):
            order = a_message(who, step)
            claims.claim(conn, order, "a key", MONDAY_10)
            claims.transmit(conn, order.key, {"to": "lan@example.vn", "text": "Chào chị Lan"}, MONDAY_10)
            claims.settle(conn, order.key, outcome, at=MONDAY_10, reason="no answer")  # type: ignore[arg-type]
    yield Shop(tmp_path, {"CARE_DATA_DIR": str(tmp_path / "data")})
    engine.dispose()


def test_a_message_in_doubt_is_listed_read_and_settled(closed_shop: Shop) -> None:
    care = closed_shop.care
    assert [row["key"] for row in care("messages", "list", "--unknown", "--json").json] == [KEY]
    assert len(care("messages", "list", "--json").json) == 2
    assert KEY in care("messages", "list", "--unknown").out
    shown = care("messages", "show", KEY)
    assert "Chào chị Lan" in shown.out
    assert care("messages", "show", KEY, "--json").json["snapshot"]["to"] == "lan@example.vn"
    done = care("messages", "settle", KEY, "--as", "sent", "--by", "Mai", "--note", "khách đã đọc")
    assert (done.status, done.out) == (0, f"message {KEY} settled as sent by Mai\n")
    again = care("messages", "settle", KEY, "--as", "failed", "--by", "Mai")
    assert again.status == 1
    assert "is sent; a person settles only those that are unknown" in again.err
    engine = open_store(f"sqlite:///{closed_shop.folder / 'data' / 'care.sqlite'}")
    with reading(engine) as conn:
        found = claims.message(conn, KEY)
        assert found is not None
        told = [line.entry.reason for line in audit.timeline(conn, found.claim.customer)]
    engine.dispose()
    assert told == ["by Mai: khách đã đọc"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("show", "nope"), 1, "there is no message 'nope'"),
        (("settle", KEY, "--as", "gone", "--by", "Mai"), 1, "--as is 'gone'; a message was either"),
        (("settle", "nope", "--as", "sent", "--by", "Mai"), 1, "there is no message 'nope'"),
        (("settle", KEY, "--by", "Mai"), 2, "--as"),
    ],
)
def test_wrong_words_are_refused(closed_shop: Shop, words: tuple[str, ...], status: int, said: str) -> None:
    answer = closed_shop.care("messages", *words)
    assert answer.status == status
    assert said in answer.err


def test_what_was_heard_later_stands_in_the_audit_and_closes_the_address(closed_shop: Shop) -> None:
    reason = "there is no such mailbox"
    engine = open_store(f"sqlite:///{closed_shop.folder / 'data' / 'care.sqlite'}")
    with writing(engine) as conn:
        key = "e_1/bye/1:email"
        news = News("1", "bounced", "smtp", "email", reference=reference(key), reason=reason, at=MONDAY_10)
        receipts.record(conn, news, MONDAY_10)
    engine.dispose()
    told = closed_shop.care("audit", "lan@example.vn").out
    assert f"bounced  {reason}" in told.partition("What was heard of messages later")[2]
    assert f"bounced: {reason}; the address is closed" in closed_shop.care("bounces", "list").out
