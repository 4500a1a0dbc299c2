"""Each kind of step has a model, a planner case, a section in rules/README.md and a rule test."""

import re
from typing import get_args

import pytest

from care.domain import stepping
from care.domain.steps import Step, Verb
from care.rulebook import testing
from care.rulebook.vocabulary import STEPS
from care.rulebook.workspace import load
from tests.rulebook.folders import EXAMPLES
from tests.rulebook.write_reference import README

VERBS = get_args(Verb)
MODELS = {model.__dataclass_fields__["verb"].default: model for model in get_args(get_args(Step)[0])}
RESULTS = tuple(testing.run_tests(load(EXAMPLES)))
SHIPPED = tuple(testing.run_tests(load(README.parent)))


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: f"{result.journey}: {result.name}")
def test_every_example_passes(result: testing.TestResult) -> None:
    assert result.passed, "\n".join((*(failure.message for failure in result.failures), *result.timeline))


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_a_model_that_describes_it_to_people(verb: str) -> None:
    meaning = " ".join((MODELS[verb].__doc__ or "").partition("\n\n")[0].split())
    assert STEPS[verb].meaning == meaning
    assert STEPS[verb].example.startswith(f"- {verb}:")


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_known_to_the_planner(verb: str) -> None:
    assert getattr(stepping, MODELS[verb].__name__) is MODELS[verb]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_a_section_with_its_example(verb: str) -> None:
    (section,) = re.findall(rf"^#### {verb}\n.*?(?=^#)", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert STEPS[verb].meaning in section
    assert STEPS[verb].example in section


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_played_in_a_rule_test(verb: str) -> None:
    assert any(entry.verb == verb for result in (*RESULTS, *SHIPPED) for entry in result.entries)
