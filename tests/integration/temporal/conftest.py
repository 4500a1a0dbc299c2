"""What the sweep asks of a store is tested on both databases with the store; here one is enough."""

import pytest


@pytest.fixture
def backend() -> str:
    return "sqlite"
