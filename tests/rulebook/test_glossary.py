"""The names of a rules folder explain themselves."""

import pytest

from care.domain.rulebook import Rulebook
from care.rulebook.glossary import explain_name, names
from care.rulebook.uses import uses
from care.rulebook.workspace import load
from tests.rulebook.folders import EXAMPLES


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    found = load(EXAMPLES).rulebook
    assert found is not None
    return found


def test_a_field_says_its_type_who_sets_it_and_where_it_is_used(rulebook: Rulebook) -> None:
    assert explain_name("customer.type", rulebook).splitlines() == [
        "customer.type: a choice field of the catalogue (new, regular, vip, at_risk), known for every customer.",
        "It is worked out in customer_types.yaml, by the first rule that holds.",
        "It can be tested with: new · one of <names> · missing · known · not …",
        "Used in:",
        "  customer_types.yaml:4         works it out",
        "  washing_machine_care.yaml:10  audience",
        "  washing_machine_care.yaml:27  table accessory",
        "  washing_machine_care.yaml:56  branch",
        "  yearly_care.yaml:22           table gift",
        "  yearly_care.yaml:34           send:thank_you",
    ]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("csat.score", ["a number field", "(1 to 5, whole numbers)", "set by the step 'survey csat'", "survey:csat"]),
        ("order.total", ["It is frozen when a customer enters", "table accessory"]),
        ("event.category", ["mirrors order.category", "known only while its event is at hand", "goal"]),
        ("journey.tier", ["not known until it is set", "webhook:crm", "yearly_care.yaml:22", "table gift"]),
        ("journey.warranty_ends", ["a date field", "in the last <time>", "Used nowhere."]),
        ("customer.discounted_share", ["a percent field", "customer_types.yaml"]),
        ("order.returned", ["an event that may be posted", "exit_when"]),
        ("thank_you", ["a care message, written for email and sms", "send:thank_you"]),
        ("stand_and_cover", ["a marketing message", "an offer (once per order)", "STAND10", "yearly_gifts.csv:4"]),
        ("care_team", ["a queue", "the journey owner", "ticket:care_team"]),
        ("crm", ["https://crm.example/hooks", "webhook:crm"]),
        ("yearly_care", ["journeys/yearly_care.yaml", "Its paths: change_the_filter, with_gift, with_words."]),
    ],
)
def test_every_kind_of_name_is_explained(name: str, parts: list[str], rulebook: Rulebook) -> None:
    text = explain_name(name, rulebook)
    assert [part for part in parts if part not in text] == [], text


def test_every_name_has_a_text_and_no_other_word_has_one(rulebook: Rulebook) -> None:
    assert all(explain_name(name, rulebook) for name in names(rulebook))
    assert explain_name("customer.tpye", rulebook) == ""


def test_every_use_is_of_a_known_name_or_of_a_word_of_the_file(rulebook: Rulebook) -> None:
    of_the_catalogue = [use for use in uses(rulebook) if "." in use.name]
    assert of_the_catalogue
    assert {use.name for use in of_the_catalogue} <= names(rulebook) | {"offer.redeemed"}
