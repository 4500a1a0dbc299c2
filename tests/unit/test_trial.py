"""A tried journey with its messages: what they say, what they weigh, what they cost, and the page that shows it."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from care.domain.rulebook import Rulebook
from care.rendering import Renderer
from care.rulebook.workspace import load
from care.trying.previews import Preview
from care.web.preview_page import preview_body, preview_page
from care.web.trial import Trial, as_plain, try_journey

ROOT = Path(__file__).parents[2]
SUNDAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
URL = "https://chamsoc.dienmay.example"


@cache
def shipped() -> Rulebook:
    rulebook = load(ROOT / "rules").rulebook
    assert rulebook is not None
    return rulebook


def tried(journey: str = "first_purchase", rulebook: Rulebook | None = None, **asked: Any) -> Trial:
    return try_journey(rulebook or shipped(), Preview(journey, **asked), SUNDAY, Renderer(ROOT / "templates"), URL)


def without_prices(**prices: str) -> Rulebook:
    return replace(shipped(), catalogue=replace(shipped().catalogue, prices=prices))


def test_every_message_is_written_for_its_reader() -> None:
    trial = tried(types=("discount",), score="5", scores={"nps": "9"}, name="Trần Văn Hùng")
    assert [letter.template for letter in trial.letters] == [
        "welcome",
        "first_days",
        "csat_first_purchase",
        "nps_first_purchase",
        "come_back_voucher",
    ]
    assert trial.sound
    assert all("Trần Văn Hùng" in letter.text for letter in trial.letters if letter.channel == "email")
    voucher = trial.letters[-1]
    assert voucher.offer == "come_back_voucher"
    assert re.search(r"BACK-[A-Z2-7]{8}", voucher.text)


def test_steps_are_told_as_words_not_as_the_names_that_the_rules_give_them() -> None:
    body = preview_body(tried("washing_machine_care", score="5"), lambda letter: "")
    assert "Wait for appointment.booked → it did not come" in body
    assert "Offer accessory → stand_and_cover" in body


def test_the_reader_of_another_language_gets_it() -> None:
    (letter, *_) = tried(locale="en", name="Grace Miller").letters
    assert "Hello Grace Miller" in letter.text


def test_a_text_message_says_its_segments_and_what_they_cost() -> None:
    letter = next(letter for letter in tried().letters if letter.channel == "sms")
    assert letter.segments is not None
    assert (letter.segments.encoding, letter.segments.parts) == ("UCS-2", 2)
    assert (letter.cost, letter.cost_words) == (Decimal(700), "700 dong")


def test_the_few_letters_that_make_a_text_dear_are_named() -> None:
    letter = next(letter for letter in tried(locale="en").letters if letter.channel == "sms")
    assert letter.encoding_words == "UCS-2 for the sake of Đ ệ á"


def test_one_customer_costs_what_the_messages_cost_together() -> None:
    trial = tried(types=("discount",), score="5", scores={"nps": "9"})
    assert sum(letter.cost or 0 for letter in trial.letters) == 4 * 20 + 700
    assert trial.cost_words == "780 dong"
    assert tried(rulebook=without_prices(), score="5").cost_words == "no price in the catalogue"
    half = tried(rulebook=without_prices(sms="0.05 USD per segment"), score="5")
    assert half.cost_words == "0.1 USD, and messages without a price"


def test_a_template_that_cannot_be_written_is_told_and_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "sms").mkdir()
    (tmp_path / "sms" / "nps_after_visit.vi.txt").write_text("{{ nobody.knows }}", encoding="utf-8")
    asked = Preview("after_service_visit")
    trial = try_journey(shipped(), asked, SUNDAY, Renderer(tmp_path), URL)
    (letter,) = trial.letters
    assert "nps_after_visit.vi.txt:1" in letter.fault
    assert (letter.cost, trial.sound, trial.told.entered) == (None, False, True)
    assert "It cannot be written" in preview_page(trial)


def test_the_links_of_a_preview_are_as_long_as_real_ones_and_open_nothing() -> None:
    from care.links import LinkError, Links

    letter = next(letter for letter in tried().letters if "csat" in letter.template)
    found = re.search(re.escape(f"{URL}/s/") + r"(\S+)", letter.text)
    assert found is not None
    with pytest.raises(LinkError):
        Links("the shop's own secret", URL).read_survey(found[1])


def test_a_trial_as_plain_values_tells_all_of_it() -> None:
    plain = as_plain(tried("washing_machine_care", types=("vip",), timezone="Asia/Tokyo", score="2", buys="Fri 22:40"))
    assert plain["customer"]["types"]["customer.type"] == "vip"
    assert plain["starts"].isoformat() == "2026-11-27T22:40:00+09:00"
    assert plain["timeline"][0]["why"][0] == "trigger: matched"
    first = plain["messages"][0]
    assert first["at"].isoformat() == "2026-11-28T08:00:00+09:00"
    assert (first["channel"], first["cost"], first["currency"], first["segments"]) == ("email", 20.0, "dong", None)
    assert plain["cost"] == "780 dong"


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = preview_page(tried(types=("discount",), score="5", scores={"nps": "9"}))
    own = re.sub(r'srcdoc="[^"]*"', "", page)
    assert "<script" not in own
    assert not re.findall(r'(?:src|href)="(?!#)', own)
    assert "default-src 'none'" in own
    assert page.count('sandbox="allow-same-origin"') == 2 * 4


def test_each_email_stands_in_the_page_as_it_is_sent() -> None:
    trial = tried(score="5")
    page = preview_page(trial)
    framed = [html.unescape(each) for each in re.findall(r'srcdoc="([^"]*)"', page)]
    sent = [letter.html for letter in trial.letters if letter.html]
    assert framed == [each for letter in sent for each in (letter, letter)]


def test_a_page_with_a_policy_of_its_own_frames_emails_by_address() -> None:
    body = preview_body(tried(), lambda letter: f"/frames/{letter.template}")
    assert 'src="/frames/welcome"' in body
    assert "srcdoc" not in body


def test_a_name_that_looks_like_markup_stays_a_name() -> None:
    page = preview_page(tried(name="<b>Lan</b>"))
    assert "Tried on &lt;b&gt;Lan&lt;/b&gt;" in page
