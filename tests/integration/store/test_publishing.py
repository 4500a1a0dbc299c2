import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select

from care.cli import publishing as from_the_command_line
from care.domain.enrolment import Wanted
from care.domain.errors import CareError
from care.domain.happenings import EXITED, MOVED
from care.domain.journey import Plan
from care.domain.steps import Step
from care.store import batches, controls, enrolments, inbox, plans, publishing, schema
from care.store.engine import reading, writing
from care.store.plans import RefusedPublication
from care.store.publishing import DraftMovedError, NoCounterpartError, Proposal, Wishes
from tests.builders import CATALOGUE, a_plan, branch, send, wait
from tests.integration.store.inside import a_draft, apply, propose, publish, stands
from tests.integration.store.telling import NOON, minutes

WAITS = "wait:3 days"


def a_version(number: int, *steps: Step, journey: str = "care", **paths: tuple[Step, ...]) -> Plan:
    return replace(a_plan(*steps, journey=journey, paths=paths), hash=f"{journey}-{number}", revision=0)


FIRST = a_version(1, send("hello"), wait(3), send("bye"))
SECOND = a_version(2, send("hello"), wait(3), send("hint"), send("bye"))
OTHER = a_version(1, wait(3), journey="other")


@pytest.fixture
def published(store: Engine) -> Engine:
    with writing(store) as conn:
        publish(conn, FIRST, OTHER)
    return store


def fates(proposal: Proposal, journey: str = "care") -> dict[str, str]:
    [plan] = [each for each in proposal.journeys if each.journey == journey]
    return {each.shop_id: each.fate for each in plan.inside}


def kinds(proposal: Proposal) -> dict[str, str]:
    return {each.journey: each.kind for each in proposal.journeys}


def commands(store: Engine, batch: str) -> list[tuple[str, dict[str, object]]]:
    """Whom a batch commands what, by the shop's id."""
    with reading(store) as conn:
        rows = inbox.rows(conn, [row for _, row in batches.undecided(conn, batch)])
    return [(row.event.customer_id, {"type": row.type, **row.event.data}) for row in rows]


