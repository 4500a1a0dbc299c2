"""A shop a week into its first journeys, served to a real browser."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
import uvicorn
from selenium.webdriver import Chrome
from sqlalchemy import select

from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import customers, schema
from care.store.engine import migrate, open_store, reading
from care.web.app import create_app
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, ROOT, Shop, a_delivery, settings_in
from tests.looks import browser

LONG = "Nguyễn-Phúc-Công-Tằng-Tôn-Nữ-Thị-Như-Mai-không-có-khoảng-trắng " + "x" * 60


@dataclass
class Served:
    """A shop and where it is served."""

    shop: Shop
    life: Life
    url: str

    def key(self, number: int) -> str:
        with reading(self.shop.engine) as conn:
            return str(customers.by_id(conn, f"KH-{number}"))

    def claim(self, number: int, channel: str, *, survey: bool = False) -> str:
        claims = schema.claims
        wanted = (claims.c.customer == self.key(number), claims.c.channel == channel, (claims.c.survey != "") == survey)
        with reading(self.shop.engine) as conn:
            return str(conn.execute(select(claims.c.key).where(*wanted).order_by(claims.c.at).limit(1)).scalar_one())

    def survey(self, number: int, kind: str, score: int | None = None) -> str:
        step_key = self.claim(number, "email", survey=True).rpartition(":")[0]
        return self.shop.links.survey_url(step_key, kind, score).removeprefix(self.shop.settings.public_url)

    def preferences(self, number: int) -> str:
        url = self.shop.links.preferences_url(self.claim(number, "email"), self.key(number), "email")
        return url.removeprefix(self.shop.settings.public_url)

    def confirm(self, number: int) -> str:
        url = self.shop.links.confirm_url(self.claim(number, "email"), self.key(number), "email")
        return url.removeprefix(self.shop.settings.public_url)

    def unsubscribe(self, number: int) -> str:
        url = self.shop.links.unsubscribe_url("m", self.key(number), "email", "marketing")
        return url.removeprefix(self.shop.settings.public_url)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Three customers; the second one has a very long name and waits for a person."""
    url = f"sqlite:///{tmp_path / 'care.sqlite'}"
    engine = open_store(url, durable=False)
    migrate(engine)
    with socket.create_server(("127.0.0.1", 0)) as free:
        rules = Path(shutil.copytree(ROOT / "rules", tmp_path / "rules"))
        settings = settings_in(tmp_path, url, http_port=free.getsockname()[1], rules_dir=rules)
        shop = Shop(engine, settings)
        shop.publish()
        life = Life(shop)
        asyncio.run(_a_week(shop, life))
        server = uvicorn.Server(uvicorn.Config(create_app(settings, engine=engine, now=shop.clock), log_level="error"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [free]})
        serving.start()
        try:
            _await(lambda: server.started)
            yield Served(shop, life, f"http://127.0.0.1:{settings.http_port}")
        finally:
            server.should_exit = True
            serving.join()
            engine.dispose()


async def _a_week(shop: Shop, life: Life) -> None:
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        events = [a_delivery(1), a_delivery(2), a_delivery(3)]
        events[1]["customer"]["name"] = LONG
        events[2]["customer"] |= {"locale": "en", "timezone": "America/New_York", "tags": ["loyal"]}
        await api.post("/v1/events", json=events)
        await life.pass_(days=8)
        said = {"score": 1, "comment": LONG * 3}
        when = shop.clock().isoformat()
        unhappy = a_delivery(2, id="answer", type="csat.answered", time=when, customer={"id": "KH-2"}, data=said)
        agreed = {"channel": "email", "purpose": "marketing", "wording": "Tôi đồng ý nhận ưu đãi qua e-mail"}
        consent = a_delivery(1, id="consent", type="consent.given", time=when, customer={"id": "KH-1"}, data=agreed)
        await api.post("/v1/events", json=[unhappy, consent])
        await life.pass_(days=3)
    _catch(shop)


def _catch(shop: Shop) -> None:
    mails, texts = Mailbox(shop.settings.data_dir / MAILBOX_FILE), Handset(shop.settings.data_dir / HANDSET_FILE)
    letter = f"Subject: {'x' * 90}\nContent-Type: text/html; charset=utf-8\n\n<p style='width:2000px'>Chào</p>".encode()
    mails.add(letter, "cskh@dienmay.example", ["lan@example.vn"], shop.clock())
    texts.add("+84901234567", "+84912345678", "https://example.vn/" + "y" * 80, shop.clock())
    mails.close()
    texts.close()


def _await(done: object) -> None:
    ends = monotonic() + 20
    while not done():  # type: ignore[operator]
        assert monotonic() < ends, "the server did not start"
        sleep(0.02)


@pytest.fixture
def chrome(tmp_path: Path) -> Iterator[Chrome]:
    """A fresh browser; without one the tests fail and say what to install."""
    opened = browser(tmp_path / "profile")
    try:
        yield opened
    finally:
        opened.quit()
