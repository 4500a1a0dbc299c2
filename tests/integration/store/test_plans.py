from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from care.domain.catalogue import Catalogue, Field
from care.domain.conditions import Group, Named
from care.domain.decisions import Left
from care.domain.journey import EndRule, Plan, Row, Table
from care.domain.rulebook import CustomerType, TypeRule
from care.store import enrolments, plans
from care.store.engine import reading, writing
from care.store.plans import Draft, NothingPublished, Publication, RefusedPublication, RulebookCache
from tests.builders import CATALOGUE, HAPPY, UNHAPPY, a_plan, branch, field, offer, send, survey, ticket, wait, wait_for
from tests.builders import days as length
from tests.integration.store.telling import NOON, enrol, minutes

VIP = Named("rich", Group("any", (field("customer.spent", "at least", 50_000_000), field("a", "at least", 0.5))))
TYPES = (CustomerType("customer.type", (TypeRule(VIP, "vip", 3), TypeRule(None, "new", 9))),)


def _plan(name: str = "care", version: str = "1", *steps: object) -> Plan:
    return replace(a_plan(*(steps or (send("hello"),)), journey=name), hash=f"{name}-{version}", revision=0)  # type: ignore[arg-type]


def _draft(*journeys: Plan, catalogue: Catalogue = CATALOGUE) -> Draft:
    return Draft(NOON, "Lan", "thử", catalogue, TYPES, journeys, {"care.yaml": "journey: care\ntitle: Chăm sóc\n"})


def _publish(store: Engine, *journeys: Plan, catalogue: Catalogue = CATALOGUE) -> Publication:
    with writing(store) as conn:
        return plans.publish(conn, _draft(*journeys, catalogue=catalogue))


def test_a_publication_is_read_back_as_it_was_published(store: Engine) -> None:
    rich = replace(
        CATALOGUE, fields={"a": Field("a", "choice", ("x", "y")), "b": Field("b", "number", low=0, high=0.5)}
    )
    published = _publish(store, _plan(), _plan("other"), catalogue=rich)
    with reading(store) as conn:
        assert plans.latest(conn) == published
        assert plans.newest(conn) == 1
    assert (published.revision, published.at, published.by, published.note) == (1, NOON, "Lan", "thử")
    assert published.journeys == {"care": ("care-1", 1), "other": ("other-1", 1)}
    assert published.catalogue == rich
    assert published.types == TYPES
    assert published.sources == {"care.yaml": "journey: care\ntitle: Chăm sóc\n"}


def test_before_the_first_publication_there_is_nothing_to_load(store: Engine) -> None:
    with reading(store) as conn:
        assert plans.latest(conn) is None
        assert plans.newest(conn) is None
        assert plans.plan(conn, "care-1") is None
        with pytest.raises(NothingPublished, match="care rules publish"):
            plans.load_rulebook(conn)


def test_a_plan_keeps_every_step_type_and_line(store: Engine) -> None:
    table = Table(
        "pick", ("a",), ("offer", "x"), (Row((HAPPY.test,), ("gift", "1"), 5), Row((None,), ("none", "2"), 6)), 4
    )
    whole = replace(
        _plan("care", "1", send("hello"), wait(1), survey(length(7), length(2)), ticket(sla=length(1)), offer("pick")),
        paths={
            "steps": (send("hello"), wait(3), branch((UNHAPPY, "p"), (VIP, "continue"), (None, "exit"))),
            "p": (wait_for("order.placed", length(2)), ticket(escalate_to="leads"), offer("pick"), survey()),
        },
        audience=field("customer.spent", "between", 1, 2.0),
        audience_line=12,
        goal=EndRule("order.placed", HAPPY, "customer", 60, 9),
        exit_when=(EndRule("order.returned", line=11),),
        tables={"pick": table},
    )
    _publish(store, whole)
    with reading(store) as conn:
        kept = plans.plan(conn, "care-1")
    assert kept == replace(whole, revision=1)
    assert repr(kept) == repr(replace(whole, revision=1))