def counted(store: Engine) -> tuple[int, ...]:
    with reading(store) as conn:
        tables = (schema.publications, schema.plans, schema.batches, schema.inbox)
        return tuple(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def test_the_first_publication_is_all_new(store: Engine) -> None:
    with writing(store) as conn:
        proposal = propose(conn, FIRST, OTHER)
        assert kinds(proposal) == {"care": "new", "other": "new"}
        assert (proposal.published, proposal.changes_nothing) == (None, False)
        done = publishing.apply(conn, proposal)
        assert (done.publication.revision, done.batches, done.publication.choices) == (1, (), {})


def test_each_journey_is_new_changed_unchanged_or_gone(published: Engine) -> None:
    third = a_version(1, wait(1), journey="third")
    with writing(published) as conn:
        proposal = propose(conn, SECOND, third)
        assert kinds(proposal) == {"care": "changed", "other": "gone", "third": "new"}
        care, other, new = proposal.journeys
        assert [change.text for change in care.changes] == [f"send:hint added to steps, after {WAITS}"]
        assert (care.revision, other.revision, new.revision) == (1, 1, 0)
        assert kinds(propose(conn, FIRST, OTHER)) == {"care": "unchanged", "other": "unchanged"}


def test_the_same_rules_again_change_nothing_unless_somebody_is_to_go(published: Engine) -> None:
    poorer = replace(CATALOGUE, templates={**CATALOGUE.templates, "more": CATALOGUE.templates["hello"]})
    with writing(published) as conn:
        assert propose(conn, FIRST, OTHER).changes_nothing
        assert propose(conn, FIRST, OTHER, running="migrate").changes_nothing
        assert not propose(conn, FIRST, OTHER, catalogue=poorer).changes_nothing
        stands(conn, "KH-1", FIRST, WAITS)
        assert propose(conn, FIRST, OTHER, running="migrate").changes_nothing
        publish(conn, SECOND, OTHER)
        assert propose(conn, SECOND, OTHER).changes_nothing
        assert not propose(conn, SECOND, OTHER, running="migrate").changes_nothing
        assert not propose(conn, SECOND, OTHER, running="leave").changes_nothing


def test_who_is_inside_is_told_by_name_with_what_becomes_of_them(published: Engine) -> None:
    with writing(published) as conn:
        stands(conn, "KH-2", FIRST, WAITS, name="Lan")
        key = stands(conn, "KH-1", FIRST, "send:bye", doing="sending", name="Nam")
        proposal = propose(conn, SECOND, OTHER, running="migrate")
        care = proposal.journeys[0]
        assert [(each.name, each.step, each.fate, each.lands) for each in care.inside] == [
            ("Nam", "send:bye", "moves later", "send:bye"),
            ("Lan", WAITS, "moves", WAITS),
        ]
        assert (care.inside[0].customer, care.inside[0].revision) == (key, 1)
        assert [each.shop_id for each in care.at_step(WAITS)] == ["KH-2"]
        assert fates(propose(conn, SECOND, OTHER)) == {"KH-1": "stays", "KH-2": "stays"}
        assert fates(propose(conn, SECOND, OTHER, running="leave")) == {"KH-1": "leaves", "KH-2": "leaves"}


def test_pinned_customers_keep_their_plan_and_get_no_command(published: Engine) -> None:
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
        done = apply(conn, SECOND, OTHER)
        assert (done.batches, done.publication.choices) == ((), {"care": "pin", "other": "pin"})
        assert plans.load_rulebook(conn).plans.keys() == {"care-1", "care-2", "other-1"}


def test_migrated_customers_get_a_command_to_move(published: Engine) -> None:
    with writing(published) as conn:
        for name in ("KH-1", "KH-2"):
            stands(conn, name, FIRST, WAITS)
        stands(conn, "KH-3", OTHER, WAITS)
        done = apply(conn, SECOND, OTHER, journeys={"care": "migrate"})
    [batch] = done.batches
    assert (batch.kind, batch.journey, batch.plan, batch.revision) == ("move", "care", "care-2", 2)
    assert (batch.by, batch.members, done.publication.choices) == ("Hoa", 2, {"care": "migrate", "other": "pin"})
    told = {"type": MOVED, "journey": "care", "plan": "care-2", "steps": (), "publication": 2}
    assert commands(published, batch.id) == [("KH-1", told), ("KH-2", told)]


def test_those_who_leave_get_a_command_that_spares_the_new_plan(published: Engine) -> None:
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
        done = apply(conn, SECOND, OTHER, journeys={"care": "leave"})
    note = "left when revision 2 was published"
    told = {"type": EXITED, "journey": "care", "keeping": "care-2", "note": note, "publication": 2}
    assert [batch.kind for batch in done.batches] == ["leave"]
    assert commands(published, done.batches[0].id) == [("KH-1", told)]


def test_a_journey_that_is_gone_lets_its_customers_finish_or_leave_but_they_cannot_move(published: Engine) -> None:
    with writing(published) as conn:
        stands(conn, "KH-1", OTHER, WAITS)
        assert fates(propose(conn, FIRST), "other") == {"KH-1": "stays"}
        with pytest.raises(NoCounterpartError, match="1 customer stands at wait:3 days of other: the journey is gone"):
            apply(conn, FIRST, running="migrate")
        done = apply(conn, FIRST, journeys={"other": "leave"})
        assert [(batch.kind, batch.plan, batch.members) for batch in done.batches] == [("leave", "", 1)]


def test_a_journey_that_comes_back_can_take_those_along_who_were_inside_all_the_time(published: Engine) -> None:
    back = a_version(2, wait(3), send("bye"), journey="other")
    with writing(published) as conn:
        stands(conn, "KH-1", OTHER, WAITS)
        publish(conn, FIRST)
        proposal = propose(conn, FIRST, back, running="migrate")
        assert (kinds(proposal)["other"], fates(proposal, "other")) == ("new", {"KH-1": "moves"})
        done = publishing.apply(conn, proposal)
        assert [(batch.kind, batch.plan) for batch in done.batches] == [("move", "other-2")]
        assert done.publication.choices["other"] == "migrate"


def test_who_cannot_move_stops_the_publication_with_a_count(published: Engine) -> None:
    gone = a_version(3, send("hello"), send("bye"))
    with writing(published) as conn:
        for name in ("KH-1", "KH-2"):
            stands(conn, name, FIRST, WAITS)
        stands(conn, "KH-3", FIRST, "send:bye", doing="sending")
        proposal = propose(conn, gone, OTHER, running="migrate")
        assert [each.shop_id for each in proposal.journeys[0].stuck] == ["KH-1", "KH-2"]
        with pytest.raises(NoCounterpartError) as problem:
            publishing.apply(conn, proposal)
    said = str(problem.value)
    assert said.startswith("J060 2 customers stand at wait:3 days of care: step wait:3 days is not in the new plan")
    assert "--map JOURNEY:wait:3 days=NEW_STEP" in said
    assert "--strays-stay" in said
    assert counted(published) == (1, 2, 0, 3)


def test_strays_stay_where_they_are_when_their_author_says_so(published: Engine) -> None:
    gone = a_version(3, send("hello"), send("bye"))
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
        done = apply(conn, gone, OTHER, strays=True, running="migrate")
    assert (done.publication.revision, done.batches[0].members) == (2, 1)


def test_the_authors_map_says_where_a_step_went(published: Engine) -> None:
    renamed = a_version(3, send("hello"), wait(9, "a_longer_rest"), wait(3, "another"), send("bye"))
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
        assert fates(propose(conn, renamed, OTHER, running="migrate")) == {"KH-1": "cannot move"}
        proposal = propose(conn, renamed, OTHER, running="migrate", steps={"care": {WAITS: "a_longer_rest"}})
        [affected] = proposal.journeys[0].inside
        assert (affected.fate, affected.lands) == ("moves", "a_longer_rest")
        done = publishing.apply(conn, proposal)
    assert commands(published, done.batches[0].id)[0][1]["steps"] == ("wait:3 days=a_longer_rest",)


def test_a_wait_whose_words_changed_in_its_place_is_found_without_a_map(published: Engine) -> None:
    longer = a_version(3, send("hello"), wait(9), send("bye"))
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
        proposal = propose(conn, longer, OTHER, running="migrate")
        assert [(each.fate, each.lands) for each in proposal.journeys[0].inside] == [("moves", "wait:9 days")]
        done = publishing.apply(conn, proposal)
    assert commands(published, done.batches[0].id)[0][1]["steps of care-1"] == ("wait:3 days=wait:9 days",)


def test_customers_of_several_revisions_each_go_where_their_own_steps_went(published: Engine) -> None:
    first = a_version(4, wait(3), send("hello"), send("bye"), journey="other")
    second = a_version(5, wait(1), send("hello"), wait(3), send("bye"), journey="other")
    third = a_version(6, wait(8), send("hello"), wait(9), send("bye"), journey="other")
    with writing(published) as conn:
        publish(conn, FIRST, first)
        publish(conn, FIRST, second)
        stands(conn, "KH-1", first, WAITS)
        stands(conn, "KH-2", second, WAITS)
        proposal = propose(conn, FIRST, third, running="migrate")
        lands = {each.shop_id: each.lands for each in proposal.journeys[1].inside}
        done = publishing.apply(conn, proposal)
    assert lands == {"KH-1": "wait:8 days", "KH-2": "wait:9 days"}
    told = commands(published, done.batches[0].id)[0][1]
    assert told["steps of other-4"] == ("wait:3 days=wait:8 days",)
    assert told["steps of other-5"] == ("wait:1 days=wait:8 days", "wait:3 days=wait:9 days")


def test_inside_a_path_the_customers_fate_is_told_by_the_innermost_step(store: Engine) -> None:
    old = a_version(1, branch((None, "aside")), aside=(wait(3),))
    elsewhere = a_version(2, branch((None, "beside")), aside=(wait(3),), beside=(send("hello"),))
    with writing(store) as conn:
        publish(conn, old)
        stands(conn, "KH-1", old, "branch", WAITS)
        [affected] = propose(conn, elsewhere, running="migrate").journeys[0].inside
    assert (affected.step, affected.fate) == (WAITS, "cannot move")
    assert affected.trouble == "step wait:3 days stands in path aside now, where branch does not lead"


def test_a_wish_for_a_journey_that_is_not_there_is_refused(published: Engine) -> None:
    with writing(published) as conn:
        for wishes in ({"journeys": {"cra": "migrate"}}, {"steps": {"cra": {"a": "b"}}}):
            with pytest.raises(CareError, match="there is no journey 'cra'; there are: care, other"):
                propose(conn, FIRST, OTHER, **wishes)


def test_the_token_is_of_these_rules_over_that_publication_with_these_choices(published: Engine) -> None:
    richer = replace(CATALOGUE, templates={**CATALOGUE.templates, "more": CATALOGUE.templates["hello"]})
    with writing(published) as conn:
        token = propose(conn, SECOND, OTHER).token
        stands(conn, "KH-1", FIRST, WAITS)
        assert propose(conn, OTHER, SECOND).token == token
        assert propose(conn, replace(SECOND, title="Chăm sóc"), OTHER).token == token
        assert publishing.propose(conn, a_draft(SECOND, OTHER, at=minutes(5), by="Nam"), Wishes()).token == token
        tokens = [
            token,
            propose(conn, a_version(3, send("hello")), OTHER).token,
            propose(conn, SECOND).token,
            propose(conn, SECOND, OTHER, catalogue=richer).token,
            propose(conn, SECOND, OTHER, running="migrate").token,
            propose(conn, SECOND, OTHER, journeys={"care": "migrate"}).token,
            propose(conn, SECOND, OTHER, steps={"care": {"a": "b"}}).token,
        ]
        publish(conn, FIRST, OTHER)
        tokens.append(propose(conn, SECOND, OTHER).token)
    assert len(set(tokens)) == len(tokens)


def test_only_what_was_shown_can_be_confirmed(published: Engine) -> None:
    with writing(published) as conn:
        proposal = propose(conn, SECOND, OTHER)
        publishing.confirm(proposal, proposal.token)
        with pytest.raises(DraftMovedError, match="is not what would be published now"):
            publishing.confirm(proposal, propose(conn, FIRST, OTHER).token)


def test_nothing_is_half_applied_when_the_catalogue_lost_what_somebody_needs(published: Engine) -> None:
    # The one who waits would move away from the plan that needs it, but may still be in it for a while.
    poorer = replace(CATALOGUE, templates={"hello": CATALOGUE.templates["hello"]})
    new = a_version(2, send("hello"), wait(3))
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
    before = counted(published)
    with pytest.raises(RefusedPublication, match="template 'bye'"), writing(published) as conn:
        publishing.apply(conn, propose(conn, new, OTHER, catalogue=poorer, running="migrate"))
    assert counted(published) == before
    with reading(published) as conn:
        assert plans.newest(conn) == 1
        assert plans.plan(conn, "care-2") is None


def test_going_back_publishes_the_earlier_plan_once_more_and_takes_customers_back(published: Engine) -> None:
    with writing(published) as conn:
        publish(conn, SECOND, OTHER)
        stands(conn, "KH-1", SECOND, WAITS)
        stands(conn, "KH-2", FIRST, WAITS)
        draft = from_the_command_line.revision_draft(conn, 1, "Hoa", "")
        proposal = publishing.propose(conn, draft, Wishes("migrate"))
        assert fates(proposal) == {"KH-1": "moves"}
        done = publishing.apply(conn, proposal)
        assert (done.publication.revision, done.publication.journeys["care"]) == (3, ("care-1", 1))
        assert (done.publication.note, done.batches[0].plan) == ("back to revision 1", "care-1")
        assert plans.load_rulebook(conn).entering["care"].plan.revision == 1
        with pytest.raises(CareError, match="there is no revision 9; the newest is 3"):
            from_the_command_line.revision_draft(conn, 9, "Hoa", "")


def test_going_back_takes_a_move_back_that_was_only_wanted(published: Engine) -> None:
    with writing(published) as conn:
        publish(conn, SECOND, OTHER)
        stands(conn, "KH-1", FIRST, "send:bye", doing="sending", moving=Wanted("care-2"))
        stands(conn, "KH-2", FIRST, WAITS)
        proposal = propose(conn, FIRST, OTHER, running="migrate")
        assert fates(proposal) == {"KH-1": "stays"}
        assert not proposal.changes_nothing
        done = publishing.apply(conn, proposal)
    assert [name for name, _ in commands(published, done.batches[0].id)] == ["KH-1"]


def test_of_two_who_publish_at_once_one_is_told_that_something_else_is_published_now(published: Engine) -> None:
    together = threading.Barrier(2)

    def publish_one(number: int) -> str:
        draft = a_draft(a_version(number, send("hello"), wait(3), wait(number)), OTHER)
        proposal = from_the_command_line.propose(published, draft, Wishes())
        together.wait(10)
        try:
            return str(from_the_command_line.publish(published, proposal, proposal.token).publication.revision)
        except DraftMovedError:
            return "moved"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(publish_one, (8, 9))) == ["2", "moved"]
    with reading(published) as conn:
        assert plans.newest(conn) == 2


