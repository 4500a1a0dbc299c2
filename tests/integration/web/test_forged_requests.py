"""Nothing changes without a proof: every route that may change something is tried without one.

A new route that forgets its guard fails here, because the routes are taken from the application itself.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from httpx import AsyncClient, Response
from sqlalchemy import Engine, func, select

from care.links import CONFIRM_PATH, PREFERENCES_PATH, SURVEY_PATH, TRIAL_PATH, UNSUBSCRIBE_PATH
from care.store import claims, schema, tickets
from care.store.engine import reading
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery, settings_in

LINKS = (SURVEY_PATH, UNSUBSCRIBE_PATH, CONFIRM_PATH, PREFERENCES_PATH)
SAFE = {"GET", "HEAD", "OPTIONS"}
# Posting to it changes nothing and shows a fixed page: it is what the links of test messages open.
HARMLESS = f"{TRIAL_PATH}{{token}}"
FORM = {
    "operator": "Eve",
    "note": "x",
    "back": "/",
    "press": "p",
    "outcome": "sent",
    "text": "KH-1",
    "sender": "+84912345601",
    "score": "5",
    "nonce": "n",
    "stop": "1",
    "List-Unsubscribe": "One-Click",
}


@pytest.fixture
def shop(store: Engine, store_url: str, tmp_path: Path) -> Shop:
    """A console without a password, so that nothing but the guard of the form itself is tried."""
    shop = Shop(store, settings_in(tmp_path, store_url))
    shop.publish()
    return shop


@pytest.fixture
async def life(shop: Shop) -> Life:
    """Lan was written to, gave the worst score, and waits for a person."""
    life = Life(shop)
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=a_delivery())
        await life.pass_(days=8)
        when = shop.clock().isoformat()
        said = a_delivery(id="answer", type="csat.answered", time=when, data={"score": 1}, customer={"id": "KH-1"})
        await api.post("/v1/events", json=said)
        await life.pass_(hours=2)
    return life


def routes(shop: Shop) -> Iterator[tuple[str, set[str]]]:
    """Every path of the application and its methods."""
    for route in iter_route_contexts(shop.app().routes):
        path = getattr(route, "path", "")
        if path and not path.startswith("/static"):
            yield path, set(getattr(route, "methods", None) or ())


def filled(path: str, shop: Shop) -> str:
    """An address of a route under which there is something to change."""
    key = shop.key()
    with reading(shop.engine) as conn:
        ticket = tickets.listing(conn, customer=key)[0].id
        message = next(claim.key for claim in claims.listing(conn, key) if claim.channel == "email")
    true = shop.links.unsubscribe_url(message, key, "email", "care").rpartition("/")[2]
    forged = true[:-1] + ("B" if true.endswith("A") else "A")
    known = {"ticket": ticket, "token": forged, "provider": "twilio", "key": key, "id": "KH-1", "source": "shop"}
    if path.startswith("/message"):
        known["key"] = message
    known |= {"journey": "washing_machine_care", "number": "1", "span": "1..draft", "name": "logo.png"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: known[part[1]], path)


def contents(shop: Shop) -> dict[str, int]:
    tables = schema.metadata.tables.values()
    with reading(shop.engine) as conn:
        return {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


def is_refused(path: str, answer: Response) -> bool:
    """Whether an answer refuses because the proof is missing, and for no other reason."""
    if path.startswith(LINKS):
        return answer.status_code == 404
    kind = answer.json().get("type", "") if "json" in answer.headers.get("content-type", "") else ""
    wanted = "unauthorized" if path.startswith("/v1/") and "/hooks/" not in path else "forbidden"
    return kind == f"urn:aftercare:problem:{wanted}"


async def test_nothing_is_changed_by_a_request_without_a_proof(shop: Shop, life: Life) -> None:
    before, let_in, tried = contents(shop), [], 0
    async with shop.served() as stranger:
        for path, methods in routes(shop):
            for method in sorted(methods - SAFE):
                answer = await stranger.request(method, filled(path, shop), data=FORM)
                tried += 1
                if path != HARMLESS and not is_refused(path, answer):
                    let_in.append(f"{method} {path}: {answer.status_code}")
    assert let_in == []
    assert tried >= 15
    assert contents(shop) == before


async def test_looking_never_changes_anything(shop: Shop, life: Life) -> None:
    before, seen = contents(shop), 0
    async with shop.served(authorization=f"Bearer {KEY}") as browser:
        for path, methods in routes(shop):
            if "GET" in methods:
                answer = await browser.get(filled(path, shop))
                assert answer.status_code < 500, path
                seen += answer.status_code == 200
    assert seen >= 15
    assert contents(shop) == before


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}], ids=lambda each: str(each.values())
)
async def test_another_site_cannot_use_the_token_even_if_it_had_it(
    browser: AsyncClient, shop: Shop, life: Life, headers: dict[str, str]
) -> None:
    page = await browser.get("/")
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"token": token[1], "operator": "Mai"}
    path = f"/customers/{shop.key()}/pause"
    assert (await browser.post(path, data=form, headers=headers)).status_code == 403
    assert (await browser.post(path, data=form)).status_code == 303
