"""The port on which a worker tells of itself."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from care.health.exposition import Exposition
from care.health.port import PortTakenError, answering
from care.health.readiness import NotReady, Part, Readiness
from care.settings import load_settings
from care.temporal.devserver import free_port


async def wrong() -> None:
    raise NotReady("it is empty")


async def asked(port: int, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        while True:
            try:
                return await client.get(path)
            except httpx.ConnectError:  # The port is had at once; what answers on it takes a moment.
                await asyncio.sleep(0.01)


async def test_it_is_alive_while_it_is_not_ready_and_says_why() -> None:
    port = free_port()
    async with answering(load_settings(metrics_port=port), Readiness((Part("store", wrong),)), Exposition()):
        assert (await asked(port, "/health/live")).status_code == 200
        ready = await asked(port, "/health/ready")
        told = (await asked(port, "/metrics")).text
    assert (ready.status_code, ready.json()["parts"]["store"]["detail"]) == (503, "it is empty")
    assert 'care_part_ready{part="store"} 0.0' in told
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 1)


async def test_with_a_key_metrics_ask_for_it_and_probes_do_not() -> None:
    port, key = free_port(), "a-key-for-scrapes"
    async with answering(load_settings(metrics_port=port, metrics_key=key), Readiness(()), Exposition()):
        assert (await asked(port, "/metrics")).status_code == 401
        assert (await asked(port, "/metrics", authorization="Bearer wrong")).status_code == 401
        assert (await asked(port, "/metrics", authorization=f"Bearer {key}")).status_code == 200
        assert (await asked(port, "/health/ready")).status_code == 200


async def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortTakenError, match=f"{port}.*CARE_METRICS_PORT"):
        async with answering(load_settings(metrics_port=port), Readiness(()), Exposition()):
            raise AssertionError("nothing may begin")


async def test_without_a_port_nothing_listens() -> None:
    async with answering(load_settings(), Readiness((Part("store", wrong),)), Exposition()):
        assert load_settings().metrics_port == 0
