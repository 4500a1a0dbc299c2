"""A whole run leaves nothing personal in Temporal's database or any log; customers can be exported and erased."""

import asyncio
import json
import re
import socket
import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from tests.acceptance.cli.shop import CARE, PATIENCE, Shop, a_shop, eventually, noon_zone, purchase

NAME, WORDS, PLACE = "Vũ Ngọc Tuyệtđối", "cái lồng giặt kêu tuyệtđối to", "tuyetdoi.example/signup"
EMAIL, PHONE, HOME_PHONE = "tuyetdoi@example.vn", "+84977246810", "0977246810"
SHOP_ID, ORDER = "KH-TUYETDOI", "DH-TUYETDOI"
PERSONAL = (NAME, WORDS, PLACE, PHONE, HOME_PHONE, PHONE[3:], "tuyệtđối", "tuyetdoi", SHOP_ID)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop that is opened and closed by the tests, one after the other."""
    return a_shop(tmp_path_factory.mktemp("private"))


def api(shop: Shop) -> httpx.Client:
    key = (shop.folder / "data" / "api.key").read_text().strip()
    return httpx.Client(base_url=f"{shop.url}/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30)


def happens(shop: Shop, *events: dict[str, Any]) -> None:
    """Post events and wait until every one was decided."""
    with api(shop) as asked:
        for event in events:
            answer = asked.post("/events", json=event)
            assert answer.status_code == 202, answer.text
            eventually(lambda event=event: status_of(asked, event) == "decided")  # type: ignore[misc]


def status_of(asked: httpx.Client, event: dict[str, Any]) -> Any:
    return asked.get(f"/events/{event['source']}/{event['id']}").json()["status"]


def life(number: int = 1, shop_id: str = SHOP_ID, order: str = ORDER) -> Iterator[dict[str, Any]]:
    """A purchase, a consent and an answer of somebody whose words nobody else has."""
    known = {"name": NAME, "email": EMAIL.replace("@", f"{number}@"), "locale": "vi", "timezone": noon_zone()}
    who = {"customer": {"id": shop_id, **known} | ({"phone": HOME_PHONE} if number == 1 else {})}
    bought = {"id": order, "category": "washing_machine", "total": 12_500_000}
    yield purchase(number, id=f"delivered-{number}", order=bought, **who)
    told = {"source": "shop", "time": "2026-03-02T10:01:00+07:00", "customer": {"id": shop_id}}
    proof = {"channel": "email", "purpose": "marketing", "wording": WORDS, "method": "checkbox", "place": PLACE}
    yield {"id": f"consent-{number}", "type": "consent.given", "data": proof} | told
    answer = {"data": {"score": 1, "comment": WORDS}, "order": {"id": order}}
    yield {"id": f"csat-{number}", "type": "csat.answered"} | answer | told


def lives(shop: Shop, number: int = 1, shop_id: str = SHOP_ID, order: str = ORDER) -> str:
    """Let it happen until the first message has left; the customer's opaque key."""
    happens(shop, *life(number, shop_id, order))
    with api(shop) as asked:
        eventually(lambda: is_thanked(asked, shop_id))
        return str(asked.get(f"/customers/{shop_id}").json()["key"])


def is_thanked(asked: httpx.Client, shop_id: str) -> bool:
    return any(entry["kind"] == "sent" for entry in asked.get(f"/customers/{shop_id}/timeline").json()["entries"])


