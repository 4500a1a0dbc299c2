from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from care.domain.controls import NO_CONTROLS, Controls, JourneyPause
from care.store import controls
from care.store.controls import Control, ControlError, Kind
from care.store.engine import reading, writing
from care.store.plans import RulebookCache
from tests.builders import a_plan, send
from tests.integration.store.inside import publish
from tests.integration.store.telling import NOON, minutes


def a_control(kind: Kind = "pause", journey: str = "care", at: float = 0, **more: str) -> Control:
    given = {"clock": "freeze" if kind == "pause" else "", "by": "Mai", "note": "", **more}
    return Control(0, journey, kind, since=minutes(at), until=None, ended_by="", **given)


def test_without_a_word_of_an_operator_every_journey_is_open(store: Engine) -> None:
    with reading(store) as conn:
        assert controls.current(conn) == NO_CONTROLS
        assert conn.execute(controls.VERSION).scalar_one() == 0
        assert controls.listing(conn) == []


def test_a_pause_holds_until_it_is_ended_and_is_kept_afterwards(store: Engine) -> None:
    with writing(store) as conn:
        controls.begin(conn, a_control(note="giá sai", clock="run"))
        standing = controls.in_force(conn, "care", "pause")
        assert standing == Control(1, "care", "pause", "run", NOON, "Mai", "giá sai", None, "")
        assert controls.current(conn).pause_of("care") == JourneyPause(NOON, "run")
        assert controls.current(conn).pause_of("other") is None
        assert controls.end(conn, "care", "pause", "Hoa", minutes(30)) == standing
    with reading(store) as conn:
        assert controls.in_force(conn, "care", "pause") is None
        assert controls.current(conn) == Controls({"care": (JourneyPause(NOON, "run", minutes(30)),)}, {})
        assert [(each.until, each.ended_by) for each in controls.listing(conn)] == [(minutes(30), "Hoa")]


def test_every_pause_is_kept_oldest_first_and_the_list_begins_with_the_newest(store: Engine) -> None:
    with writing(store) as conn:
        for at in (0, 20, 40):
            controls.begin(conn, a_control(at=at))
            if at < 40:
                controls.end(conn, "care", "pause", "Mai", minutes(at + 10))
        controls.begin(conn, a_control(journey="other"))
        pauses = controls.current(conn).pauses["care"]
        assert [(pause.since, pause.until) for pause in pauses] == [
            (NOON, minutes(10)),
            (minutes(20), minutes(30)),
            (minutes(40), None),
        ]
        assert [each.number for each in controls.listing(conn, "care")] == [3, 2, 1]
        assert [each.journey for each in controls.listing(conn)] == ["other", "care", "care", "care"]


def test_nobody_enters_a_closed_journey_and_the_reason_is_in_words(store: Engine) -> None:
    with writing(store) as conn:
        controls.begin(conn, a_control("entry", note="hết hàng"))
        controls.begin(conn, a_control("entry", "other"))
        assert controls.current(conn).closed == {
            "care": "entry was stopped by Mai: hết hàng",
            "other": "entry was stopped by Mai",
        }
        controls.end(conn, "care", "entry", "Hoa", minutes(1))
        assert set(controls.current(conn).closed) == {"other"}


@pytest.mark.parametrize(("kind", "word"), [("pause", "paused"), ("entry", "closed for entry")])
def test_what_is_so_already_or_is_not_so_is_an_error_that_says_which(store: Engine, kind: Kind, word: str) -> None:
    with writing(store) as conn:
        with pytest.raises(ControlError, match=f"journey 'care' is not {word}"):
            controls.end(conn, "care", kind, "Hoa", NOON)
        controls.begin(conn, a_control(kind))
        with pytest.raises(ControlError, match=f"journey 'care' is {word} already, by Mai"):
            controls.begin(conn, a_control(kind, at=5))
        controls.begin(conn, a_control(kind, "other"))
        assert len(controls.listing(conn)) == 2


def test_a_journey_may_be_paused_and_closed_at_the_same_time(store: Engine) -> None:
    with writing(store) as conn:
        controls.begin(conn, a_control("pause"))
        controls.begin(conn, a_control("entry"))
        controls.end(conn, "care", "pause", "Mai", minutes(5))
        assert controls.in_force(conn, "care", "entry") is not None


def test_of_operators_who_pause_at_once_one_succeeds(store: Engine) -> None:
    def pause(name: str) -> str:
        try:
            with writing(store) as conn:
                controls.begin(conn, a_control(by=name))
        except ControlError as problem:
            return str(problem)
        return name

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(pause, ("Mai", "Hoa", "Lan", "Tú")))
    with reading(store) as conn:
        [standing] = controls.listing(conn)
    others = [answer for answer in answers if answer != standing.by]
    assert others == [f"journey 'care' is paused already, by {standing.by}"] * 3


def test_a_pause_never_ends_before_it_began_whatever_the_clocks_say(store: Engine) -> None:
    with writing(store) as conn:
        controls.begin(conn, a_control(at=5))
        controls.end(conn, "care", "pause", "Hoa", NOON)
        [pause] = controls.current(conn).pauses["care"]
    assert pause.until == pause.since


def test_the_rulebook_knows_of_a_pause_at_once_and_of_its_end(store: Engine) -> None:
    cache = RulebookCache(store)
    with writing(store) as conn:
        publish(conn, replace(a_plan(send("hello"), journey="care"), hash="care-1"))
    assert cache.current().controls == NO_CONTROLS
    with writing(store) as conn:
        controls.begin(conn, a_control())
        assert cache.current(conn).controls.is_frozen("care")
    assert cache.current().controls.is_frozen("care")
    assert cache.current() is cache.current()
    with writing(store) as conn:
        controls.end(conn, "care", "pause", "Mai", NOON + timedelta(hours=1))
    assert not cache.current().controls.is_frozen("care")
    assert cache.current().controls.pauses["care"][0].until == NOON + timedelta(hours=1)


def test_a_pause_that_was_taken_back_leaves_the_rulebook_as_it_was(store: Engine) -> None:
    cache = RulebookCache(store)
    with writing(store) as conn:
        publish(conn, replace(a_plan(send("hello"), journey="care"), hash="care-1"))

    def fail() -> None:
        with writing(store) as conn:
            controls.begin(conn, a_control())
            assert cache.current(conn).controls.is_frozen("care")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not cache.current().controls.is_frozen("care")