def test_whoever_came_since_the_plan_was_shown_goes_along(published: Engine) -> None:
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
        proposal = propose(conn, SECOND, OTHER, running="migrate")
        stands(conn, "KH-2", FIRST, WAITS)
        done = publishing.apply(conn, proposal)
    assert [name for name, _ in commands(published, done.batches[0].id)] == ["KH-1", "KH-2"]


def test_publishing_asks_the_store_as_often_for_many_customers_as_for_one(published: Engine) -> None:
    with writing(published) as conn:
        for number in range(300):
            stands(conn, f"KH-{number:03}", FIRST, WAITS)
        proposal = propose(conn, a_version(3, send("hello"), wait(9), send("bye")), OTHER, running="migrate")
        assert len(proposal.journeys[0].inside) == 300
        assert {each.lands for each in proposal.journeys[0].inside} == {"wait:9 days"}


def test_a_paused_journey_can_be_published_and_its_customers_told_to_move(published: Engine) -> None:
    with writing(published) as conn:
        stands(conn, "KH-1", FIRST, WAITS)
        controls.begin(conn, controls.Control(0, "care", "pause", "freeze", NOON, "Mai", "", None, ""))
        assert apply(conn, SECOND, OTHER, running="migrate").batches[0].members == 1
        assert enrolments.running(conn) == {"care": 1}
