"""Whatever is asked of any address, described or not, the answer is never a broken server: pages, hooks, forms."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.routing import iter_route_contexts
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine

from tests.integration.conftest import (  # noqa: F401 - fixtures
    backend,
    migrated_postgres,
    migrated_sqlite,
    postgres,
    store,
    store_url,
)
from tests.integration.web.shop import KEY, Shop, settings_in

TRICKS = (
    *("\x00", "a\x00b", "..", "../../etc/passwd", "%2e%2e", "%", "'", '" OR 1=1 --', "{{ 7*7 }}", "<script>", "\u202e"),
    *("-1", "0", "1", "2147483648", "9" * 30, "1e999", "nan", "draft", "v1", "1..draft", "1..1", "..", ".json", "all"),
    *(
        "KH-1",
        "c_1",
        "washing_machine_care",
        "twilio",
        "esms",
        "logo.png",
        "x" * 3_000,
        "\n",
        "\r\nX: y",
        "\ufeff",
        "é",
        "😀",
    ),
)
WORDS = some.sampled_from(TRICKS) | some.text(some.characters(exclude_categories=("Cs",)), max_size=30)
FIELDS = (
    *("token", "press", "operator", "note", "back", "outcome", "text", "sender", "score", "nonce", "stop", "comment"),
    *(
        "show",
        "order",
        "keys",
        "format",
        "mail_before",
        "sms_skip",
        "version",
        "step",
        "as",
        "csat",
        "key",
        "v",
        "rules",
    ),
)
VALUES = some.dictionaries(some.sampled_from(FIELDS) | WORDS, WORDS, max_size=4)
TYPES = some.sampled_from(
    (
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain"),
        *("application/json", "message/rfc822", "application/cloudevents+json", "", ";", "a/b; charset=\x7f"),
    )
)
BODIES = some.binary(max_size=80) | some.sampled_from(
    (
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="text"; filename="a"\r\n\r\nx\r\n--b--\r\n',
        b"--b\r\n\r\n",
        b"[" * 5_000,
        b"text=%ff%00&" * 50,
        b'{"specversion": "1.0"}',
        b"From: a\r\n" * 100,
    )
)
QUICK = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass
class Open:
    """A running application and its addresses."""

    ask: Callable[..., Response]
    routes: list[tuple[str, str]]


@pytest.fixture
def open_shop(store: Engine, store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:  # noqa: F811
    shop = Shop(store, settings_in(tmp_path_factory.mktemp("shop"), store_url, page_rate=0, api_rate=0))
    shop.publish()
    routes = [
        (method, path)
        for route in iter_route_contexts(shop.app().routes)
        if (path := str(getattr(route, "path", "")))
        for method in sorted(getattr(route, "methods", None) or ())
    ]
    serving = shop.served(authorization=f"Bearer {KEY}")
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving) as client:
        yield Open(lambda *words, **more: portal.call(partial(client.request, *words, **more)), routes)


@QUICK
@given(data=some.data())
def test_no_request_breaks_the_server(open_shop: Open, data: some.DataObject) -> None:
    method, path = data.draw(some.sampled_from(open_shop.routes))
    path = re.sub(r"\{\w+(?::\w+)?\}", lambda _: quote(data.draw(WORDS), safe="/%"), path)
    headers = {"accept": data.draw(some.sampled_from(("text/html", "application/json")))}
    body = None
    if method in ("POST", "PUT"):
        headers["content-type"] = data.draw(TYPES)
        body = data.draw(BODIES)
    query = {name: value for name, value in data.draw(VALUES).items() if name}
    answer = open_shop.ask(method, path, params=query, headers=headers, content=body)
    assert answer.status_code < 500, answer.text
