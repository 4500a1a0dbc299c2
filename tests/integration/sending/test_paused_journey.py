"""The sender looks at the journey's pause at the moment of sending, whatever the planner saw."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from care.store import controls
from care.store.controls import Control
from care.store.engine import writing
from tests.integration.sending.shop import Recorder, Shop
from tests.integration.store.telling import NOON, minutes


def pause(shop: Shop, journey: str, clock: str) -> None:
    with writing(shop.engine) as conn:
        controls.begin(conn, Control(0, journey, "pause", clock, NOON, "Mai", "", None, ""))


@pytest.mark.parametrize("clock", ["freeze", "run"])
async def test_a_message_of_a_paused_journey_is_put_off_and_leaves_when_the_journey_goes_on(
    store: Engine, tmp_path: Path, clock: str
) -> None:
    email = Recorder()
    shop = Shop(store, tmp_path / "templates", {"email": email})
    order = shop.order()
    pause(shop, "care", clock)
    paused = await shop.send(order)
    assert (paused.outcome, paused.code, paused.until) == ("deferred", "journey_paused", None)
    assert (email.messages, shop.claim(order).phase) == ([], "released")
    with writing(store) as conn:
        controls.end(conn, "care", "pause", "Mai", minutes(5))
    assert (await shop.send(order)).outcome == "sent"
    assert len(email.messages) == 1


async def test_another_journeys_pause_holds_nothing_back(store: Engine, tmp_path: Path) -> None:
    shop = Shop(store, tmp_path / "templates", {"email": Recorder()})
    pause(shop, "other", "freeze")
    with writing(store) as conn:
        controls.begin(conn, Control(0, "care", "entry", "", NOON, "Mai", "", None, ""))
    assert (await shop.send(shop.order())).outcome == "sent"
