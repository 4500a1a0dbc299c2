"""Pictures are served to anyone for long; a test message's links say that it was a test and change nothing."""

import shutil
from pathlib import Path

import pytest

from care.images import Images
from care.links import Links, TrialLinks
from care.store import schema
from care.store.engine import reading
from tests.integration.web.shop import ROOT, SECRET, Shop
from tests.unit.test_brand_and_images import png


@pytest.fixture
def pictured(shop: Shop, tmp_path: Path) -> Shop:
    """The shop with a templates folder of its own, a picture in it, and a secret beside it."""
    folder = Path(shutil.copytree(ROOT / "templates", tmp_path / "own" / "templates"))
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images" / "logo.png").write_bytes(png(4, 2))
    (folder / "secret.png").write_bytes(png(1, 1))
    shop.settings = shop.settings.model_copy(update={"templates_dir": folder})
    shop.publish()
    return shop


async def test_a_picture_is_kept_for_ever_under_the_address_that_messages_have(pictured: Shop) -> None:
    url = Images(pictured.settings.templates_dir, "").url("logo.png")
    async with pictured.served() as client:
        answer = await client.get(url)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "max-age=86400" in (await client.get("/images/logo.png")).headers["cache-control"]


@pytest.mark.parametrize(
    "name", ["nothing.png", "../secret.png", "%2e%2e/secret.png", "..%2fsecret.png", "../brand.yaml", ""]
)
async def test_nothing_but_a_picture_of_the_folder_is_served(pictured: Shop, name: str) -> None:
    async with pictured.served() as client:
        assert (await client.get(f"/images/{name}")).status_code == 404


async def test_a_link_of_a_test_message_says_so_and_changes_nothing(pictured: Shop) -> None:
    links = TrialLinks(SECRET, "")
    async with pictured.served() as client:
        for url in (
            links.unsubscribe_url("m", "c_1", "email", "marketing"),
            links.survey_url("s", "csat", 5),
            links.preferences_url("m", "c_1", "email"),
            links.confirm_url("m", "c_1", "email"),
        ):
            assert url.startswith("/t/")
            for answer in (await client.get(url), await client.post(url, data={"List-Unsubscribe": "One-Click"})):
                assert answer.status_code == 200
                assert "Đây là tin gửi thử" in answer.text
    with reading(pictured.engine) as conn:
        assert conn.execute(schema.inbox.select()).all() == []
        assert conn.execute(schema.consents.select()).all() == []


def test_a_test_link_is_as_long_as_a_real_one() -> None:
    real, trial = Links(SECRET, "https://x.example"), TrialLinks(SECRET, "https://x.example")
    assert len(real.survey_url("s", "csat")) == len(trial.survey_url("s", "csat"))
