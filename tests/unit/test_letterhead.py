from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.channels.base import Message
from activities.channels.letterhead import Letterhead, letterhead_of, own_mailbox
from care.settings import Settings, SettingsError, load_settings


def settings(tmp_path: Path, **more: str) -> Settings:
    return load_settings(**{"data_dir": tmp_path, "mail_from": "Shop <cskh@shop.example>", "secret": "x" * 20, **more})


def test_the_letterhead_is_what_the_settings_say(tmp_path: Path) -> None:
    given = settings(
        tmp_path,
        mail_reply_to="Hỏi <hoi@shop.example>",
        mail_bounces_to="bounce@bounces.shop.example",
        mail_unsubscribe_to="roi@shop.example",
        mail_feedback_id="shop-1",
    )
    sender, answers = own_mailbox("Shop <cskh@shop.example>"), own_mailbox("Hỏi <hoi@shop.example>")
    bounces, leaving = "bounce@bounces.shop.example", "roi@shop.example"
    assert letterhead_of(given) == Letterhead(sender, answers, bounces, leaving, "shop-1", "x" * 20)
    assert letterhead_of(settings(tmp_path)) == Letterhead(sender, secret="x" * 20)


@pytest.mark.parametrize("name", ["mail_from", "mail_reply_to", "mail_bounces_to", "mail_unsubscribe_to"])
@pytest.mark.parametrize("address", ["cskh", "chăm@shop.example", "cskh@shop..example"])
def test_an_address_that_cannot_be_used_is_refused_by_the_name_of_its_setting(
    tmp_path: Path, name: str, address: str
) -> None:
    with pytest.raises(SettingsError, match=f"CARE_{name.upper()}: "):
        letterhead_of(settings(tmp_path, **{name: address}))


def test_a_sender_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CARE_MAIL_FROM is empty"):
        letterhead_of(settings(tmp_path, mail_from=""))


def test_a_bounce_mailbox_must_leave_room_for_the_stamp(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CARE_MAIL_BOUNCES_TO has 15 letters"):
        letterhead_of(settings(tmp_path, mail_bounces_to="b" * 15 + "@shop.example"))


def test_bounces_cannot_be_stamped_without_a_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="secret"):
        letterhead_of(settings(tmp_path, mail_bounces_to="bounce@shop.example", secret=""))


@pytest.mark.parametrize("shop", ["shop", "a" * 16, "điện máy", "shop:1"])
def test_a_name_for_complaints_that_providers_would_not_count_is_refused(tmp_path: Path, shop: str) -> None:
    with pytest.raises(SettingsError, match="CARE_MAIL_FEEDBACK_ID"):
        settings(tmp_path, mail_feedback_id=shop)


def test_an_unsubscribe_mailbox_may_hold_signs_an_address_in_a_link_may_not() -> None:
    letterhead = Letterhead(own_mailbox("cskh@shop.example"), unsubscribe_to="roi+mail&all@shop.example")
    message = Message(
        "k", "an@example.com", datetime(2026, 3, 1, tzinfo=UTC), "x", unsubscribe_url="https://s.example/u/t"
    )
    assert letterhead.unsubscribing(message) == [
        "https://s.example/u/t",
        "mailto:roi%2Bmail%26all@shop.example?subject=unsubscribe%20t",
    ]
