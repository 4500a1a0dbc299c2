"""How SMS are written for the way they take, and what they weigh."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.catalogue import Catalogue, Company
from care.domain.routes import NAMES, route_of, strip_marks, writing_of
from care.domain.segments import foreign_letters, segments
from care.domain.weights import weigh

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = "\u0300\u0301\u0303\u0309\u0323"
VIETNAMESE = st.lists(
    st.tuples(st.sampled_from(LETTERS + LETTERS.upper() + " 0123456789.,!?"), st.sampled_from(("", *TONES)))
).map(lambda letters: "".join(letter + (tone if letter.lower() in "aăâeêioôơuưy" else "") for letter, tone in letters))


def a_catalogue(route: str = "international", **prices: str) -> Catalogue:
    return Catalogue(Company(sms_route=route), {}, (), {}, {}, {}, prices)


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("Cảm ơn bạn – “Điện máy An Nhà”…", 'Cam on ban - "Dien may An Nha"...'),
        ("ĐƯỜNG đường Ỷ ỹ ẵ Ặ", "DUONG duong Y y a A"),
        ("Ca\u0309m o\u031bn", "Cam on"),
        ("7.900.000\u00a0₫ × 2", "7.900.000 d x 2"),
        ("Tiếng Việt: 한국어 ไทย 😀 हिन्दी", "Tieng Viet: 한국어 ไทย 😀 हिन्दी"),
        ("zero\u200bwidth", "zerowidth"),
        ("Å é ü", "A e u"),
    ],
)
def test_marks_are_stripped_and_what_has_no_plain_letter_stays(marked: str, plain: str) -> None:
    assert strip_marks(marked) == plain


@given(VIETNAMESE)
def test_every_vietnamese_text_fits_the_telephone_alphabet_once_it_is_stripped(text: str) -> None:
    stripped = strip_marks(text)
    assert stripped.isascii()
    assert segments(stripped).encoding == "GSM-7"
    assert strip_marks(stripped) == stripped
    assert segments(stripped).parts <= segments(text).parts


@pytest.mark.parametrize(
    ("route", "purpose", "lengths"),
    [
        ("international", "care", {160: 1, 161: 2, 306: 2, 307: 3, 459: 3, 460: 4}),
        ("vietnam_care", "care", {160: 1, 161: 2, 306: 2, 307: 3, 459: 3, 460: 4}),
        ("vietnam", "transactional", {160: 1, 161: 2}),
        ("vietnam", "marketing", {1: 1, 122: 1, 123: 2, 268: 2, 269: 3, 421: 3, 422: 4, 574: 4, 575: 5}),
    ],
)
def test_a_route_bills_by_its_own_table(route: str, purpose: str, lengths: dict[int, int]) -> None:
    found = route_of(route, purpose)
    assert {length: found.count("a" * length).parts for length in lengths} == lengths
    assert found.count("").parts == 0


def test_marks_that_a_route_takes_are_billed_as_everywhere() -> None:
    assert route_of("vietnam", "marketing").count("ạ" * 71) == segments("ạ" * 71) == ("UCS-2", 71, 2)


def test_sms_lose_their_marks_where_the_route_rejects_them_unless_the_shop_says_otherwise() -> None:
    marked = "Cảm ơn"
    assert {name: writing_of(Company(sms_route=name), "care").text(marked) for name in NAMES} == {
        "international": marked,
        "vietnam": "Cam on",
        "vietnam_care": "Cam on",
    }
    assert writing_of(Company(sms_route="vietnam", sms_marks="keep"), "care").text(marked) == marked
    assert writing_of(Company(sms_marks="strip"), "care").text(marked) == "Cam on"


def test_marks_that_come_apart_are_composed_because_each_would_be_billed() -> None:
    apart = "e\u0302\u0301" * 30
    assert segments(apart).parts == 2
    assert segments(writing_of(Company(), "care").text(apart)) == ("UCS-2", 30, 1)


def test_what_stripping_would_save_and_what_a_route_refuses_are_told() -> None:
    kept = writing_of(Company(), "care")
    assert (kept.saved("ạ" * 150), kept.saved("a" * 150), kept.warnings("50% & hơn")) == (2, 0, ())
    vietnam = writing_of(Company(sms_route="vietnam"), "care")
    assert vietnam.warnings("Giam 50% & qua") == ("many Vietnamese gateways refuse % &",)
    assert vietnam.warnings(vietnam.text("Chúc vui 😀")) == ("no plain letter stands for 😀",)
    assert vietnam.warnings("a" * 460) == ("longer than the 459 letters this route takes",)
    assert route_of("vietnam", "marketing").is_too_long("a" * 422)


def test_only_a_gateway_for_care_alone_takes_no_advertising() -> None:
    assert [route_of(name, "marketing").advertises for name in NAMES] == [True, True, False]


def test_a_message_weighs_what_its_route_bills_at_the_catalogues_price() -> None:
    dear = a_catalogue(sms="350 dong per segment", email="20 dong")
    assert weigh(dear, "sms", "care", "ạ" * 71).as_plain() == {"encoding": "UCS-2", "segments": 2, "cost": "700 dong"}
    assert weigh(dear, "email", "care", "ạ" * 71) == (None, Decimal(20), "dong")
    assert weigh(dear, "zalo", "care", "x").as_plain() == {}
    vietnam = replace(dear, company=Company(sms_route="vietnam"))
    assert weigh(vietnam, "sms", "marketing", "a" * 123).as_plain()["cost"] == "700 dong"
    assert weigh(vietnam, "sms", "care", "a" * 123).as_plain()["cost"] == "350 dong"


def test_the_letters_that_force_the_long_alphabet_are_none_after_stripping() -> None:
    text = "Điện máy An Nhà nhắc anh/chị: kỹ thuật viên đến lúc 14:30."
    assert foreign_letters(text)
    assert not foreign_letters(strip_marks(text))
