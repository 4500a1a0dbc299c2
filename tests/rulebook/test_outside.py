"""What a rules folder says of the world outside: endpoints, holidays, journey values, and their part in rule tests."""

from datetime import date
from pathlib import Path

import pytest

from care.domain.catalogue import Endpoint, Field
from care.domain.splitting import side_of
from care.domain.steps import Split
from care.rulebook.findings import PhraseError
from care.rulebook.holidays import days_of
from care.rulebook.testing import run_tests
from care.rulebook.webhooks import place
from care.rulebook.workspace import Workspace, load
from tests.rulebook.folders import EXAMPLES, a_folder, a_journey, loaded, told

CATALOG = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8")
STEPS = (
    "  - webhook: crm\n    save: {journey.tier: tier, journey.calls: calls.0, journey.warranty_ends: until}\n"
    "    up_to: 1 hour\n"
    "  - split: gift\n    between: {golden: 50%, continue: 50%}\n    holdout: 10%\n"
    "paths:\n  golden:\n    - send: thank_you\n      by: email\n      only_if: {journey.tier: gold}\n"
)
TEST = "journey: example\ntests:\n  - test: One\n    starts: 2026-03-02 10:00\n    given: {%s}\n    expect: [%s]\n"


def workspace_of(tmp_path: Path, given: str, expect: str = "never: offer") -> Workspace:
    return load(a_folder(tmp_path, **{"example": a_journey(STEPS), "example.test": TEST % (given, expect)}))


def test_endpoints_are_addresses_by_name(tmp_path: Path) -> None:
    read = loaded(tmp_path).rulebook
    assert read is not None
    assert read.catalogue.endpoints == {
        "crm": Endpoint("crm", "https://crm.example/hooks"),
        "chatbot": Endpoint("chatbot", "https://bot.example/aftercare"),
    }
    assert read.catalogue.fields["journey.tier"] == Field("journey.tier", "choice", ("silver", "gold"))


def test_a_shop_may_have_no_endpoints(tmp_path: Path) -> None:
    start = CATALOG.index("endpoints:")
    text = CATALOG[:start] + CATALOG[CATALOG.index("prices:") :]
    workspace = loaded(tmp_path, catalog=text, example=a_journey("  - webhook: crm\n    up_to: 1 hour\n"))
    assert told(workspace) == ["J010:5:14"]
    assert workspace.problems[0].hint == "the catalogue lists what there is under 'endpoints:'"


@pytest.mark.parametrize(
    "written",
    [
        "[2027-01-01, 2026-12-30 to 2027-01-01]",
        "2026-12-30 to 2027-01-01",
        "{Tết: 2027-01-01, end_of_year: [2026-12-31, 2026-12-30]}",
        "\n    - 2026-12-30\n    - 2026-12-31 to 2027-01-01",
    ],
)
def test_holidays_are_dates_in_any_of_three_shapes(written: str, tmp_path: Path) -> None:
    text = CATALOG.replace("company:\n", f"company:\n  holidays: {written}\n")
    workspace = loaded(tmp_path, catalog=text)
    assert workspace.rulebook is not None, workspace.problems
    days = (date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1))
    assert workspace.rulebook.catalogue.company.holidays == days


def test_a_holiday_that_is_no_date_is_refused() -> None:
    with pytest.raises(PhraseError, match="there is no day '2027-02-30'"):
        days_of("2027-02-30")


@pytest.mark.parametrize("text", ["tier", "customer.tier", "items.0.name", "hạng"])
def test_a_place_in_an_answer_is_names_with_dots(text: str) -> None:
    assert place(text) == text


@pytest.mark.parametrize("text", ["", ".", "a..b", "$.tier", "items[0]", "a b", "{{ tier }}"])
def test_what_is_no_place_in_an_answer_is_refused(text: str) -> None:
    with pytest.raises(PhraseError):
        place(text)


def test_a_test_says_sides_and_answers(tmp_path: Path) -> None:
    given = "split.gift: golden, webhook.crm.tier: gold, webhook.crm.calls.0: 2, webhook.crm.until: 2027-03-01"
    workspace = workspace_of(tmp_path, given, "{at: day 0 10:00, send: thank_you}, {at: day 0 10:00, webhook: crm}")
    assert workspace.problems == ()
    (test,) = workspace.tests[0].tests
    assert test.replies == {"crm": {"tier": "gold", "calls.0": 2, "until": "2027-02-28T17:00:00+00:00"}}
    (result,) = run_tests(workspace)
    assert result.passed, result.failures


@pytest.mark.parametrize("side", ["golden", "continue", "holdout"])
def test_the_customer_of_a_test_is_on_the_side_it_says(side: str, tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path, f"split.gift: {side}")
    assert workspace.rulebook is not None
    split = workspace.rulebook.entering["example"].plan.paths["steps"][1]
    assert isinstance(split, Split)
    share = side_of(split, workspace.tests[0].tests[0].customer)
    assert (share.then if share is not None else "holdout") == side


@pytest.mark.parametrize(
    ("given", "problem", "hint"),
    [
        ("split.gift: late", "J011:5:25", "there are: continue, golden, holdout"),
        ("split.gifts: golden", "J010:5:13", "did you mean 'gift'?"),
        ("webhook.crm.teir: gold", "J010:5:13", "did you mean 'crm.tier'?"),
        ("webhook.crm.tier: bronze", "J011:5:31", ""),
        ("webhook.crm.calls.0: many", "J012:5:34", "write for example 5000000, 5,000,000 or 5 million"),
        (
            "journey.tier: gold",
            "J010:5:13",
            "give what an endpoint answers (webhook.crm.tier: gold), or let the journey",
        ),
        ("journey.teir: gold", "J010:5:13", "did you mean 'journey.tier'?"),
    ],
)
def test_what_a_test_cannot_say_is_told(given: str, problem: str, hint: str, tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path, given)
    assert told(workspace) == [problem]
    assert workspace.problems[0].hint.startswith(hint)


@pytest.mark.parametrize(
    ("expect", "told_at"),
    [
        ("{at: day 0 10:00, split: gift}, {at: day 0 10:00, webhook: crm}", []),
        ("{at: day 0 10:00, split: gifts}", ["J010:6:39"]),
        ("{at: day 0 10:00, set: mood}", ["J010:6:37"]),
        ("{at: day 0 10:00, webhook: chatbot}", ["J010:6:41"]),
        ("{never: repeat}, {never: chatbot}", []),
    ],
)
def test_an_expected_step_is_one_of_the_journey(expect: str, told_at: list[str], tmp_path: Path) -> None:
    assert told(workspace_of(tmp_path, "customer.type: vip", expect)) == told_at


def test_a_customer_type_cannot_rest_on_a_journey_value(tmp_path: Path) -> None:
    text = "customer.motive:\n  - when: {journey.mood: happy}\n    then: loyal\n  - otherwise: need_based\n"
    workspace = loaded(tmp_path, customer_types=text)
    assert told(workspace) == ["J010:2:12"]
    assert workspace.problems[0].message == "'journey.mood' is known only in the journey that set it"
