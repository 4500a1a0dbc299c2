"""A running shop for the tests of one file, and an empty folder where one is enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.cli.shop import Shop, a_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose `care up` runs."""
    shop = a_shop(tmp_path_factory.mktemp("shop"))
    with shop.open():
        yield shop


@pytest.fixture
def closed_shop(tmp_path: Path) -> Shop:
    """A shop where nothing was ever started."""
    return a_shop(tmp_path)
