"""200 messages wait: behind a rate, for the end of quiet hours, under a cap. Everybody stops them, and none leaves."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, Row, func, select

from care import clock
from care.inbound.hearing import Written, hear
from care.links import Links
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import schema
from care.store.engine import open_store, reading, writing
from tests.acceptance.cli.shop import a_shop, eventually, purchase
from tests.acceptance.installation import Installation, an_installation

QUEUED, HELD, DEFERRED = range(80), range(80, 140), range(140, 200)
CATEGORIES = {QUEUED: "washing_machine", HELD: "tv", DEFERRED: "fridge"}
HERE = Path(__file__).parent / "stopping_shop"
# The law lets advertising by SMS leave by day only, so it is about noon where these customers live.
OFFSET = 12 - clock.now().astimezone(UTC).hour
ZONE = f"Etc/GMT{-OFFSET:+d}"
MAY_HAVE_LEFT = ("transmitting", "sent", "unknown")


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    shop = a_shop(tmp_path)
    for folder in ("rules", "templates"):
        shutil.copytree(HERE / folder, tmp_path / folder)
    ends = clock.now().astimezone(UTC) + timedelta(hours=OFFSET, minutes=3)
    held = tmp_path / "rules" / "journeys" / "held.yaml"
    held.write_text(held.read_text().replace("QUIET", f"10:00 to {ends:%H:%M}"))
    shop.settings |= {
        "CARE_RULES_DIR": str(tmp_path / "rules"),
        "CARE_TEMPLATES_DIR": str(tmp_path / "templates"),
        "CARE_EMAIL_RATE": "2",
        "CARE_SMS_FROM": "QUIETSHOP",
    }
    with an_installation(shop) as running:
        yield running


@pytest.fixture
def engine(installed: Installation) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{installed.data / 'care.sqlite'}")
    yield engine
    engine.dispose()


@pytest.mark.chaos
def test_whoever_stops_messages_gets_none_of_the_two_hundred_that_wait(installed: Installation, engine: Engine) -> None:
    _buy(installed)
    eventually(lambda: _codes(engine)["held", "quiet_hours"] >= len(HELD), within=300)
    eventually(lambda: _codes(engine)["held", "capped"] >= 5, within=300)
    assert _left(engine, "deal"), "nothing has left yet: then nothing shows that anything would"
    left_before = _everybody_stops(installed, engine)
    assert len(left_before) < len(QUEUED), "everything had left before anybody could stop it"

    eventually(lambda: _ended(engine) == 200, within=800)

    people = _people(engine)
    deals = {row.customer for row in _left(engine, "deal") + _left(engine, "text_deal")}
    assert deals <= left_before
    assert _mails(installed, "[QC]") == len(deals)
    texts = Counter(sms.recipient for sms in _texts(installed) if sms.body.startswith("[QC]"))
    assert texts == {}
    refused = _codes(engine, ("deal", "text_deal"))
    assert sum(count for (kind, _), count in refused.items() if kind == "skipped") >= 200 - len(deals)
    assert {code for kind, code in refused if kind == "skipped"} <= {"suppressed", "no_consent"}
    assert _told_why(engine) == set(people.values()) - deals

    # What they did not stop goes on: the journey over the other channel, and care by the same mail.
    hints = {sms.recipient for sms in _texts(installed) if "hướng dẫn" in sms.body}
    assert len(hints) == len(QUEUED) + len(HELD)
    assert len(_left(engine, "letter")) == len(DEFERRED)


def _buy(installed: Installation) -> None:
    consents, orders = [], []
    for numbers, category in CATEGORIES.items():
        for number in numbers:
            order = purchase(number)
            order["customer"] |= {"timezone": ZONE}
            order["order"] |= {"category": category}
            orders.append(order)
            channel = "sms" if numbers is DEFERRED else "email"
            agreed = {"channel": channel, "purpose": "marketing", "method": "form", "wording": "Tôi đồng ý"}
            said = {"id": f"consent-{number}", "type": "consent.given", "data": agreed}
            consents.append({**{name: order[name] for name in ("source", "time", "customer")}, **said})
    key = (installed.data / "api.key").read_text().strip()
    for batch in (consents, orders):
        answer = httpx.post(
            f"{installed.shop.url}/v1/events", json=batch, headers={"Authorization": f"Bearer {key}"}, timeout=120
        )
        assert answer.status_code == 202, answer.text


def _everybody_stops(installed: Installation, engine: Engine) -> set[str]:
    """One click by mail and STOP by SMS; returns whose offer had left, or may have, when their wish was taken in."""
    people = _people(engine)
    links = Links((installed.data / "secret.key").read_text().strip(), installed.shop.url)
    left = set()
    with httpx.Client(headers={"content-type": "application/x-www-form-urlencoded"}) as mail_program:
        for number in (*QUEUED, *HELD):
            key = people[f"KH-{number}"]
            url = links.unsubscribe_url("m", key, "email", "marketing")
            answer = mail_program.post(url, content="List-Unsubscribe=One-Click")
            assert (answer.status_code, answer.history) == (200, [])
            left |= {row.customer for row in _left(engine, "deal", key)}
    for number in DEFERRED:
        stop = Written(f"SM{number}", f"+849123{number:05}", "STOP", "twilio", "sms", clock.now())
        with writing(engine) as conn:
            assert hear(conn, stop, "").did == "stopped"
        left |= {row.customer for row in _left(engine, "text_deal", people[f"KH-{number}"])}
    return left


def _people(engine: Engine) -> dict[str, str]:
    with reading(engine) as conn:
        rows = conn.execute(select(schema.customers.c.shop_id, schema.customers.c.key)).all()
    return {row.shop_id: row.key for row in rows}


def _left(engine: Engine, template: str, customer: str = "") -> list[Row[Any]]:
    claims = schema.claims.c
    query = select(claims.customer).where(claims.template == template, claims.phase.in_(MAY_HAVE_LEFT))
    with reading(engine) as conn:
        return list(conn.execute(query.where(claims.customer == customer) if customer else query))


def _codes(engine: Engine, templates: tuple[str, ...] = ()) -> Counter[tuple[str, str]]:
    """How many customers have an audit entry of each kind and code."""
    entries = schema.entries.c
    query = select(entries.kind, entries.code, func.count(entries.customer.distinct()))
    if templates:
        query = query.where(entries.template.in_(templates))
    with reading(engine) as conn:
        rows = conn.execute(query.group_by(entries.kind, entries.code)).all()
    return Counter({(kind, code): count for kind, code, count in rows})


def _told_why(engine: Engine) -> set[str]:
    """Whose audit says that an offer was not sent, and why."""
    entries = schema.entries.c
    query = select(entries.customer).where(
        entries.kind == "skipped", entries.template.in_(("deal", "text_deal")), entries.reason != ""
    )
    with reading(engine) as conn:
        return set(conn.execute(query).scalars())


def _ended(engine: Engine) -> int:
    with reading(engine) as conn:
        ended = schema.enrolments.c.ended_at.is_not(None)
        return int(conn.execute(select(func.count()).select_from(schema.enrolments).where(ended)).scalar_one())


def _mails(installed: Installation, subject: str) -> int:
    mailbox = Mailbox(installed.data / MAILBOX_FILE)
    count = sum(mail.subject.startswith(subject) for mail in mailbox.list(limit=1_000))
    mailbox.close()
    return count


def _texts(installed: Installation) -> list[Any]:
    handset = Handset(installed.data / HANDSET_FILE)
    texts = list(handset.list(limit=1_000))
    handset.close()
    return texts
