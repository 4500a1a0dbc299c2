from dataclasses import replace

from care.domain.catalogue import Endpoint
from care.domain.journey import Row, Table
from care.domain.references import missing_names, references
from care.domain.steps import Webhook
from tests.builders import CATALOGUE, a_plan, hours, offer, send, survey, ticket, wait


def test_a_plan_names_what_its_steps_use_on_every_path() -> None:
    plan = a_plan(
        send("hello"), wait(1), survey(), paths={"sorry": (ticket(escalate_to="leads"),), "glad": (offer("gift"),)}
    )
    used = references(plan)
    assert used.templates == {"hello", "ask"}
    assert used.queues == {"care_team", "leads"}
    assert used.offers == {"gift"}


def test_what_a_table_may_choose_is_named_too_but_none_is_not_a_name() -> None:
    rows = tuple(Row((None,), (name, "5%"), line) for line, name in enumerate(("gift", "voucher", "none")))
    table = Table("pick", ("customer.type",), ("offer", "discount"), rows, 1)
    plan = replace(a_plan(offer("pick")), tables={"pick": table})
    assert references(plan).offers == {"gift", "voucher"}
    assert missing_names(plan, CATALOGUE) == ("offer 'voucher'",)


def test_a_plan_misses_nothing_in_the_catalogue_it_was_made_with() -> None:
    plan = a_plan(send("hello"), ticket(), offer())
    assert missing_names(plan, CATALOGUE) == ()
    assert missing_names(plan, replace(CATALOGUE, templates={}, queues={}, offers={})) == (
        "template 'hello'",
        "queue 'care_team'",
        "offer 'gift'",
    )


def test_an_endpoint_that_a_plan_calls_may_not_go_either() -> None:
    plan = a_plan(Webhook("webhook:crm", 1, "crm", hours(1)))
    assert references(plan).endpoints == {"crm"}
    assert missing_names(plan, CATALOGUE) == ("endpoint 'crm'",)
    known = replace(CATALOGUE, endpoints={"crm": Endpoint("crm", "https://crm.example/hooks")})
    assert missing_names(plan, known) == ()
