"""Where webhooks go, and the secrets their receivers need."""

import re
from dataclasses import replace

import pytest

from care import clock
from care.domain.catalogue import Endpoint
from care.signatures import endpoint_secret
from care.store import plans
from care.store.engine import migrate, open_store, writing
from care.store.plans import Draft
from tests.acceptance.cli.shop import Shop
from tests.builders import CATALOGUE, a_plan, send

URLS = {"crm": "https://crm.example/hooks", "chatbot": "http://127.0.0.1:8081/hooks"}


@pytest.fixture
def published(closed_shop: Shop) -> Shop:
    """A shop with two endpoints in its published catalogue, though nothing of it runs."""
    data = closed_shop.folder / "data"
    data.mkdir()
    (data / "secret.key").write_text("a secret that nobody knows\n")
    engine = open_store(f"sqlite:///{data / 'care.sqlite'}", durable=False)
    migrate(engine)
    catalogue = replace(CATALOGUE, endpoints={name: Endpoint(name, url) for name, url in URLS.items()})
    with writing(engine) as conn:
        plans.publish(conn, Draft(clock.now(), "tester", "", catalogue, (), (a_plan(send("hello")),), {}))
    engine.dispose()
    return closed_shop


def test_endpoints_are_listed_with_what_keeps_posts_from_them(published: Shop) -> None:
    peer = f"http://127.0.0.1:{published.settings['CARE_WEBHOOK_PEER_PORT']}"
    told = published.care("endpoints")
    assert told.status == 0, told.err
    assert re.search(r"crm +https://crm.example/hooks +fine", told.out)
    assert "127.0.0.1 is of an own network; let it in with the setting CARE_WEBHOOK_ALLOW" in told.out
    assert f"For now every post goes to the CRM of 'care up' at {peer}" in told.out

    let_in = {"CARE_WEBHOOK_ALLOW": "127.0.0.1:8081", "CARE_WEBHOOK_CHANNEL": "endpoint"}
    answer = published.care("endpoints", "--json", **let_in).json
    found = [{"endpoint": name, "address": url, "trouble": ""} for name, url in URLS.items()]
    assert answer == {"endpoints": found, "instead": ""}
    assert "For now" not in published.care("endpoints", **let_in).out


def test_the_secret_of_an_endpoint_is_shown_and_nothing_else(published: Shop) -> None:
    wanted = endpoint_secret("a secret that nobody knows", "crm")
    answer = published.care("endpoints", "secret", "crm")
    assert (answer.status, answer.out, answer.err) == (0, f"{wanted}\n", "")
    assert published.care("endpoints", "secret", "crm", "--json").json == {"endpoint": "crm", "secret": wanted}
    own = {"CARE_WEBHOOK_SECRET": "another secret of its own"}
    assert published.care("endpoints", "secret", "crm", **own).out != answer.out


def test_a_name_that_is_not_published_yet_has_a_secret_all_the_same(published: Shop) -> None:
    answer = published.care("endpoints", "secret", "cmr")
    assert answer.status == 0
    assert answer.out.startswith("whsec_")
    assert answer.err == "note: the published catalogue has no endpoint 'cmr' yet; it has crm, chatbot\n"


def test_without_a_store_or_a_secret_it_says_what_to_do(closed_shop: Shop) -> None:
    answer = closed_shop.care("endpoints", "secret", "crm")
    assert answer.status == 1
    assert "error: there is no secret at 'data/secret.key' yet; start Aftercare with 'care up'" in answer.err
    assert not (closed_shop.folder / "data").exists()
    assert "there is no store" in closed_shop.care("endpoints").err
