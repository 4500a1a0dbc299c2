"""Backups of both databases are tested where they differ; else one is enough."""

import pytest


@pytest.fixture
def backend() -> str:
    return "sqlite"
