"""What a preview shows is what the sender sends."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from care.domain.catalogue import Field
from care.rendering import Renderer
from care.trying.previewing import OWN_ORDER
from care.trying.previews import Preview
from care.web.trial import try_journey
from tests.builders import CATALOGUE, a_rulebook
from tests.integration.sending.shop import Recorder, Shop
from tests.integration.store.telling import NOON


async def test_a_previewed_message_is_the_message_that_is_sent(store: Engine, tmp_path: Path) -> None:
    email = Recorder()
    shop = Shop(store, tmp_path / "templates", {"email": email})
    await shop.send(shop.order())
    [sent] = email.messages
    rulebook = a_rulebook(
        shop.plan, catalogue=replace(CATALOGUE, fields={"order.total": Field("order.total", "number")})
    )
    asked = Preview("care", name="Lan", given={"order.total": "12 million"})
    [shown] = try_journey(rulebook, asked, NOON, Renderer(tmp_path / "templates"), "https://shop.example").letters
    assert (shown.subject, shown.html) == (sent.subject, sent.html)
    assert shown.text == sent.text.replace("DH-1", OWN_ORDER)
