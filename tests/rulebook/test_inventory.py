"""What the template files hold, against what the rule files need."""

from pathlib import Path

import pytest

from care.domain.errors import CareError
from care.rendering import TemplateInventory
from care.rulebook.findings import PhraseError
from care.rulebook.inventory import is_available, names_in
from care.rulebook.problems import Problem
from tests.rulebook.folders import EXAMPLES, a_journey, loaded

CATALOG = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8")
START = CATALOG.index("templates:")
SENDER = (
    "company:\n  address: 12 phố Mẫu\n  phone: 1900 0000\n  email: a@shop.example\n  website: https://shop.example\n"
)
ONE = (
    CATALOG[:START].replace("company:\n", SENDER)
    + "templates:\n  hello: {channels: [email, sms], purpose: marketing}\n"
    + "offers:\n  kit: {template: hello, code: KIT}\nqueues: [care_team]\n"
)


FOOTER = "".join(f" {{{{ company.{name} }}}}" for name in ("name", "address", "phone", "email", "website"))


def problems(tmp_path: Path, email: str, steps: str, top: str = "") -> tuple[Problem, ...]:
    """The problems of a journey with one template, ``hello``, whose e-mail text is given."""
    lawful = f"Subject: [QC] Hi\n{FOOTER} {{{{ unsubscribe_url }}}}\n{email}"
    for channel, text in (("email", lawful), ("sms", "[QC] Hi {{ unsubscribe_url }}")):
        (tmp_path / "templates" / channel).mkdir(parents=True)
        (tmp_path / "templates" / channel / "hello.vi.txt").write_text(text, encoding="utf-8")
    inventory = TemplateInventory(tmp_path / "templates")
    return loaded(tmp_path, inventory, catalog=ONE, example=a_journey(steps, top)).problems


SEND = "  - send: hello\n    by: email\n    fallback: sms\n"
OFFER = "  - offer: kit\n    by: email\n"
TABLE = "tables:\n  gift:\n    given: [ticket.open]\n    choose: [offer, discount]\n    rows:\n      - [any, kit, 5%]\n"


@pytest.mark.parametrize(
    ("email", "steps", "top"),
    [
        ("{{ customer.name }} {{ order.total | money }} {{ order.id }} {{ company.phone }}", SEND, ""),
        ("{{ csat.score }} {{ customer.motive }} {{ unsubscribe_url }} {{ locale }}", SEND, ""),
        ("{% for n in [1] %}{{ n }}{% endfor %}{% set x = 1 %}{{ x }}", SEND, ""),
        ("{{ greeting }}", f"{SEND}    with: {{greeting: Xin chào}}\n", ""),
        ("{{ offer.code }}", OFFER, ""),
        ("{{ offer.expires }}", f"{OFFER}    valid_for: 14 days\n", ""),
        ("{{ discount }} {{ offer.code }}", "  - offer: gift\n    by: email\n", TABLE),
        ("{{ survey.url }}", "  - survey: csat\n    ask: hello\n    by: email\n    up_to: 1 day\n", ""),
    ],
)
def test_a_message_that_has_all_it_needs_passes(email: str, steps: str, top: str, tmp_path: Path) -> None:
    assert problems(tmp_path, email, steps, top) == ()


@pytest.mark.parametrize(
    ("email", "steps", "needed", "hint"),
    [
        ("{{ order.totl }}", SEND, "order.totl", "did you mean 'order.total'?"),
        ("{{ greeting }}", SEND, "greeting", "give it in the step: 'with: {greeting: …}'"),
        ("{{ event.category }}", SEND, "event.category", "did you mean 'order.category'?"),
        ("{{ offer.code }}", SEND, "offer.code", ""),
        ("{{ offer.expires }}", OFFER, "offer.expires", ""),
        ("{{ survey.url }}", SEND, "survey.url", ""),
    ],
)
def test_a_value_that_is_not_available_is_told_at_the_step(
    email: str, steps: str, needed: str, hint: str, tmp_path: Path
) -> None:
    (problem,) = problems(tmp_path, email, steps)
    assert (problem.code, problem.line) == ("J014", 5)
    assert problem.message == f"template 'hello' (email) needs '{needed}', which is not available here"
    assert problem.hint == hint


def test_a_template_without_a_file_is_told_in_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    workspace = loaded(tmp_path, TemplateInventory(tmp_path / "templates"), catalog=ONE, example=a_journey(SEND))
    assert [(problem.file, problem.code, problem.message) for problem in workspace.problems] == [
        ("catalog.yaml", "J014", "no file templates/email/hello.vi.txt"),
        ("catalog.yaml", "J014", "no file templates/sms/hello.vi.txt"),
    ]


def test_a_template_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "{{ order.total", SEND)
    assert problem.code == "J014"
    assert problem.message.startswith("template 'hello' cannot be read: email/hello.vi.txt:3:")


def test_the_names_of_a_short_text_are_found() -> None:
    assert names_in("a {{ csat.score }}/5 {% if order.total > 3 %}{{ customer.name | upper }}{% endif %}") == {
        "csat.score",
        "order.total",
        "customer.name",
    }


@pytest.mark.parametrize("text", ["{{ a", "{% if %}", "{{ " + "(" * 3_000, "{{ " + "9" * 9_000 + " }}", "{{ a | x( }}"])
def test_a_short_text_that_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(PhraseError) as caught:
        names_in(text)
    assert caught.value.code == "J012"
    assert isinstance(caught.value, CareError)


def test_part_of_a_name_is_available_when_the_name_is() -> None:
    assert is_available("survey.links.first", {"survey.links"})
    assert is_available("customer", {"customer.name"})
    assert not is_available("customer.nam", {"customer.name"})
