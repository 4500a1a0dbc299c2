"""Whatever is written, the checker answers with problems or a rulebook, never with a traceback."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from care.domain.catalogue import Field
from care.rulebook.findings import START, Findings
from care.rulebook.phrases import read_test
from care.rulebook.problems import render
from care.rulebook.reader import decode, read
from care.rulebook.vocabulary import JOURNEY, STEPS
from care.rulebook.workspace import load
from tests.rulebook.folders import EXAMPLES, a_folder

LATER = (EXAMPLES / "journeys" / "yearly_care.yaml").read_text(encoding="utf-8")
SOUND = {
    "yearly_care": LATER.replace("rows: yearly_gifts.csv", "rows: [[any, any, none, 0%]]"),
    "washing_machine_care": (EXAMPLES / "sound" / "washing_machine_care.yaml").read_text(encoding="utf-8"),
    "washing_machine_care.test": (EXAMPLES / "journeys" / "washing_machine_care.test.yaml").read_text(encoding="utf-8"),
    "catalog": (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8"),
    "customer_types": (EXAMPLES / "customer_types.yaml").read_text(encoding="utf-8"),
}
PHRASES = ("at least 2", "until day 7 at 09:00", "3 days", "20%", "5.000", ">= 3", "{{ a.b }}", "vip", "any", "not vip")
NAMES = {*(name for form in (JOURNEY, *STEPS.values()) for name in form.names), "continue", "customer.type", "email"}
WORDS = st.sampled_from([*PHRASES, *sorted(NAMES)])
SCALARS = st.one_of(WORDS, st.text(max_size=12), st.integers().map(str))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=25,
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def flow(tree: object) -> str:
    """A tree as YAML in one line, every scalar in quotes."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(flow(item) for item in tree) + "]"
    return "'" + "".join(letter for letter in str(tree) if letter.isprintable()).replace("'", "''") + "'"


def answers(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {**SOUND, name: content}
        workspace = load(a_folder(Path(folder), **files))
        assert workspace.rulebook is not None or workspace.problems
        for problem in workspace.problems:
            assert problem.line >= 1
            assert problem.column >= 1
            assert problem.message
            assert "\n" not in problem.message
        assert render(workspace.problems, workspace.sources) or not workspace.problems


@QUICK
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_answered(content: bytes) -> None:
    findings = Findings("a.yaml")
    text = decode(content, findings)
    assert (text is not None and (read(text, findings) is not None)) or findings.problems


@QUICK
@given(st.text(alphabet=st.one_of(st.sampled_from("-:#{}[]>|!&*%@`'\",\t\n ?ab.<="), st.characters()), max_size=80))
def test_arbitrary_text_is_answered(text: str) -> None:
    findings = Findings("a.yaml")
    assert read(text, findings) is not None or findings.problems


@QUICK
@given(st.text(max_size=60))
@pytest.mark.parametrize("kind", ["choice", "number", "percent", "date", "list", "yes/no", "text"])
def test_arbitrary_phrases_are_answered(kind: str, text: str) -> None:
    field = Field("customer.field", kind, choices=("a", "b"))  # type: ignore[arg-type]
    findings = Findings("a.yaml")
    test = findings.take(START, read_test, text, field)
    assert (test is not None and test.text) or findings.problems[0].code in ("J011", "J012", "J013")


@pytest.mark.parametrize("text", ["[]", "[a, ]", "one of a,, b"])
def test_a_list_with_nothing_in_it_is_refused(text: str) -> None:
    findings = Findings("a.yaml")
    assert findings.take(START, read_test, text, Field("customer.field", "text")) is None
    assert findings.problems[0].message == "an empty value in a list for customer.field"


@QUICK
@given(tree=TREES)
@pytest.mark.parametrize("name", sorted(SOUND))
def test_arbitrary_trees_are_answered(name: str, tree: object) -> None:
    answers(name, flow(tree).encode())


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("name", sorted(SOUND))
def test_a_sound_file_with_a_line_changed_is_answered(name: str, data: st.DataObject) -> None:
    lines = SOUND[name].splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[at].partition(":")
    value = flow(data.draw(TREES)) if data.draw(st.booleans()) else data.draw(st.text(max_size=20))
    lines[at] = data.draw(st.sampled_from([f"{key}{colon} {value}", f"  {lines[at]}", value, ""]))
    answers(name, "\n".join(lines).encode())
