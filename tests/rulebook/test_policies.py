"""Policy packs of the operator's own: read like any rule file, in the place of a shipped pack or besides."""

from pathlib import Path

import pytest

from care.domain.law import Law
from care.domain.places import Where
from care.rulebook.policies import BrokenPolicy, published, shipped
from care.rulebook.workspace import Workspace, load
from tests.rulebook.folders import a_folder, a_journey

JOURNEY = a_journey("  - send: thank_you\n    by: email\n")
STRICT = """\
title: Vietnam
signs:
  countries: [VN]
bases:
  ours: {law: our own rule, source: https://shop.example/rules, noted: 2026-11-22, believed: yes}
rules:
  - medium: sms
    purpose: marketing
    basis: [ours]
    consent: express prior
    window: Mon to Fri 09:00 to 17:00
    cap: 1 message in 7 days
"""


def with_policies(tmp_path: Path, /, **packs: str) -> Workspace:
    """A sound rules folder with packs by name."""
    folder = a_folder(tmp_path, example=JOURNEY)
    (folder / "policies").mkdir()
    for name, text in packs.items():
        (folder / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load(folder)


def hours(policies: object, country: str) -> list[str]:
    demands = Law(policies).demands(Where(countries=(country,)), "sms", "marketing")  # type: ignore[arg-type]
    return [*(each.words for each in demands.hours), *(each.words for each in demands.quotas)]


def test_without_packs_of_ones_own_those_that_come_with_us_hold(tmp_path: Path) -> None:
    workspace = load(a_folder(tmp_path, example=JOURNEY))
    assert workspace.rulebook is not None
    assert workspace.rulebook.policies == shipped()


def test_a_file_of_the_same_name_takes_the_place_of_a_pack_and_another_joins(tmp_path: Path) -> None:
    workspace = with_policies(tmp_path, vietnam=STRICT, laos=STRICT.replace("Vietnam", "Laos").replace("VN", "LA"))
    assert workspace.rulebook is not None
    names = [pack.name for pack in workspace.rulebook.policies]
    assert names == ["canada", "europe", "laos", "mailbox_providers", "united_states", "vietnam"]
    assert hours(workspace.rulebook.policies, "VN") == [
        "Vietnam: no advertising SMS outside Mon to Fri 09:00 to 17:00 (our own rule, believed)",
        "Vietnam: at most 1 advertising SMS in 7 days to one address (our own rule, believed)",
    ]
    assert hours(workspace.rulebook.policies, "LA")[0].startswith("Laos: ")
    assert workspace.rulebook.longest_cap == 7 * 86_400


def test_what_was_published_is_read_from_what_was_kept(tmp_path: Path) -> None:
    workspace = with_policies(tmp_path, vietnam=STRICT)
    assert workspace.sources["policies/vietnam.yaml"] == STRICT
    assert workspace.rulebook is not None
    assert published(workspace.sources) == workspace.rulebook.policies
    assert published({}) == shipped()
    with pytest.raises(BrokenPolicy, match=r"policies/vietnam\.yaml:1:1: a policy pack needs 'title'"):
        published({"policies/vietnam.yaml": "signs: {}\n"})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("title: Vietnam", "titel: Vietnam", "1:1 J003 'titel' is not a setting of a policy pack"),
        ("signs:", "sings:", "2:1 J003 'sings' is not a setting of a policy pack"),
        ("[VN]", "VN, Vietnam: x", ""),
        ("2026-11-22", "22/11/2026", "5:72 J012 '22/11/2026' is not a date"),
        ("https://shop.example/rules", "a letter", "5:37 J012 'a letter' is not the address of a page"),
        ("believed: yes", "believed: true", "5:94 J011 'true' is not one of the choices of 'believed' (yes, no)"),
        (
            "medium: sms",
            "medium: fax",
            "7:13 J011 'fax' is not one of the choices of 'medium' (email, sms, zalo, call)",
        ),
        ("basis: [ours]", "basis: [theirs]", "9:13 J010 unknown basis 'theirs'"),
        ("express prior", "maybe", "10:14 J011 'maybe' is not one of the choices of 'consent'"),
        ("Mon to Fri", "Mon to Fry", "11:13 J012 'Fry' is not a day of the week"),
        ("1 message in 7 days", "1 a week", "12:10 J012 '1 a week' is not a limit on messages"),
        (
            "    cap: 1 message in 7 days",
            "    identify: [logo]",
            "12:16 J011 'logo' is nothing a message can show of the company",
        ),
        (
            "    cap: 1 message in 7 days",
            "    regions: [{part: HN}]",
            "12:22 J010 unknown part 'HN'",
        ),
        (
            "    cap: 1 message in 7 days",
            "    implied: {purchase: 2 years}",
            "12:25 J012 '2 years' is not a number of months",
        ),
        (
            "    cap: 1 message in 7 days",
            "    sender: {longest: short}",
            "12:23 J012 'short' is not a number",
        ),
        ("title: Vietnam", "\ttitle: Vietnam", "1:1 J001"),
    ],
)
def test_what_is_wrong_in_a_pack_is_told_with_its_place(old: str, new: str, told: str, tmp_path: Path) -> None:
    workspace = with_policies(tmp_path, vietnam=STRICT.replace(old, new))
    assert workspace.rulebook is None
    found = [
        f"{problem.line}:{problem.column} {problem.code} {problem.message}"
        for problem in workspace.problems
        if problem.file == "policies/vietnam.yaml"
    ]
    assert any(each.startswith(told) for each in found), found
    assert {problem.file for problem in workspace.problems} == {"policies/vietnam.yaml"}


@pytest.mark.parametrize(
    ("name", "problem"),
    [("Viet Nam.yaml", "'Viet Nam' is not a name"), ("vietnam.yml", "policies/vietnam.yml is not read")],
)
def test_a_pack_in_a_file_of_a_strange_name_is_refused(name: str, problem: str, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, example=JOURNEY)
    (folder / "policies").mkdir()
    (folder / "policies" / name).write_text(STRICT, encoding="utf-8")
    workspace = load(folder)
    assert workspace.rulebook is None
    assert any(each.message.startswith(problem) for each in workspace.problems)
