"""The words this repository ships: every message in two languages, complete, lawful and readable."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from care.domain.catalogue import Catalogue
from care.rendering import Rendered, Renderer
from care.rulebook.workspace import load

ROOT = Path(__file__).parents[2]
RENDERER = Renderer(ROOT / "templates")
LOCALES = ("vi", "en")
CATEGORIES = ("washing_machine", "dryer", "fridge", "tv", "accessory")
PAGES = ("survey", "thanks", "unsubscribe", "unsubscribed", "confirm", "confirmed", "preferences", "problem")
BOX = {"on": True, "name": "email.care"}
SAID: dict[str, Any] = {
    "channel": "email",
    "purpose": "marketing",
    "received": "10:00, 02/03/2026",
    "wording": "OK",
    "nonce": "once",
    "channels": [{"name": name, "agreement": "OK", "marketing": BOX, "care": BOX} for name in ("email", "sms", "zalo")],
    "topics": [{"on": False, "name": "topic.tips", "words": "Tips"}],
}
UNSUBSCRIBE = "https://care.dienmay.example/u/token"


def catalogue() -> Catalogue:
    rulebook = load(ROOT / "rules").rulebook
    assert rulebook is not None
    return rulebook.catalogue


CATALOGUE = catalogue()
COMPANY = CATALOGUE.company


def context(category: str = "fridge", **more: Any) -> Mapping[str, object]:
    url = "https://care.dienmay.example/s/token"
    return {
        "customer": {"name": "Nguyễn Thu Lan", "timezone": "Asia/Ho_Chi_Minh"},
        "company": {
            name: getattr(COMPANY, name)
            for name in ("name", "address", "phone", "email", "website", "locale", "timezone")
        },
        "order": {"id": "DH-1", "category": category, "total": 12_490_000},
        "csat": {"score": 5.0},
        "survey": {"url": url, "links": [{"score": score, "url": f"{url}{score}"} for score in range(1, 6)]},
        "offer": {"code": "KIT-ABCD2345", "expires": "15/04/2026"},
        "discount": "20%",
        "appointment": {"at": datetime(2026, 3, 5, 7, 30, tzinfo=UTC)},
        "unsubscribe_url": UNSUBSCRIBE,
        "confirm_url": "https://care.dienmay.example/c/token",
        "preferences_url": "https://care.dienmay.example/p/token",
        "reminder": False,
        **more,
    }


MESSAGES = [
    (channel, template.name, locale)
    for template in CATALOGUE.templates.values()
    for channel in template.channels
    for locale in LOCALES
]
EMAILS = [(template, locale) for channel, template, locale in MESSAGES if channel == "email"]


def rendered(channel: str, template: str, locale: str, **more: Any) -> Rendered:
    return RENDERER.message(channel, template, locale, context(**more))


@pytest.mark.parametrize(("channel", "template", "locale"), MESSAGES)
def test_every_message_is_written_for_every_category_and_customer(channel: str, template: str, locale: str) -> None:
    assert (ROOT / "templates" / channel / f"{template}.{locale}.txt").is_file()
    for category in CATEGORIES:
        for reminder in (False, True):
            for customer in ({"name": "Lan"}, {"name": ""}):
                made = rendered(channel, template, locale, category=category, reminder=reminder, customer=customer)
                for text in made:
                    assert not re.search(r"\{[{%]|[%}]\}|None|undefined| ,|\n{4}", text), text


@pytest.mark.parametrize(("channel", "template", "locale"), MESSAGES)
def test_the_languages_are_not_mixed(channel: str, template: str, locale: str) -> None:
    text = rendered(channel, template, locale).text.replace(COMPANY.name, "").replace(COMPANY.address, "")
    text = text.replace("Nguyễn Thu Lan", "")
    assert bool(re.search("[ạảãếềệốồộướờựđ]", text)) == (locale == "vi"), text


@pytest.mark.parametrize(("template", "locale"), EMAILS)
def test_every_email_says_who_we_are_and_how_to_leave_in_text_and_html(template: str, locale: str) -> None:
    made = rendered("email", template, locale)
    for body in (made.text, made.html):
        for part in (COMPANY.name, COMPANY.address, COMPANY.phone, UNSUBSCRIBE):
            assert part in body
    assert 10 <= len(made.subject) <= 110
    assert f'<html lang="{locale}"' in made.html
    assert "<script" not in made.html


@pytest.mark.parametrize(("template", "locale"), EMAILS)
def test_only_advertising_is_labelled_as_such(template: str, locale: str) -> None:
    label = {"vi": "[QC] ", "en": "[AD] "}[locale]
    marketing = CATALOGUE.templates[template].purpose == "marketing"
    assert rendered("email", template, locale).subject.startswith(label) == marketing


def test_advertising_by_sms_begins_with_the_label_and_ends_with_the_way_out() -> None:
    advertising = [(t, loc) for c, t, loc in MESSAGES if c == "sms" and CATALOGUE.templates[t].purpose == "marketing"]
    assert advertising
    for template, locale in advertising:
        text = rendered("sms", template, locale).text
        assert text.startswith({"vi": "[QC] ", "en": "[AD] "}[locale])
        assert text.endswith(UNSUBSCRIBE)


def test_an_sms_is_one_line_of_few_segments() -> None:
    for channel, template, locale in MESSAGES:
        if channel == "sms":
            text = rendered(channel, template, locale).text
            assert "\n" not in text
            assert len(text) <= 3 * 67, text


def test_every_offer_shows_its_code_and_its_last_day() -> None:
    for offer in CATALOGUE.offers.values():
        for channel in CATALOGUE.templates[offer.template].channels:
            for locale in LOCALES:
                made = rendered(channel, offer.template, locale)
                assert "KIT-ABCD2345" in made.text
                assert "15/04/2026" in made.text
                if channel == "email":
                    assert "KIT-ABCD2345" in made.html


def test_every_survey_gives_a_link_for_each_score_and_says_when_it_asks_again() -> None:
    for template in ("csat_washing_machine", "csat_first_purchase"):
        for locale in LOCALES:
            made = rendered("email", template, locale)
            assert made.html.count('class="score"') == 5
            assert "https://care.dienmay.example/s/token" in made.text
            assert rendered("email", template, locale, reminder=True).subject != made.subject


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ["csat", "nps", "ces"])
def test_the_survey_page_is_a_form_anyone_can_use(kind: str, locale: str) -> None:
    scores = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}[kind]
    survey = {"kind": kind, "scores": list(scores), "chosen": 4}
    page = RENDERER.page("survey", locale, context(survey=survey, action="/s/token", nonce="once"))
    assert f'<html lang="{locale}">' in page
    assert page.count('type="radio"') == len(scores)
    assert page.count(" checked") == 1
    assert 'value="4" required checked' in page
    assert "<fieldset>" in page
    assert "<legend>" in page
    assert '<label class="comment" for="comment">' in page
    assert '<form method="post" action="/s/token">' in page
    assert '<input type="hidden" name="nonce" value="once">' in page


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_written_in_both_languages_without_scripts(name: str, locale: str) -> None:
    survey = {"kind": "csat", "scores": [1, 2, 3, 4, 5]}
    page = RENDERER.page(name, locale, context(survey=survey, action="/u/token", **SAID))
    assert f'<html lang="{locale}">' in page
    assert 'name="viewport"' in page
    assert "<h1>" in page
    assert "<script" not in page
    assert "onclick" not in page
    assert COMPANY.phone in page


def test_a_page_escapes_what_it_is_given() -> None:
    page = RENDERER.page("problem", "vi", context(message="<b>x</b>"))
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_the_pages_speak_the_companys_language_to_strangers() -> None:
    assert '<html lang="vi">' in RENDERER.page("thanks", "", context())
    assert '<html lang="en">' in RENDERER.page("thanks", "en-GB", context())
