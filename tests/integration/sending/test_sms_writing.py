"""An SMS leaves as the shop's route takes it, and is kept so, with what it weighs and costs."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from care.store.engine import writing
from tests.builders import CATALOGUE
from tests.integration.sending.shop import Recorder, Shop, publish


@pytest.fixture
def shop(store: Engine, tmp_path: Path, sms: Recorder) -> Shop:
    shop = Shop(store, tmp_path / "templates", {"sms": sms})
    (tmp_path / "templates" / "sms" / "hello.vi.txt").write_text("Cảm ơn {{ customer.name }} – “hẹn gặp lại”…")
    return shop


@pytest.mark.parametrize(
    ("route", "text", "weight"),
    [
        ("international", "Cảm ơn Lan – “hẹn gặp lại”…", {"encoding": "UCS-2", "segments": 1, "cost": "350 dong"}),
        ("vietnam", 'Cam on Lan - "hen gap lai"...', {"encoding": "GSM-7", "segments": 1, "cost": "350 dong"}),
    ],
)
async def test_an_sms_is_sent_and_kept_as_its_route_takes_it(
    shop: Shop, sms: Recorder, route: str, text: str, weight: dict[str, object]
) -> None:
    company = replace(CATALOGUE.company, sms_route=route)
    with writing(shop.engine) as conn:
        publish(conn, replace(CATALOGUE, company=company, prices={"sms": "350 dong per segment"}))
    order = shop.order(channel="sms")
    assert (await shop.send(order)).outcome == "sent"
    assert [message.text for message in sms.messages] == [text]
    snapshot = shop.snapshot(order)
    assert {name: snapshot[name] for name in ("text", *weight)} == {"text": text, **weight}
