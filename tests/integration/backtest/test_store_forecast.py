"""A forecast from a store: what then really happens, as long as nobody does anything."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from care.backtest.habits import TICKET, Habits
from care.domain.orders import SendMessage
from care.forecast.forecasting import Outlook, forecast
from care.forecast.live import life_of
from care.forecast.sends import Sends
from care.store import lives, plans
from care.store.engine import reading
from care.store.lives import StoreLives
from tests.integration.backtest.weeks import Weeks, some_weeks
from tests.integration.web.shop import Shop, settings_in

AHEAD = timedelta(days=100)


@pytest.fixture
async def early(store: Engine, store_url: str, tmp_path: Path) -> Weeks:
    """The shop on its ninth day: a ticket is open, surveys wait for answers, waits run."""
    shop = Shop(store, settings_in(tmp_path, store_url))
    shop.publish()
    return await some_weeks(shop, timedelta(days=9, hours=3))


def outlook_of(weeks: Weeks, habits: Habits) -> Outlook:
    with reading(weeks.shop.engine) as conn:
        rulebook = plans.load_rulebook(conn)
    now = weeks.shop.clock()
    return Outlook(rulebook, habits, now, now + AHEAD)


def foreseen(weeks: Weeks, outlook: Outlook) -> list[tuple[datetime, str, str]]:
    source = StoreLives(weeks.shop.settings.database_url)
    source.open()
    found = []
    for stretch in source.stretches():
        for live in source.read(stretch, outlook.rulebook, outlook.now):
            for decision, _ in life_of(live, outlook.rulebook, outlook.habits, outlook.now).decisions(outlook.until):
                sent = [order for order in decision.orders if isinstance(order, SendMessage)]
                found += [(order.at, order.offer or order.template, order.channel) for order in sent]
    source.close()
    return sorted(found)


def ahead(weeks: Weeks, outlook: Outlook) -> Sends:
    return forecast(StoreLives(weeks.shop.settings.database_url), outlook, 1)


async def test_a_forecast_without_answers_is_what_happens_when_nobody_does_anything(early: Weeks) -> None:
    outlook = outlook_of(early, Habits(rate=0))
    told = foreseen(early, outlook)
    before = early.sent()
    await early.life.pass_(days=100)
    came = [message for message in early.sent() if message not in before]
    assert told == came
    assert len(told) > 6


async def test_the_counts_of_a_forecast_are_those_messages(early: Weeks) -> None:
    outlook = outlook_of(early, Habits(rate=0))
    told = foreseen(early, outlook)
    sends = ahead(early, outlook)
    assert sends.customers == 6
    assert sends.enrolments == Counter({"washing_machine_care": 6})
    assert sends.templates == Counter(template for _, template, _ in told)
    minutes = Counter(((at - outlook.now) // timedelta(minutes=1), channel) for at, _, channel in told)
    assert sends.sent == minutes


async def test_the_habits_of_the_shop_are_learnt_from_what_was_asked(early: Weeks) -> None:
    await early.go_on(timedelta(days=15))
    with reading(early.shop.engine) as conn:
        kinds = lives.habits(conn, early.shop.clock())
    csat = kinds["csat"]
    # Three of six answer, after 3, 30 and 50 hours; the one who withdrew by e-mail was asked by SMS.
    assert (csat.asked, csat.answered) == (6, 3)
    assert csat.scores == Counter({5: 1, 2: 1, 4: 1})
    assert [round(seconds / 3_600) for seconds in csat.delays] == [3, 30, 50]
    assert (kinds[TICKET].asked, kinds[TICKET].answered) == (1, 1)


async def test_a_forecast_changes_nothing_in_the_store(early: Weeks) -> None:
    before = (early.shop.count("claims"), early.shop.count("entries"), early.shop.count("decisions"))
    ahead(early, outlook_of(early, Habits(rate=1)))
    assert (early.shop.count("claims"), early.shop.count("entries"), early.shop.count("decisions")) == before
