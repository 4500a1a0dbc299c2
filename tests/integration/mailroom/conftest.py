"""A shop whose mails come back."""

import pytest
from sqlalchemy import Engine

from tests.integration.mailroom.post import Post


@pytest.fixture
def post(store: Engine) -> Post:
    return Post(store)