def spellings(word: str) -> Iterator[bytes]:
    """A word as it may stand in a file: plain, as JSON or Python escape it, in hex, and in base64 at each alignment."""
    for text in {word, word.casefold()}:
        plain = text.encode()
        yield from (plain, json.dumps(text)[1:-1].encode(), repr(plain)[2:-1].encode(), text.encode("utf-16-le"))
        yield from (plain.hex().encode(), plain.hex().upper().encode())
        for shift in range(3):
            whole = b64encode(b"\0" * shift + plain)
            yield whole[-(-shift * 8 // 6) : -4] if len(whole) > 12 else whole


def found_in(files: dict[str, bytes], *words: str) -> list[tuple[str, str]]:
    return [
        (name, word)
        for name, content in files.items()
        for word in words
        if any(each in content for each in spellings(word))
    ]


def outside_the_store(shop: Shop) -> dict[str, bytes]:
    """Temporal's database with its log of writes, and every log."""
    kept = [
        *(shop.folder / "data").glob("temporal.sqlite*"),
        *(shop.folder / "data" / "logs").glob("*"),
        shop.folder / "up.log",
    ]
    files = {path.name: path.read_bytes() for path in kept}
    assert {"temporal.sqlite", "worker.log", "api.log", "temporal.log", "up.log"} <= set(files)
    return files


async def workflows_of(shop: Shop) -> list[WorkflowExecution]:
    client = await Client.connect(shop.settings["CARE_TEMPORAL_ADDRESS"], namespace="care")
    return [each async for each in client.list_workflows()]


async def test_a_whole_run_leaves_nothing_personal_in_temporal_or_any_log(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Unsealed, so that whatever travels can be read here.
    monkeypatch.setitem(shop.settings, "CARE_PAYLOAD_KEYS", "false")
    with shop.open():
        key = lives(shop)
        runs = await workflows_of(shop)
    files = outside_the_store(shop)
    assert found_in(files, *PERSONAL) == []
    # What is looked for can be found: the same search finds what does travel, and the store does hold the words.
    assert found_in(files, key) != []
    assert b'"enrolments":[{' in files["temporal.sqlite"] + files.get("temporal.sqlite-wal", b"")
    assert {word for _, word in found_in(store_of(shop), *PERSONAL)} >= {NAME, WORDS, PHONE, SHOP_ID}
    assert all(re.fullmatch(r"care/c_[0-9a-f]{20}|care-sweep.*", run.id) for run in runs)
    assert {run.id for run in runs} >= {f"care/{key}"}
    ours = [run for run in runs if not run.id.startswith("care-sweep")]
    assert {name for run in ours for name in run.search_attributes} <= {"BuildIds"}  # The server's own.
    assert [await run.memo() for run in ours] == [{} for _ in ours]


def key_of(shop: Shop, shop_id: str) -> str:
    """A customer's opaque key, as the store has it; empty when there is no such customer."""
    with closing(sqlite3.connect(shop.folder / "data" / "care.sqlite")) as conn:
        found = conn.execute("SELECT key FROM customers WHERE shop_id = ?", (shop_id,)).fetchone()
    return found[0] if found else ""


async def running(shop: Shop, key: str) -> bool:
    """Whether a customer's workflow runs."""
    mine = [run.status for run in await workflows_of(shop) if run.id == f"care/{key}"]
    return WorkflowExecutionStatus.RUNNING in mine


async def over(shop: Shop, key: str) -> None:
    """Wait until a customer's workflow has ended."""
    async with asyncio.timeout(PATIENCE):
        while await running(shop, key):
            await asyncio.sleep(0.2)


def store_of(shop: Shop) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (shop.folder / "data").glob("care.sqlite*")}


async def test_sealed_not_even_ids_of_orders_and_answers_can_be_read(shop: Shop) -> None:
    with shop.open():
        key = lives(shop, 2, "KH-TUYETDOI-2", "DH-SEALED")
        assert shop.care("keys", "status", "--json").json[0]["secret"] == "present"
        # The customer of before sleeps on in an open history and goes on in a sealed one.
        asked = {"id": "csat-again", "source": "shop", "type": "csat.answered", "time": "2026-03-02T11:00:00+07:00"}
        happens(shop, asked | {"customer": {"id": SHOP_ID}, "order": {"id": ORDER}, "data": {"score": 4}})
        assert shop.care("keys", "rotate", "--json").json == {"rotated": 2}
        assert shop.care("customers", "pause", "KH-TUYETDOI-2").status == 0
        runs = await workflows_of(shop)
    files = outside_the_store(shop)
    assert found_in(files, *PERSONAL) == []
    assert f"care/{key}" in {run.id for run in runs}
    assert found_in(files, ORDER) != []
    assert found_in(files, "DH-SEALED") == []


def test_the_secret_that_wraps_keys_is_changed_while_the_old_one_is_told(shop: Shop) -> None:
    old = (shop.folder / "data" / "secret.key").read_text().strip()
    new = {"CARE_PAYLOAD_SECRET": "a new secret, long enough"}
    lost = shop.care("keys", "status", "--json", **new)
    assert (lost.status, lost.json[0]["secret"]) == (1, "unknown")
    assert "CARE_PAYLOAD_SECRET_BEFORE" in lost.err
    refused = shop.care("keys", "rewrap", **new)
    assert refused.status == 1
    assert "CARE_PAYLOAD_SECRET_BEFORE" in refused.err
    both = new | {"CARE_PAYLOAD_SECRET_BEFORE": old}
    assert shop.care("keys", "rewrap", "--json", **both).json == {"rewrapped": 5}
    assert shop.care("keys", "rewrap", "--json", **both).json == {"rewrapped": 0}
    assert [each["secret"] for each in shop.care("keys", "status", "--json", **new).json] == ["present"]
    shop.settings.update(new)


async def test_an_erased_customer_is_gone_everywhere_and_comes_back_as_somebody_new(shop: Shop) -> None:
    with shop.open():
        before = key_of(shop, SHOP_ID)
        to = shop.folder / "export.json"
        told = shop.care("customers", "export", SHOP_ID, "--to", str(to))
        assert told.status == 0, told.err
        assert to.stat().st_mode & 0o777 == 0o600
        exported = json.loads(to.read_text())
        assert (exported["profile"]["phone"], exported["answers"][0]["comment"]) == (PHONE, WORDS)
        assert shop.care("customers", "export", SHOP_ID, "--to", str(to)).status == 1

        unasked = shop.care("customers", "erase", SHOP_ID, "--reason", "asked by letter")
        assert (unasked.status, "--yes" in unasked.err) == (1, True)
        naming = shop.care("customers", "erase", SHOP_ID, "--reason", f"{SHOP_ID} asked", "--yes")
        assert (naming.status, "names the customer" in naming.err) == (1, True)
        erased = shop.care("customers", "erase", SHOP_ID, "--reason", "asked by letter", "--yes", "--json")
        assert erased.status == 0, erased.err
        proof = erased.json
        assert (proof["by"], proof["reason"], proof["again"]) == ("lan", "asked by letter", False)
        assert key_of(shop, SHOP_ID) == ""
        assert not await running(shop, before)

        again = shop.care("customers", "erase", SHOP_ID, "--reason", "asked by letter", "--yes", "--json")
        assert (again.json["id"], again.json["again"]) == (proof["id"], True)
        [listed] = shop.care("customers", "erasures", "--json").json
        assert listed["id"] == proof["id"]

        resent = next(life())
        with api(shop) as asked:
            answer = asked.post("/events", json=resent)
            assert (answer.status_code, answer.json()["status"], answer.json()["duplicate"]) == (202, "erased", True)
        happens(shop, purchase(9, customer={"id": SHOP_ID, "email": EMAIL.replace("@", "1@")}))
        with api(shop) as asked:
            after = asked.get(f"/customers/{SHOP_ID}").json()
        assert after["key"] != before
        assert (after["name"], after["phone"]) == ("", "")
        may = shop.care("consent", "show", SHOP_ID, "--json")
        assert "the customer asked to be erased" in may.out


async def test_an_erasure_that_dies_half_way_is_brought_to_its_end(shop: Shop) -> None:
    key = key_of(shop, "KH-TUYETDOI-2")
    words = ("customers", "erase", "KH-TUYETDOI-2", "--reason", "asked by letter", "--yes", "--json")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nobody = {"CARE_TEMPORAL_ADDRESS": f"127.0.0.1:{silent.getsockname()[1]}"}
        with killed(shop, words, nobody):
            eventually(lambda: not key_of(shop, "KH-TUYETDOI-2"))
    assert key
    with shop.open():
        await over(shop, key)  # By the sweep.
        assert shop.care(*words).json["again"]
    assert found_in(store_of(shop), "KH-TUYETDOI-2", "DH-SEALED", PHONE, WORDS) == []


@contextmanager
def killed(shop: Shop, words: Sequence[str], settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start a command, and kill it at the end of the block, where it must still be at work."""
    environment = shop.environment | settings
    with subprocess.Popen(
        [CARE, *words], cwd=shop.folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
            assert running.poll() is None
        finally:
            running.kill()


def test_an_erasure_that_dies_before_it_is_written_changed_nothing(shop: Shop) -> None:
    words = ("customers", "erase", SHOP_ID, "--reason", "asked by letter", "--yes")
    other = sqlite3.connect(shop.folder / "data" / "care.sqlite", isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")  # While this holds, nothing can be written.
        with killed(shop, words, {}) as running:
            assert running.stdout is not None
            assert SHOP_ID in running.stdout.readline()
    assert key_of(shop, SHOP_ID)
    assert shop.care(*words).status == 0
    assert not key_of(shop, SHOP_ID)
