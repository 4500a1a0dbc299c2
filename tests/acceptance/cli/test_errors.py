"""What the command line says when something is wrong: one red sentence, and what to do next."""

import subprocess
import sys

import pytest

from tests.acceptance.cli.shop import Shop

HEAVY = ("sqlalchemy", "temporalio", "httpx", "jinja2", "fastapi", "pydantic", "yaml", "alembic")


def test_the_version_is_the_distributions(closed_shop: Shop) -> None:
    answer = closed_shop.care("--version")
    assert (answer.status, answer.out) == (0, "aftercare 0.1.0\n")


def test_starting_the_command_line_imports_nothing_heavy() -> None:
    program = f"import care.cli.main, sys; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("customers", "fnd", "x"), ("customers", "pause"), ("events", "send"), ("audit", "--loud")],
)
def test_wrong_usage_has_status_two(closed_shop: Shop, words: tuple[str, ...]) -> None:
    answer = closed_shop.care(*words)
    assert answer.status == 2
    assert "Usage: care" in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "KH-1"),
        ("customers", "find", "KH-1"),
        ("customers", "pause", "KH-1", "--operator", "Mai"),
        ("tickets", "--open"),
        ("tickets", "close", "t_1", "--operator", "Mai"),
        ("rules", "history"),
    ],
)
def test_without_a_store_every_command_says_how_to_start(closed_shop: Shop, words: tuple[str, ...]) -> None:
    answer = closed_shop.care(*words)
    assert answer.status == 1
    assert answer.err.startswith("error: there is no store at ")
    assert "'care up'" in answer.err
    assert not (closed_shop.folder / "data").exists()


@pytest.mark.parametrize(
    "words", [("send", "-"), ("import", "events.jsonl"), ("receipt", "shop", "delivery-1")], ids=lambda words: words[0]
)
def test_without_a_server_sending_says_how_to_start_one(closed_shop: Shop, words: tuple[str, ...]) -> None:
    (closed_shop.folder / "events.jsonl").write_text('{"id": "1"}\n')
    answer = closed_shop.care("events", *words, given='{"id": "1"}')
    assert answer.status == 1
    assert f"no Aftercare server answers at {closed_shop.url}" in answer.err
    assert "Start it with: care up" in answer.err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{", "'-' is not JSON"),
        ("[]", "'-' holds no event"),
        ("3", "'-' holds no event"),
        ('{"id": 1, "id": 2}', "'id' is written twice"),
    ],
)
def test_what_is_no_event_is_not_sent(closed_shop: Shop, given: str, message: str) -> None:
    answer = closed_shop.care("events", "send", "-", given=given)
    assert answer.status == 1
    assert message in answer.err


def test_a_wrong_setting_is_named(closed_shop: Shop) -> None:
    answer = closed_shop.care("customers", "find", "x", CARE_HTTP_PORT="many")
    assert answer.status == 1
    assert "CARE_HTTP_PORT" in answer.err


def test_an_address_that_is_none_is_refused(closed_shop: Shop) -> None:
    answer = closed_shop.care("events", "receipt", "shop", "1", "--url", "nowhere")
    assert answer.status == 1
    assert "'nowhere' is no address of a server; write http://127.0.0.1:8600" in answer.err


def test_an_empty_store_says_how_to_fill_it(closed_shop: Shop) -> None:
    (closed_shop.folder / "data").mkdir()
    (closed_shop.folder / "data" / "care.sqlite").touch()
    answer = closed_shop.care("customers", "find", "KH-1")
    assert answer.status == 1
    assert "the store is empty; start Aftercare with 'care up'" in answer.err


def test_a_database_that_does_not_answer_is_told_in_one_sentence(closed_shop: Shop) -> None:
    answer = closed_shop.care("audit", "KH-1", CARE_DATABASE_URL="postgresql://care@127.0.0.1:1/care")
    assert answer.status == 1
    assert "error: the store does not answer" in answer.err
    assert len(answer.err.splitlines()) == 1
