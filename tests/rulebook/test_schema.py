"""JSON Schema for editors: it accepts what the checker accepts, and knows every word and name."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from care.domain.catalogue import Catalogue, Company, Endpoint, Field, Offer, Queue, Template
from care.rulebook.catalogue import read_catalogue
from care.rulebook.catalogue_words import CATALOGUE, EXPECTATION, TEST
from care.rulebook.findings import Findings, PhraseError
from care.rulebook.phrases import PHRASES, read_test
from care.rulebook.reader import decode, read
from care.rulebook.vocabulary import JOURNEY, STEPS
from care.rulebook.writing.schema import schema_files
from tests.rulebook.folders import EXAMPLES

RULES = Path(__file__).parents[2] / "rules"
FIELDS = (
    Field("customer.type", "choice", choices=("new", "vip", "2", "on")),
    Field("csat.score", "number", low=1, high=5, whole=True),
    Field("order.total", "number"),
    Field("customer.share", "percent"),
    Field("customer.note", "text"),
    Field("customer.tags", "list"),
    Field("order.placed_at", "date"),
    Field("appointment.at", "date"),
    Field("ticket.open", "yes/no"),
    Field("journey.mood", "choice", choices=("unhappy", "happy")),
    Field("journey.tier", "number"),
    Field("event.category", "choice", choices=("accessory", "tv")),
)
CATALOG = Catalogue(
    Company(),
    {field.name: field for field in FIELDS},
    ("order.delivered", "appointment.booked"),
    {name: Template(name, ("email", "sms"), "care") for name in ("thank_you", "csat_washing_machine")},
    {"care_team": Queue("care_team")},
    {"kit": Offer("kit", "thank_you", "KIT", "order.delivered", "customer")},
    endpoints={"crm": Endpoint("crm", "https://crm.example")},
)
STEM = "journey: a\ntrigger: {event: order.delivered}\n"


class Newer(yaml.SafeLoader):
    """YAML 1.2, as editors read it: ``yes`` and ``21:00`` are words."""


Newer.yaml_implicit_resolvers = {}
for kind, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)", "-+.0123456789"),
    ("null", r"null|~|", ["n", "~", ""]),
):
    Newer.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), list(first))


class Older(yaml.SafeLoader):
    """YAML 1.1: ``yes`` is true and ``21:00`` is 1260; but dates are words, since JSON has none."""


Older.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def schemas(catalog: Path | None = None) -> dict[str, Any]:
    """The schema files of a workspace, read."""
    catalogue = CATALOG
    if catalog is not None:
        findings = Findings(catalog.name)
        text = decode(catalog.read_bytes(), findings)
        root = read(text or "", findings)
        assert root is not None
        catalogue = read_catalogue(root, findings).known.catalogue
    return {name: json.loads(text) for name, text in schema_files(catalogue).items()}


def refused(kind: str, text: str, catalog: Path | None = None) -> list[str]:
    """What the schema has against a file, whichever YAML the editor speaks."""
    found = schemas(catalog)
    registry = Registry().with_resource("workspace.json", Resource.from_contents(found["workspace.json"], DRAFT7))
    checks = Draft7Validator(found[f"{kind}.json"], registry=registry)
    told = [checks.iter_errors(yaml.load(text, loader)) for loader in (Newer, Older)]
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for errors in told for error in errors]


def kind_of(file: Path) -> str:
    return "test" if file.name.endswith(".test.yaml") else file.stem if file.parent.name != "journeys" else "journey"


def files() -> Iterator[tuple[Path, Path]]:
    for folder in (RULES, EXAMPLES):
        for file in sorted([*folder.glob("*.yaml"), *(folder / "journeys").glob("*.yaml")]):
            yield file, folder / "catalog.yaml"
    yield EXAMPLES / "sound" / "washing_machine_care.yaml", EXAMPLES / "catalog.yaml"


def test_the_shipped_schema_is_current() -> None:
    findings = Findings("catalog.yaml")
    root = read((RULES / "catalog.yaml").read_text(encoding="utf-8"), findings)
    assert root is not None
    wanted = schema_files(read_catalogue(root, findings).known.catalogue)
    there = {file.name: file.read_text(encoding="utf-8") for file in (RULES / "schema").iterdir()}
    assert there == wanted, "write it anew: care rules schema"


def test_every_schema_file_is_a_schema() -> None:
    for schema in schemas(RULES / "catalog.yaml").values():
        Draft7Validator.check_schema(schema)


@pytest.mark.parametrize(("file", "catalog"), [*files()], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_sound_files_are_accepted_as_either_yaml_reads_them(file: Path, catalog: Path) -> None:
    kind = "journey" if file.parent.name == "sound" else kind_of(file)
    assert refused(kind, file.read_text(encoding="utf-8"), catalog) == []


@pytest.mark.parametrize("verb", STEPS)
def test_the_example_of_every_step_is_accepted(verb: str) -> None:
    table = "tables:\n  accessory: {given: customer.type, choose: [offer], rows: accessory.csv}\n"
    indented = "\n".join(f"  {line}" for line in STEPS[verb].example.splitlines())
    assert refused("journey", f"{STEM}{table}steps:\n{indented}\n") == []


def test_every_setting_of_every_form_is_known_and_described() -> None:
    definitions = schemas()["workspace.json"]["definitions"]
    shown = {verb: definitions[f"needed_for_{verb}"] for verb in STEPS}
    shown |= {"journey": definitions["journey"], "catalog": definitions["catalog"]}
    tests = definitions["test"]["properties"]["tests"]["items"]
    shown |= {"test": tests, "expectation": tests["properties"]["expect"]["items"]}
    forms = STEPS | {"journey": JOURNEY, "catalog": CATALOGUE, "test": TEST, "expectation": EXPECTATION}
    for name, form in forms.items():
        assert set(shown[name]["properties"]) == set(form.names)
        assert all(setting["description"] for setting in shown[name]["properties"].values())
        assert shown[name]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("steps: [{send: thank_yuo, by: email}]", "steps.0.send"),
        ("steps: [{send: thank_you, by: mail}]", "steps.0.by"),
        ("steps: [{send: thank_you, by: email, fallback: [sms, mail]}]", "steps.0.fallback"),
        ("steps: [{send: thank_you, by: email, falback: sms}]", "steps.0"),
        ("steps: [{send: thank_you}]", "steps.0"),
        ("steps: [{sned: thank_you, by: email}]", "steps.0"),
        ("steps: [{send: thank_you, by: email, wait: 3 days}]", "steps.0"),
        ("steps: [{ticket: care_tema, up_to: 1 day}]", "steps.0.ticket"),
        ("steps: [{webhook: crn, up_to: 1 day}]", "steps.0.webhook"),
        ("steps: [{set: {journey.mod: happy}}]", "steps.0.set"),
        ("steps: [{set: {journey.mood: angry}}]", "steps.0.set.journey.mood"),
        ("steps: []\npaths: {a: [{offer: kti, by: email}]}", "paths.a.0.offer"),
        ("steps: []\naudience: {customer.tpye: vip}", "audience"),
        ("steps: []\naudience: {customer.type: vpi}", "audience.customer.type"),
        ("steps: []\naudience: {customer.type: [new, vpi]}", "audience.customer.type"),
        ("steps: []\naudience: {csat.score: 9}", "audience.csat.score"),
        ("steps: []\naudience: {csat.score: at mots 2}", "audience.csat.score"),
        ("steps: []\naudience: {any: [{ticket.open: maybe}]}", "audience.any"),
        ("steps: [{exit: x, only_if: {event.category: tv}}]", "steps.0.only_if"),
        ("steps: []\ngoal: {event: order.deliverd}", "goal.event"),
        ("steps: []\nre_entry: sometimes", "re_entry"),
        ("steps: []\nsetps: []", ""),
    ],
)
def test_a_mistake_is_refused_at_its_place(text: str, place: str) -> None:
    found = refused("journey", STEM + text)
    assert found
    assert {each.partition(": ")[0] for each in found} == {place}


def test_a_table_may_choose_a_name_where_the_journey_has_one() -> None:
    step = "steps: [{send: which, by: email}]\n"
    assert refused("journey", f"{STEM}{step}tables: {{which: {{given: csat.score, choose: offer, rows: []}}}}")
    for choose in ("template", "[offer, template]"):
        table = f"tables: {{which: {{given: csat.score, choose: {choose}, rows: []}}}}"
        assert refused("journey", f"{STEM}{step}{table}") == []


def test_types_and_tests_are_held_to_the_catalogue_too() -> None:
    assert (
        refused("customer_types", "customer.type: [{when: {order.total: at least 2}, then: vip}, {otherwise: 2}]") == []
    )
    assert refused("customer_types", "customer.type: [{when: {csat.scoer: 2}, then: vip}]")
    assert refused("customer_types", "customer.type: [{otherwise: vpi}]")
    assert (
        refused(
            "promises", "promises: [{promise: a, when: {csat.score: 2}, always: {ticket: care_team}, within: 1 day}]"
        )
        == []
    )
    assert refused("promises", "promises: [{promise: a, always: {ticket: care_tema}}]")
    assert refused("promises", "promises: [{promise: a, nevre: offer}]")
    story = "journey: a\ntests: [{test: t, starts: 2026-03-02 10:00, given: {%s}, expect: [{%s}]}]"
    assert (
        refused(
            "test", story % ("ticket.open: no, reach: [sms], consent.sms.care: yes", "at: day 1 9:00, send: thank_you")
        )
        == []
    )
    assert refused("test", story % ("ticket.oepn: no", "never: offer"))
    assert refused("test", story % ("ticket.open: no", "at: day 1 9:00, send: thank_yuo"))


def phrases(field: Field) -> st.SearchStrategy[str]:
    """Phrases that may or may not be tests of a field."""
    number = st.sampled_from(["2", "5,000", "5 million", "1.5", "20%", "-3", "0"])
    word = st.sampled_from([*field.choices, "yes", "no", "2", "newsletter", "Khách"])
    time = st.sampled_from(["30 days", "1 week", "2 HOURS"])
    date = st.sampled_from(["2026-11-22"])
    places = {"low": number, "high": number, "number": number, "time": time, "date": date, "name": word}
    places["names"] = st.lists(word | number, min_size=1, max_size=3).map(", ".join)
    spoken = st.sampled_from(PHRASES).flatmap(
        lambda phrase: st.tuples(*(places.get(part[1:-1], st.just(part)) for part in phrase.words.split())).map(
            " ".join
        )
    )
    plain = spoken | number | word | places["names"].map("[{}]".format)
    return st.tuples(st.sampled_from(["", "not ", "NOT  "]), plain, st.booleans()).map(
        lambda parts: parts[0] + (parts[1].upper() if parts[2] else parts[1])
    )


@given(st.sampled_from(FIELDS).flatmap(lambda field: st.tuples(st.just(field), phrases(field))))
def test_every_test_the_checker_reads_is_accepted(asked: tuple[Field, str]) -> None:
    field, phrase = asked
    try:
        read_test(phrase, field)
    except PhraseError:
        return
    for quote in ("", '"'):
        assert refused("journey", f"{STEM}steps: []\naudience:\n  {field.name}: {quote}{phrase}{quote}\n") == []


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_what_an_editor_offers_is_a_test_of_the_field(field: Field) -> None:
    known = schemas()["workspace.json"]["definitions"][f"test.{field.name}"]
    words = known if "defaultSnippets" in known else known["anyOf"][0]
    assert words["defaultSnippets"]
    for offered in words["defaultSnippets"]:
        assert read_test(offered["body"], field)
