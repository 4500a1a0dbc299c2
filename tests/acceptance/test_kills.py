"""Kill -9 of the worker, of the Temporal server and of everything, while 300 journeys are in flight.

Asserted from the outside: what the mail catcher and the SMS gateway received, and what the store says became of each.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from activities.channels.mime import message_id
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import schema
from care.store.engine import open_store, reading
from tests.acceptance.cli.shop import a_shop, eventually
from tests.acceptance.installation import Installation, an_installation

JOURNEYS = 300
MESSAGES = 3 * JOURNEYS
# No more may leave in a second, however fast the machine: the SMS after the fortieth take longer than any look at them.
SMS_RATE = 50
HERE = Path(__file__).parent / "kill_shop"


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    shop = a_shop(tmp_path)
    shop.settings |= {"CARE_RULES_DIR": str(HERE / "rules"), "CARE_TEMPLATES_DIR": str(HERE / "templates")}
    shop.settings["CARE_SMS_RATE"] = str(SMS_RATE)
    with an_installation(shop) as running:
        yield running


def _ended(engine: Engine) -> int:
    enrolments = schema.enrolments
    with reading(engine) as conn:
        return len(conn.execute(select(enrolments.c.id).where(enrolments.c.ended_at.is_not(None))).all())


def _mails(installed: Installation) -> Counter[str]:
    box = Mailbox(installed.data / MAILBOX_FILE)
    counts = Counter(box.count_by_message_id())
    box.close()
    return counts


def _texts(installed: Installation) -> Counter[tuple[str, str]]:
    handset = Handset(installed.data / HANDSET_FILE)
    counts = Counter((sms.recipient, sms.body) for sms in handset.list(limit=10 * JOURNEYS))
    handset.close()
    return counts


@pytest.mark.chaos
def test_three_hundred_journeys_survive_the_death_of_everything(installed: Installation) -> None:
    installed.buy(range(150))
    eventually(lambda: _mails(installed).total() >= 20)
    installed.kill("worker")
    installed.buy(range(150, JOURNEYS))
    eventually(lambda: _mails(installed).total() >= 180, within=300)
    installed.kill("temporal")
    eventually(lambda: _texts(installed).total() >= 40, within=300)
    installed.kill_everything()
    assert _texts(installed).total() < JOURNEYS, "the kill came too late to prove anything"
    installed.start_again()

    engine = open_store(f"sqlite:///{installed.data / 'care.sqlite'}")
    eventually(lambda: _ended(engine) == JOURNEYS, within=600)

    with reading(engine) as conn:
        claims = conn.execute(select(schema.claims)).all()
        entered = conn.execute(select(schema.enrolments.c.id)).all()
    engine.dispose()
    assert len(entered) == JOURNEYS
    assert len(claims) == MESSAGES
    assert {claim.phase for claim in claims} <= {"sent", "unknown"}

    mails, texts = _mails(installed), _texts(installed)
    received = {claim.key: _received(claim, mails, texts) for claim in claims}
    doubled = [key for key, count in received.items() if count > 1]
    lost = [claim.key for claim in claims if claim.phase == "sent" and received[claim.key] != 1]
    unknown = [claim for claim in claims if claim.phase == "unknown"]
    print(f"{MESSAGES} messages: doubled {len(doubled)}, lost {len(lost)}, unknown {len(unknown)}")
    assert doubled == []
    assert lost == []
    assert sum(mails.values()) + sum(texts.values()) == sum(received.values())


def _received(claim, mails: Counter[str], texts: Counter[tuple[str, str]]) -> int:  # type: ignore[no-untyped-def]
    if claim.channel == "email":
        return mails[message_id(claim.key, "example.com")]
    return texts[claim.snapshot["to"], claim.snapshot["text"]]
