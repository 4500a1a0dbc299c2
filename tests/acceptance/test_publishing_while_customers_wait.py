"""A change is published while 500 customers wait: some keep their plan, some move, some leave, as the plan said."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import schema
from care.store.engine import open_store, reading
from tests.acceptance.cli.shop import a_shop, eventually
from tests.acceptance.installation import Installation, an_installation

CUSTOMERS = 500
HERE = Path(__file__).parent / "waiting_shop"


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    shop = a_shop(tmp_path)
    for folder in ("rules", "templates"):
        shutil.copytree(HERE / folder, tmp_path / folder)
    shop.settings |= {"CARE_RULES_DIR": str(tmp_path / "rules"), "CARE_TEMPLATES_DIR": str(tmp_path / "templates")}
    with an_installation(shop) as running:
        yield running


def _counted(installed: Installation, *columns: Any, where: Any = None) -> Counter[Any]:
    engine = open_store(f"sqlite:///{installed.data / 'care.sqlite'}")
    query = select(*columns, func.count()).group_by(*columns)
    with reading(engine) as conn:
        rows = conn.execute(query if where is None else query.where(where)).all()
    engine.dispose()
    return Counter({tuple(row[:-1]): row[-1] for row in rows})


def _standing(installed: Installation) -> Counter[Any]:
    enrolments = schema.enrolments.c
    running = enrolments.ended_at.is_(None)
    return _counted(installed, enrolments.journey, enrolments.revision, where=running)


@pytest.mark.chaos
def test_pin_migrate_and_leave_do_what_the_plan_said(installed: Installation) -> None:
    installed.buy(range(CUSTOMERS))
    everywhere = {("kept", 1): CUSTOMERS, ("moved", 1): CUSTOMERS, ("ended", 1): CUSTOMERS}
    eventually(lambda: _standing(installed) == everywhere, within=3000)
    for name in ("kept", "moved", "ended"):
        file = installed.shop.folder / "rules" / "journeys" / f"{name}.yaml"
        file.write_text(file.read_text().replace("5 days", "1 minute"))

    choices = ("--running", "pin", "--for", "moved=migrate", "--for", "ended=leave")
    shown = installed.shop.care("rules", "publish", *choices, "--plan", "--json").json
    plans = {plan["journey"]: plan for plan in shown["journeys"]}
    fates = {name: Counter(each["fate"] for each in plan["inside"]) for name, plan in plans.items()}
    assert fates == {
        "kept": {"stays": CUSTOMERS},
        "moved": {"moves": CUSTOMERS},
        "ended": {"leaves": CUSTOMERS},
    }
    assert {each["name"] for each in plans["moved"]["inside"]} == {"Nguyễn Thị Lan"}
    assert plans["moved"]["inside"][0]["lands"] == "wait:1 minute"
    other = installed.shop.care("rules", "publish", "--running", "migrate", "--confirm", shown["token"])
    assert (other.status, "is not what would be published now" in other.err) == (1, True)

    done = installed.shop.care("rules", "publish", *choices, "--confirm", shown["token"], "--by", "Hoa")
    assert "Published as revision 2 by Hoa" in done.out, done.err
    _assert_done(installed)


def _assert_done(installed: Installation) -> None:
    """From the outside: who got the message, who is where, and what the audit of each says."""
    mailbox = Mailbox(installed.data / MAILBOX_FILE)
    eventually(lambda: mailbox.count() == CUSTOMERS, within=3000)
    eventually(lambda: _standing(installed) == {("kept", 1): CUSTOMERS}, within=300)
    assert max(mailbox.count_by_message_id().values()) == 1
    mailbox.close()
    entries = schema.entries.c
    told = _counted(installed, entries.journey, entries.kind, where=entries.kind.in_(("moved", "not_moved", "exited")))
    assert told == {("moved", "moved"): CUSTOMERS, ("moved", "exited"): CUSTOMERS, ("ended", "exited"): CUSTOMERS}
    reasons = _counted(installed, entries.journey, entries.reason, where=entries.kind == "exited")
    assert reasons["ended", "ended by Hoa: left when revision 2 was published"] == CUSTOMERS
    assert reasons["moved", "completed"] == CUSTOMERS
    timeline = installed.shop.care("audit", "KH-7").out
    assert "by Hoa: from revision 1 to 2, at wait:1 minute" in timeline
    batches = installed.shop.care("journeys", "batches", "--json").json
    assert {(each["kind"], each["decided"], each["members"]) for each in batches} == {
        ("move", CUSTOMERS, CUSTOMERS),
        ("leave", CUSTOMERS, CUSTOMERS),
    }