def test_a_changed_journey_gets_the_next_revision_and_an_unchanged_one_keeps_its_own(store: Engine) -> None:
    _publish(store, _plan(), _plan("other"))
    second = _publish(store, _plan("care", "2"), _plan("other"))
    back = _publish(store, _plan("care", "1"), _plan("other", "2"))
    third = _publish(store, _plan("care", "3"), _plan("other", "2"))
    assert second.journeys == {"care": ("care-2", 2), "other": ("other-1", 1)}
    assert back.journeys == {"care": ("care-1", 1), "other": ("other-2", 2)}
    assert third.journeys == {"care": ("care-3", 3), "other": ("other-2", 2)}
    assert third.revision == 4


def test_a_published_plan_is_never_overwritten(store: Engine) -> None:
    _publish(store, _plan())
    _publish(store, replace(_plan(), title="same rules, moved down a line"))
    with reading(store) as conn:
        kept = plans.plan(conn, "care-1")
    assert kept == replace(_plan(), revision=1)


def test_publications_that_race_get_numbers_of_their_own(store: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: _publish(store, _plan("care", str(number))), range(8)))
    assert sorted(each.revision for each in made) == list(range(1, 9))
    assert sorted(each.journeys["care"][1] for each in made) == list(range(1, 9))


def test_customers_on_their_way_keep_their_plan_and_new_ones_enter_the_new_one(store: Engine) -> None:
    _publish(store, _plan(), _plan("gone"))
    with writing(store) as conn:
        enrol(conn, "c_1", "e_1", plan="care-1")
        enrol(conn, "c_1", "e_2", plan="gone-1")
    _publish(store, _plan("care", "2"))
    with writing(store) as conn:
        book = plans.load_rulebook(conn)
        assert {name: walked.plan.hash for name, walked in book.entering.items()} == {"care": "care-2"}
        assert set(book.plans) == {"care-1", "care-2", "gone-1"}
        assert [book.plans[each].plan.revision for each in ("care-1", "care-2")] == [1, 2]
        assert (book.revision, book.catalogue, book.types) == (2, CATALOGUE, TYPES)
        enrolments.leave(conn, [_left("e_1"), _left("e_2")])
        assert set(plans.load_rulebook(conn).plans) == {"care-2"}


def _left(enrolment: str) -> Left:
    return Left(enrolment, minutes(5), "completed")


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ({"templates": {}}, "template 'hello'"),
        ({"queues": {}}, "queue 'care_team'"),
        ({"offers": {}}, "offer 'gift'"),
    ],
)
def test_what_a_customer_on_the_way_still_needs_cannot_be_taken_away(
    store: Engine, lost: dict[str, object], said: str
) -> None:
    _publish(store, _plan("care", "1", send("hello"), ticket(), offer()))
    poorer = replace(CATALOGUE, **lost)  # type: ignore[arg-type]
    with writing(store) as conn:
        enrol(conn, "c_1", plan="care-1")
    with pytest.raises(RefusedPublication) as problem:
        _publish(store, _plan("new", "1", wait(1)), catalogue=poorer)
    assert said in str(problem.value)
    assert "care (revision 1, care.yaml)" in str(problem.value)
    with writing(store) as conn:
        assert plans.newest(conn) == 1
        enrolments.leave(conn, [_left("e_1")])
    assert _publish(store, _plan("new", "1", wait(1)), catalogue=poorer).revision == 2


def test_the_cache_reads_again_only_after_a_publication(store: Engine) -> None:
    cache = RulebookCache(store)
    with pytest.raises(NothingPublished):
        cache.current()
    _publish(store, _plan())
    first = cache.current()
    assert cache.current() is first
    _publish(store, _plan("care", "2"))
    with writing(store) as conn:
        second = cache.current(conn)
    assert second.entering["care"].plan.hash == "care-2"
    assert cache.current() is second


def test_the_cache_finds_a_plan_someone_entered_while_it_was_reading(store: Engine) -> None:
    _publish(store, _plan())
    _publish(store, _plan("care", "2"))
    cache = RulebookCache(store)
    assert set(cache.current().plans) == {"care-2"}
    with writing(store) as conn:
        enrol(conn, "c_1", plan="care-1")
    assert set(cache.current(needing=["care-1", "care-2"]).plans) == {"care-1", "care-2"}
    assert set(cache.current().plans) == {"care-1", "care-2"}
