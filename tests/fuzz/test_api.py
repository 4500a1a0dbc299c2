"""The API against its own description, over a real server: a short run of what `make fuzz` does at length."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.server import Served, served

SEED = 20_260_302


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("fuzz")) as running:
        yield running


def test_every_answer_is_as_the_description_says(server: Served, tmp_path: Path) -> None:
    found = fuzz(server, 10, SEED, tmp_path, phases="examples,coverage,fuzzing", quiet=True)
    assert found.is_clean, found.said[-6_000:]
    assert found.cases > 500
    assert server.complaints() == []


def test_what_is_thrown_at_it_is_not_refused_at_the_door(server: Served) -> None:
    """Otherwise the run above would find nothing because it reaches nothing."""
    headers = {"authorization": f"Bearer {server.key}"}
    for path in ("/v1/customers/KH-1", "/v1/customers/KH-2/timeline", "/v1/events/shop/delivery-1", "/v1/summary"):
        assert httpx.get(server.url + path, headers=headers).status_code == 200
    told = httpx.get(f"{server.url}/v1/customers/KH-2", headers=headers).json()
    assert told["answers"]
    assert told["tickets"]
    assert told["journeys"]
