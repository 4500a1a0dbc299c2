from sqlalchemy import Engine

from care.domain.decisions import Left
from care.domain.enrolment import CustomerState
from care.store import customers, enrolments
from care.store.engine import writing
from care.store.whereabouts import whereabouts
from tests.builders import a_plan, branch, send, wait
from tests.integration.store.inside import keep, stands
from tests.integration.store.telling import minutes, tell

CARE = a_plan(wait(3), branch((None, "aside")), journey="care", paths={"aside": (wait(1),)})
OTHER = a_plan(send("hello"), journey="other")


def test_everybody_inside_is_found_by_the_shops_id_with_their_name(store: Engine) -> None:
    with writing(store) as conn:
        stands(conn, "KH-2", CARE, "branch", "wait:1 days", name="Lan")
        key = stands(conn, "KH-1", OTHER, "send:hello", doing="sending")
        tell(conn, "customer.updated", customer={"id": "KH-3", "name": "Nam"})
        found = whereabouts(conn)
    assert [(each.shop_id, each.name, each.enrolment.journey) for each in found] == [
        ("KH-1", "", "other"),
        ("KH-2", "Lan", "care"),
    ]
    assert (found[0].customer, found[0].enrolment.doing) == (key, "sending")
    assert (found[1].enrolment.step, found[1].enrolment.at) == ("wait:1 days", ("branch", "wait:1 days"))


def test_of_a_customer_in_several_journeys_only_the_asked_for_ones_are_told(store: Engine) -> None:
    with writing(store) as conn:
        for plan, step in ((CARE, "wait:3 days"), (OTHER, "send:hello"), (CARE, "branch")):
            stands(conn, "KH-1", plan, step)
        assert [each.enrolment.step for each in whereabouts(conn, ["care"])] == ["wait:3 days", "branch"]
        assert [each.enrolment.step for each in whereabouts(conn, ["other"])] == ["send:hello"]
        assert len(whereabouts(conn, ["care", "other"])) == len(whereabouts(conn)) == 3
        assert whereabouts(conn, ["third"]) == []


def test_who_has_left_is_not_inside(store: Engine) -> None:
    with writing(store) as conn:
        key = stands(conn, "KH-1", CARE, "wait:3 days")
        stands(conn, "KH-1", OTHER, "send:hello")
        state = customers.state(conn, key)
        assert state is not None
        enrolments.leave(conn, [Left(state.enrolments[0].id, minutes(5), "completed")])
        keep(conn, CustomerState(key, minutes(5), state.enrolments[1:]))
        assert whereabouts(conn, ["care"]) == []
        assert [each.enrolment.journey for each in whereabouts(conn)] == ["other"]
