from dataclasses import replace

from sqlalchemy import Engine

from care.store import controls
from care.store.controls import Control, Kind
from care.store.engine import reading, writing
from care.store.overview import JourneyOverview, overview
from tests.builders import a_plan, wait
from tests.integration.store.inside import publish, stands
from tests.integration.store.telling import NOON, minutes

CARE, OTHER = (
    replace(a_plan(wait(3), journey=name), hash=f"{name}-1", title=title)
    for name, title in (("care", "Chăm sóc"), ("other", "Khác"))
)
NEWER = replace(CARE, hash="care-2")


def hold(store: Engine, kind: Kind, clock: str = "", note: str = "") -> None:
    with writing(store) as conn:
        controls.begin(conn, Control(0, "care", kind, clock, NOON, "Mai", note, None, ""))


def states(store: Engine) -> dict[str, str]:
    with reading(store) as conn:
        return {each.journey: each.state for each in overview(conn)}


def test_before_anything_is_published_there_is_nothing_to_see(store: Engine) -> None:
    assert states(store) == {}


def test_every_journey_shows_its_revision_and_everybody_inside_in_whatever_revision(store: Engine) -> None:
    with writing(store) as conn:
        publish(conn, CARE, OTHER)
        stands(conn, "KH-1", CARE, "wait:3 days")
        publish(conn, NEWER, OTHER)
        stands(conn, "KH-2", NEWER, "wait:3 days")
        stands(conn, "KH-2", NEWER, "wait:3 days")
        assert overview(conn) == [
            JourneyOverview("care", "Chăm sóc", 2, 3, "open"),
            JourneyOverview("other", "Khác", 1, 0, "open"),
        ]


def test_a_journey_nobody_enters_any_more_is_shown_until_the_last_one_has_left(store: Engine) -> None:
    with writing(store) as conn:
        publish(conn, CARE, OTHER)
        stands(conn, "KH-1", OTHER, "wait:3 days")
        publish(conn, CARE)
        last = overview(conn)[-1]
    assert (last.journey, last.revision, last.inside) == ("other", 0, 1)
    assert last.state == "nobody enters any more; those inside finish"


def test_what_operators_decided_is_said_with_their_names_and_reasons(store: Engine) -> None:
    with writing(store) as conn:
        publish(conn, CARE, OTHER)
    hold(store, "pause", "freeze", "giá sai")
    assert states(store) == {"care": "paused by Mai, waits stand still: giá sai", "other": "open"}
    hold(store, "entry")
    assert states(store)["care"] == "paused by Mai, waits stand still: giá sai; entry stopped by Mai"
    with writing(store) as conn:
        controls.end(conn, "care", "pause", "Mai", minutes(5))
    hold(store, "pause", "run")
    assert states(store)["care"] == "paused by Mai, waits run on; entry stopped by Mai"
