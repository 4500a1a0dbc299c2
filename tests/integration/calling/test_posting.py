"""Where a post may go: the very address that was looked at, and never into an own network by accident."""

import pytest

from care.temporal.devserver import free_port
from tests.integration.calling.conftest import Crm
from tests.integration.calling.raw_server import CERTIFICATE, LookUps, a_raw_server, answer
from tests.integration.calling.shop import CallingShop, run


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/crm",
        "https://127.0.0.1:{port}/crm",
        "https://[::ffff:127.0.0.1]:{port}/crm",
        "http://localhost:{port}/crm",
        "https://localhost:{port}/crm",
        "https://shop:secret@127.0.0.1:{port}/crm",
        "ftp://127.0.0.1:{port}/crm",
    ],
)
async def test_this_machine_is_refused_however_it_is_written(shop: CallingShop, crm_peer: Crm, url: str) -> None:
    settled = await shop.call(url.format(port=crm_peer.port), allowed=("crm.internal", "127.0.0.1:1"))
    assert (settled.outcome, settled.code) == ("failed", "refused_address")
    assert settled.reason.startswith("endpoint crm: ")
    assert "secret" not in settled.reason or "a secret of the settings" in settled.reason
    assert crm_peer.notebook.list() == ()


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.5",),
        ("203.162.4.190", "127.0.0.1"),
        ("2405:4800::10", "fd00::1"),
        ("64:ff9b::a00:5",),
        ("::ffff:10.0.0.5",),
        ("169.254.169.254",),
        ("fe80::1%eth0",),
    ],
)
async def test_a_name_with_one_address_of_an_own_network_is_refused_as_a_whole(
    shop: CallingShop, addresses: tuple[str, ...]
) -> None:
    shop.knows("https://crm.example/hooks")
    look_up = LookUps(list(addresses))
    settled = await run(shop.caller(look_up=look_up), shop.order())
    assert (settled.outcome, settled.code) == ("failed", "refused_address")
    assert look_up.asked == [("crm.example", 443)]
    words = "endpoint crm: crm.example leads into an own network; let it in with the setting CARE_WEBHOOK_ALLOW"
    assert settled.reason == words


async def test_a_name_nobody_knows_is_asked_for_again_later(shop: CallingShop) -> None:
    shop.knows("https://crm.example/hooks")
    settled = await run(shop.caller(look_up=LookUps([])), shop.order())
    assert (settled.outcome, settled.code) == ("retry", "unreachable")
    assert settled.reason == "endpoint crm: no address is known for crm.example"


async def test_a_host_that_is_let_in_is_reached_by_its_name_at_the_address_that_was_looked_up_once(
    shop: CallingShop,
) -> None:
    look_up = LookUps(["127.0.0.1"])
    async with a_raw_server(answer()) as server:
        shop.knows(f"http://crm.internal:{server.port}/hooks")
        caller = shop.caller(f"crm.internal:{server.port}", look_up=look_up)
        assert (await run(caller, shop.order())).outcome == "done"
    assert look_up.asked == [("crm.internal", server.port)]
    assert server.requests[0].headers["host"] == f"crm.internal:{server.port}"


async def test_the_next_address_is_tried_where_nobody_answers(shop: CallingShop) -> None:
    async with a_raw_server(answer()) as server:
        shop.knows(f"http://crm.internal:{server.port}/")
        caller = shop.caller("crm.internal", look_up=LookUps(["127.0.0.2", "127.0.0.1"]))
        assert (await run(caller, shop.order())).outcome == "done"


async def test_an_endpoint_that_is_down_is_tried_again_later(shop: CallingShop) -> None:
    settled = await shop.call(f"http://127.0.0.1:{free_port()}/", allowed=("127.0.0.1",))
    assert (settled.outcome, settled.code) == ("retry", "unreachable")
    assert settled.reason == "endpoint crm cannot be reached"


async def test_a_proxy_of_the_environment_is_not_used(shop: CallingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with a_raw_server(answer()) as server:
        settled = await shop.call(f"http://127.0.0.1:{server.port}/", allowed=("127.0.0.1",))
    assert settled.outcome == "done"
    assert server.requests[0].line == "POST / HTTP/1.1"


async def test_over_tls_the_endpoint_proves_its_own_name_whatever_its_address(
    shop: CallingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with a_raw_server(answer(), tls=True) as server:
        shop.knows(f"https://crm.test:{server.port}/hooks", other=f"https://other.test:{server.port}/hooks")
        caller = shop.caller("crm.test", "other.test", look_up=LookUps(["127.0.0.1"]))
        assert (await run(caller, shop.order())).outcome == "done"
        other = await run(caller, shop.order("other"))
    assert (other.outcome, other.code) == ("retry", "tls")
    assert other.reason == "endpoint other cannot prove who it is: its certificate is not accepted"
    assert server.names[:2] == ["crm.test", "other.test"]
    assert [request.headers["host"] for request in server.requests] == [f"crm.test:{server.port}"]


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(shop: CallingShop) -> None:
    async with a_raw_server(answer(), tls=True) as server:
        shop.knows(f"https://crm.test:{server.port}/hooks")
        settled = await run(shop.caller("crm.test", look_up=LookUps(["127.0.0.1"])), shop.order())
    assert (settled.outcome, settled.code) == ("retry", "tls")
    assert server.requests == []
