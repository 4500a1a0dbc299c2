"""A backup of an installation under load, everything killed, and the restored one elsewhere: nothing lost or doubled.

Asserted from the outside: what both mail catchers and SMS gateways received, and what the restored store says.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, select

from activities.channels.mime import message_id
from care import clock
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import schema
from care.store.engine import open_store, reading
from tests.acceptance.cli.shop import Shop, a_shop, eventually, noon_zone, purchase
from tests.acceptance.installation import Installation

FIRST = 20
JUST_BEFORE = range(20_000, 20_030)
HERE = Path(__file__).parent / "kill_shop"


def _shop(folder: Path) -> Shop:
    folder.mkdir()
    shop = a_shop(folder)
    shop.settings |= {"CARE_RULES_DIR": str(HERE / "rules"), "CARE_TEMPLATES_DIR": str(HERE / "templates")}
    return shop


@contextmanager
def _buying(installed: Installation, zone: str) -> Iterator[list[int]]:
    """Purchases, one after the other, until the block ends or nobody answers; the acknowledged ones."""
    acknowledged: list[int] = []
    over = threading.Event()

    def buy() -> None:
        with httpx.Client(timeout=10) as client:
            for number in range(FIRST, 10_000):
                if over.wait(0.05):
                    return
                try:
                    answer = client.post(
                        f"{installed.shop.url}/v1/events", json=purchase(number, zone), headers=installed.authorised
                    )
                except httpx.TransportError:
                    return
                if answer.status_code == 202:
                    acknowledged.append(number)

    buyer = threading.Thread(target=buy)
    buyer.start()
    try:
        yield acknowledged
    finally:
        over.set()
        buyer.join()


def _received(*installed: Installation) -> Counter[object]:
    """What arrived, by e-mail's message id and by an SMS's recipient and text."""
    counts: Counter[object] = Counter()
    for each in installed:
        box, handset = Mailbox(each.data / MAILBOX_FILE), Handset(each.data / HANDSET_FILE)
        counts.update(box.count_by_message_id())
        counts.update((sms.recipient, sms.body) for sms in handset.list(limit=10_000))
        box.close()
        handset.close()
    return counts


def _told(claim) -> object:  # type: ignore[no-untyped-def]
    if claim.channel == "email":
        return message_id(claim.key, "example.com")
    return claim.snapshot["to"], claim.snapshot["text"]


def _unended(engine: Engine) -> int:
    enrolments = schema.enrolments
    with reading(engine) as conn:
        return len(conn.execute(select(enrolments.c.id).where(enrolments.c.ended_at.is_(None))).all())


@pytest.mark.endurance
def test_what_was_backed_up_under_load_goes_on_elsewhere_and_nothing_is_doubled(tmp_path: Path) -> None:
    zone, file = noon_zone(), tmp_path / "backup.tar.gz"
    lost = Installation(_shop(tmp_path / "lost"))
    lost.buy(range(FIRST), zone)
    eventually(lambda: _received(lost).total() >= FIRST // 2)
    with _buying(lost, zone) as acknowledged:
        eventually(lambda: len(acknowledged) >= 10)
        # Most of these are decided and sent only after the backup has seen them.
        lost.buy(JUST_BEFORE, zone)
        before = [*range(FIRST), *acknowledged, *JUST_BEFORE]
        made = lost.shop.care("backup", "--to", str(file), "--json")
        assert made.status == 0, made.err
        eventually(lambda: len(acknowledged) >= len(before) - FIRST - len(JUST_BEFORE) + 10)
        lost.kill_everything()
    died = clock.now().isoformat()
    sent_before = _received(lost)

    shop = _shop(tmp_path / "there")
    back = shop.care("restore", str(file), "--lived-until", died, "--json")
    assert back.status == 0, back.err
    assert back.json["backup"]["counts"]["customers"] >= len(before)
    there = Installation(shop)
    try:
        refused = shop.care("restore", str(file), "--force")
        assert (refused.status, "is in use by another 'care up'" in refused.err) == (1, True)
        engine = open_store(f"sqlite:///{there.data / 'care.sqlite'}")
        eventually(lambda: _unended(engine) == 0, within=180)
        _assert_nothing_lost_or_doubled(engine, lost, there, before, sent_before)
        engine.dispose()
    finally:
        there.stop()


def _assert_nothing_lost_or_doubled(
    engine: Engine, lost: Installation, there: Installation, before: list[int], sent_before: Counter[object]
) -> None:
    with reading(engine) as conn:
        claims = conn.execute(select(schema.claims)).all()
        orders = Counter(conn.execute(select(schema.enrolments.c.order_id)).scalars())
    assert {orders[f"DH-{number}"] for number in before} == {1}
    assert len(claims) == 3 * orders.total()
    received = _received(lost, there)
    unknown = [claim for claim in claims if claim.phase == "unknown"]
    sent = [claim for claim in claims if claim.phase == "sent"]
    assert len(unknown) + len(sent) == len(claims)
    assert unknown, "nothing was on its way at the backup, so it proves little"
    assert [key for key, count in received.items() if count > 1] == []
    assert [claim.key for claim in sent if received[_told(claim)] != 1] == []
    after = received.total() - sent_before.total()
    print(f"{len(claims)} messages: {sent_before.total()} before, {after} after the restore, {len(unknown)} unknown")
    # Whoever slept through the loss was carried on: an SMS and a second e-mail for each of them.
    assert after >= FIRST
