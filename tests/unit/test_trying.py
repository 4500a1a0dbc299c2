"""Coverage, made-up customers and what must hold of them."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from care.domain.catalogue import Field
from care.domain.journey import Row, Table
from care.domain.rulebook import Rulebook
from care.domain.steps import Webhook
from care.rulebook import testing
from care.rulebook.workspace import load
from care.trying.chance import Chance
from care.trying.coverage import coverage_of
from care.trying.exploring import explore
from care.trying.junit import junit
from tests.builders import (
    CATALOGUE,
    HAPPY,
    UNHAPPY,
    Story,
    a_plan,
    a_rulebook,
    branch,
    field,
    hours,
    send,
    survey,
    wait,
)

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    rulebook = load(RULES).rulebook
    assert rulebook is not None
    return rulebook


def test_chance_comes_out_the_same_for_the_same_names() -> None:
    first, again, other = Chance("a", 1), Chance("a", 1), Chance("a", 2)
    drawn = [first.share() for _ in range(100)]
    assert drawn == [again.share() for _ in range(100)]
    assert drawn != [other.share() for _ in range(100)]
    assert 0.3 < sum(drawn) / 100 < 0.7
    assert {Chance(number).one_of("ab") for number in range(50)} == {"a", "b"}


def test_coverage_names_the_rules_nobody_took() -> None:
    plan = a_plan(
        survey(),
        branch((UNHAPPY, "low"), (HAPPY, "high"), (None, "continue")),
        paths={"low": (send("sorry"),), "high": (send("bye"),)},
    )
    story = Story(plan).then(1, "csat.answered", score=5)
    covered = coverage_of([plan], [story.played().entries])[0]
    assert [place.name for place in covered.unreached] == ["branch rule 1", "send:sorry", "branch otherwise"]
    assert (covered.reached, covered.total) == (4, 7)


def test_a_row_of_a_spreadsheet_that_nobody_took_is_named_in_its_own_file() -> None:
    row = Row((None,), ("gift",), 2)
    gifts = Table("gifts", ("customer.type",), ("offer",), (row,), 9, "gifts.csv")
    missed = coverage_of([replace(a_plan(send("bye")), tables={"gifts": gifts})], [])[0].unreached
    assert [(place.file, place.line, place.name) for place in missed] == [
        ("journey.yaml", 1, "send:bye"),
        ("gifts.csv", 2, "gifts row 1"),
    ]


def test_made_up_customers_of_the_shipped_journeys_break_nothing_and_reach_nearly_everything(shipped: Rulebook) -> None:
    found = explore(shipped, customers=400)
    assert found.breaches == ()
    assert found.customers == 1_600
    assert 0 < found.most <= 3
    assert min(each.share for each in found.coverage) > 0.9


def test_the_same_seed_gives_the_same_customers(shipped: Rulebook) -> None:
    first, again = (explore(shipped, ["first_purchase"], customers=50, seed=3) for _ in range(2))
    assert first == again
    assert first != explore(shipped, ["first_purchase"], customers=50, seed=4)


def test_a_rule_that_can_never_hold_is_reached_by_nobody() -> None:
    never = replace(UNHAPPY, test=replace(UNHAPPY.test, args=(0,)))
    plan = a_plan(survey(), branch((never, "low"), (None, "continue")), wait(1), paths={"low": (send("sorry"),)})
    found = explore(a_rulebook(plan, catalogue=CATALOGUE), customers=200)
    assert [place.name for place in found.coverage[0].unreached] == ["branch rule 1", "send:sorry"]


def test_made_up_endpoints_answer_so_that_their_rules_are_reached() -> None:
    webhook = Webhook("webhook:crm", 1, "crm", hours(2), save={"journey.tier": "tier"})
    tier = Field("journey.tier", "choice", ("plain", "gold"))
    plan = a_plan(webhook, branch((field("journey.tier", "is", "gold"), "exit"), (None, "continue")))
    found = explore(a_rulebook(plan, catalogue=replace(CATALOGUE, fields={tier.name: tier})), customers=50)
    assert found.coverage[0].unreached == ()


def test_results_are_written_as_build_servers_read_them() -> None:
    failure = testing.Failure(7, "expected send: bye < now & then", ("day 3 09:00  wait",))
    results = [
        testing.TestResult("care", "Lan is thanked", 3, (), ()),
        testing.TestResult("care", "Mai is asked", 5, (failure,), ()),
    ]
    root = ElementTree.fromstring(junit(results, [0.001, 0.002], "rules/journeys").encode())
    assert (root.attrib["tests"], root.attrib["failures"]) == ("2", "1")
    case = root.findall(".//testcase")[1]
    assert (case.attrib["file"], case.attrib["line"]) == ("rules/journeys/care.test.yaml", "5")
    told = case.find("failure")
    assert told is not None
    assert told.text is not None
    assert told.text.startswith("rules/journeys/care.test.yaml:7: expected send: bye < now & then")
