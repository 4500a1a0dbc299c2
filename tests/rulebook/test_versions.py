"""Versions: what makes a new one, what is kept, and how a difference is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from care.domain.catalogue import Catalogue
from care.domain.journey import Plan
from care.domain.rulebook import CustomerType, Rulebook
from care.rulebook.changes import Change, changes
from care.rulebook.versions import behaviour, dump, load, plan_hash
from tests.rulebook.folders import EXAMPLES, a_journey, loaded

SOUND = (EXAMPLES / "sound" / "washing_machine_care.yaml").read_text(encoding="utf-8")


def rulebook(folder: Path, text: str = SOUND, name: str = "washing_machine_care") -> Rulebook:
    folder.mkdir(exist_ok=True)
    workspace = loaded(folder, **{name: text})
    assert workspace.rulebook is not None, workspace.problems
    return workspace.rulebook


def plan(folder: Path, text: str = SOUND, name: str = "washing_machine_care") -> Plan:
    return rulebook(folder, text, name).entering[name].plan


def test_a_stored_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    read = rulebook(tmp_path / "a")
    for walked in read.entering.values():
        again = load(Plan, dump(walked.plan))
        assert again == walked.plan
        assert plan_hash(again) == walked.plan.hash
        assert dump(again) == dump(walked.plan)
    assert load(Catalogue, dump(read.catalogue)) == read.catalogue
    for kind in read.types:
        assert load(CustomerType, dump(kind)) == kind


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("trigger:", "# a comment\n\ntrigger:"),
        ("title: Chăm sóc khách mua máy giặt", "title: Another title"),
        ("at least 10 million", "at least 10000 thousand"),
        ("up_to: 7 days\n\n", "up_to: 1 week\n\n"),
        ("{csat.score: at most 2}", "{csat.score: AT MOST  2}"),
    ],
)
def test_what_no_customer_feels_makes_no_new_version(old: str, new: str, tmp_path: Path) -> None:
    assert old in SOUND
    assert plan(tmp_path / "a").hash == plan(tmp_path / "b", SOUND.replace(old, new)).hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("owner: cskh@dienmay.example", "owner: other@dienmay.example"),
        ("at most 2", "at most 1"),
        ("until day 3 at 09:00", "until day 3 at 10:00"),
        ("fallback: sms", "expires: 1 day"),
        ("re_entry: once per order", "re_entry: never"),
        ("5%]", "15%]"),
        ("within: 60 days", "within: 61 days"),
    ],
)
def test_what_a_customer_feels_makes_a_new_version(old: str, new: str, tmp_path: Path) -> None:
    assert old in SOUND
    assert plan(tmp_path / "a").hash != plan(tmp_path / "b", SOUND.replace(old, new, 1)).hash


def test_the_hash_does_not_depend_on_where_the_plan_is_kept(tmp_path: Path) -> None:
    known = plan(tmp_path / "a")
    assert known.hash == plan_hash(replace(known, hash="", revision=7, file="other.yaml"))


def said(tmp_path: Path, before: str, after: str) -> list[str]:
    old, new = plan(tmp_path / "a", before, "example"), plan(tmp_path / "b", after, "example")
    return [change.text for change in changes({"example": old}, {"example": new})]


BRANCH = (
    "  - branch:\n      - otherwise: late\n  - send: thank_you\n    by: email\n  - wait: 2 days\n"
    "paths:\n  late:\n    - wait: 1 day\n"
)


@pytest.mark.parametrize(
    ("old", "new", "texts"),
    [
        ("by: email", "by: sms", ["send:thank_you changed: by email → sms"]),
        ("by: email", "by: sms\n    fallback: email", ["send:thank_you changed: by email → sms then email"]),
        ("by: email", "by: email\n    expires: 2 days", ["send:thank_you changed: expires added (2 days)"]),
        (
            "  - wait: 2 days\n",
            "  - wait: 3 days\n",
            ["wait:2 days became wait:3 days"],
        ),
        (
            "    - wait: 1 day\n",
            "    - wait: 1 day\n    - wait: 3 days\n",
            ["wait:3 days added to late, after wait:1 day"],
        ),
        (
            "otherwise: late",
            "when: {ticket.open: no}\n        then: late\n      - otherwise: continue",
            ["branch changed: rules changed"],
        ),
    ],
)
def test_a_difference_is_said_in_words(old: str, new: str, texts: list[str], tmp_path: Path) -> None:
    assert said(tmp_path, a_journey(BRANCH), a_journey(BRANCH.replace(old, new))) == texts


NEW = (
    "  - split: gift\n    between: {late: 60%, continue: 40%}\n"
    "  - set: {journey.mood: happy, customer.tags: add asked}\n    id: note\n"
    "  - webhook: crm\n    with: {score: '{{ csat.score }}'}\n    save: {journey.tier: tier}\n    up_to: 1 hour\n"
    "  - repeat: again\n    times: 4\n    every: 90 days\n"
    "paths:\n  late:\n    - wait: 1 day\n  again:\n    - wait: 2 days\n"
)


@pytest.mark.parametrize(
    ("old", "new", "texts"),
    [
        ("60%, continue: 40%", "70%, exit: 30%", ["split:gift changed: between late 60% → 70%", "between continue"]),
        ("40%}\n", "40%}\n    holdout: 5%\n", ["split:gift changed: holdout added (5%)"]),
        ("mood: happy", "mood: unhappy", ["note changed: set journey.mood happy → unhappy"]),
        ("add asked", "remove asked", ["set customer.tags add asked removed, set customer.tags remove asked added"]),
        ("csat.score", "nps.score", ["webhook:crm changed: with score {{ csat.score }} → {{ nps.score }}"]),
        ("tier: tier", "tier: customer.tier", ["webhook:crm changed: save journey.tier tier → customer.tier"]),
        ("times: 4", "times: 6", ["repeat:again changed: times 4 → 6"]),
        ("every: 90 days", "until: {ticket.open: yes}", ["every removed, until added"]),
    ],
)
def test_a_difference_of_the_later_steps_is_said_in_words(old: str, new: str, texts: list[str], tmp_path: Path) -> None:
    assert old in NEW
    told = " / ".join(said(tmp_path, a_journey(NEW), a_journey(NEW.replace(old, new))))
    assert all(text in told for text in texts), told


def test_a_rank_and_limits_of_a_journey_are_said_one_by_one(tmp_path: Path) -> None:
    before = a_journey(BRANCH, "sending: {quiet_hours: 20:00 to 09:00, timezone: Asia/Tokyo}\n")
    after = a_journey(
        BRANCH, "priority: high\nsending: {quiet_hours: 19:00 to 9:30, frequency_cap: 1 message in 7 days}\n"
    )
    assert said(tmp_path, before, after) == [
        "priority normal → high",
        "sending quiet_hours 20:00 to 09:00 → 19:00 to 09:30",
        "sending frequency_cap added (1 message in 7 days)",
        "sending timezone removed",
    ]


def test_a_setting_at_its_default_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    plain = plan(tmp_path / "a", a_journey(BRANCH), "example")
    said_so = plan(tmp_path / "b", a_journey(BRANCH, "priority: normal\nre_entry: never\n"), "example")
    assert plain.hash == said_so.hash
    assert "priority" not in str(behaviour(plain))


def test_what_stands_around_the_steps_is_said_too(tmp_path: Path) -> None:
    before = a_journey(BRANCH, "goal: {event: order.placed, of: customer}\n")
    after = a_journey(BRANCH, "audience: {ticket.open: no}\nre_entry: always\n")
    assert said(tmp_path, before, after) == ["audience added", "re_entry changed", "goal removed"]


def test_steps_that_changed_places_are_said(tmp_path: Path) -> None:
    before, after = "  - wait: 1 day\n  - wait: 2 days\n", "  - wait: 2 days\n  - wait: 1 day\n"
    assert said(tmp_path, a_journey(before), a_journey(after)) == ["wait:1 day now comes after wait:2 days"]


def test_journeys_that_come_and_go_are_said(tmp_path: Path) -> None:
    known = plan(tmp_path / "a")
    assert changes({"old": known}, {"new": known}) == [
        Change("new", "new journey"),
        Change("old", "journey removed: nobody enters any more"),
    ]
    assert changes({"same": known}, {"same": known}) == []
