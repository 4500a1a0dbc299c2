"""What a marketer's editor shows: yaml-language-server itself, reading the shipped schema."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editor.server import LanguageServer, running

RULES = Path(__file__).parents[2] / "rules"
JOURNEY = (
    "# yaml-language-server: $schema=../schema/journey.json\njourney: example\ntrigger:\n  event: order.delivered\n"
)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped rules, as somebody's editor opens them."""
    folder = tmp_path_factory.mktemp("shop") / "rules"
    shutil.copytree(RULES, folder)
    return folder


@pytest.fixture(scope="module")
def server(rules: Path) -> Iterator[LanguageServer]:
    with running(rules) as server:
        yield server


@pytest.fixture
def journey(rules: Path) -> Path:
    return rules / "journeys" / "example.yaml"


def test_the_shipped_files_are_without_a_mark(server: LanguageServer, rules: Path) -> None:
    files = [*sorted(rules.glob("*.yaml")), *sorted((rules / "journeys").glob("*.yaml"))]
    assert len(files) >= 8
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "# yaml-language-server: $schema=" in text
        assert server.problems(file, text) == [], file.name


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ("steps:\n  - |\n", {"send", "survey", "offer", "ticket", "wait", "branch", "split", "exit"}),
        ("steps:\n  - send: |\n    by: email\n", {"thank_you", "welcome", "we_hear_you"}),
        ("steps:\n  - send: thank_you\n    by: |\n", {"email", "sms"}),
        ("steps:\n  - send: thank_you\n    |\n", {"by", "fallback", "with", "expires", "only_if"}),
        ("steps:\n  - survey: |\n", {"csat", "nps", "ces"}),
        ("steps:\n  - ticket: |\n", {"care_team", "service_leads"}),
        ("steps:\n  - branch:\n      - when: {c|}\n", {"csat.score", "customer.type", "ticket.open"}),
        ("steps:\n  - branch:\n      - when:\n          |\n", {"csat.score", "customer.type", "any"}),
        ("steps:\n  - branch:\n      - when:\n          customer.type: |\n", {"new", "vip", "at_risk"}),
        ("steps:\n  - branch:\n      - when:\n          csat.score: |\n", {"at most <number>", "missing"}),
        ("steps:\n  - wait: |\n", {"3 days", "until day 7 at 09:00"}),
        ("audience:\n  customer.type: [|]\n", {"new", "regular", "vip", "at_risk"}),
        ("goal:\n  event: |\n", {"order.placed", "order.returned"}),
        ("re_entry: |\n", {"never", "once per order"}),
        ("|\n", {"steps", "audience", "goal", "paths"}),
    ],
)
def test_words_and_names_are_completed(server: LanguageServer, journey: Path, steps: str, wanted: set[str]) -> None:
    assert wanted <= set(server.completions(journey, JOURNEY + steps))


def test_what_is_offered_says_what_it_is(server: LanguageServer, journey: Path) -> None:
    templates = server.completions(journey, f"{JOURNEY}steps:\n  - send: |\n    by: email\n")
    assert "care; written for email and sms" in str(templates["thank_you"]["documentation"])
    verbs = server.completions(journey, f"{JOURNEY}steps:\n  - |\n")
    assert "Ask for a score" in str(verbs["survey"]["documentation"])
    offered = server.completions(journey, f"{JOURNEY}audience:\n  customer.orders: |\n")
    assert offered["at least <number>"]["insertText"].startswith("at least ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps:\n  - send: thank_you\n    exp|ires: 2 days\n", "could not leave within this time"),
        ("steps:\n  - sur|vey: csat\n", "Csat, nps or ces."),
        ("audience:\n  customer.ty|pe: vip\n", "one of new, regular, vip, at_risk"),
        ("audience:\n  customer.spe|nt: at least 5 million\n", "number from 0 to 10,000,000,000"),
        ("re_en|try: never\n", "once per order"),
    ],
)
def test_a_word_is_explained_under_the_pointer(server: LanguageServer, journey: Path, text: str, said: str) -> None:
    assert said in server.hover(journey, JOURNEY + text)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("  - send: thank_yuo\n    by: email\n", "6: Value is not accepted. Valid values:"),
        ("  - send: thank_you\n    by: email\n    falback: sms\n", "8: Property falback is not allowed."),
        ("  - snd: thank_you\n", "6: Property snd is not allowed."),
        ("  - send: thank_you\n", '6: Missing property "by".'),
        ("  - exit: x\n    only_if: {csat.scoer: 3}\n", "7: Property csat.scoer is not allowed."),
        (
            "  - exit: x\n    only_if: {csat.score: at mots 3}\n",
            "7: this is not a test of csat.score; write for example",
        ),
    ],
)
def test_a_mistake_is_marked_once(server: LanguageServer, journey: Path, steps: str, told: str) -> None:
    (problem,) = server.problems(journey, f"{JOURNEY}steps:\n{steps}")
    assert problem.startswith(told)


def test_the_other_files_are_helped_with_too(server: LanguageServer, rules: Path) -> None:
    head = "# yaml-language-server: $schema={}schema/{}.json\n"
    story = f"{head.format('../', 'test')}journey: a\ntests:\n  - test: t\n    starts: 2026-03-02 10:00\n"
    test = rules / "journeys" / "a.test.yaml"
    assert "ticket.open" in server.completions(test, f"{story}    given:\n      |\n")
    assert "thank_you" in server.completions(test, f"{story}    expect:\n      - at: day 0 10:00\n        send: |\n")
    types = rules / "customer_types.yaml"
    rule = (
        f"{head.format('', 'customer_types')}customer.type:\n  - when: {{customer.orders: at least 2}}\n    then: |\n"
    )
    assert {"new", "vip"} <= set(server.completions(types, rule))
    catalog = f"{head.format('', 'catalog')}templates:\n  a:\n    purpose: |\n"
    assert {"care", "marketing"} <= set(server.completions(rules / "catalog.yaml", catalog))
