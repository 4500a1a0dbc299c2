import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.domain.orders import reference
from care.links import LinkError, Links, Purpose, SurveyLink, UnsubscribeLink

LINKS = Links("a secret that nobody knows", "https://shop.example/")
STEP = "e_0123456789abcdef/survey:csat/1"
REFERENCE = reference(f"{STEP}:sms")
TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{20}")


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def a_survey_token() -> str:
    return token_of(LINKS.survey_url(STEP, "csat", 5))


def test_a_survey_link_brings_back_what_it_asks() -> None:
    assert LINKS.read_survey(a_survey_token()) == SurveyLink(STEP, "csat", 5)
    assert LINKS.read_survey(token_of(LINKS.survey_url(STEP, "nps"))) == SurveyLink(STEP, "nps")
    assert LINKS.read_survey(token_of(LINKS.survey_url(STEP, "nps", 0))).score == 0


def test_an_unsubscribe_link_brings_back_what_it_ends() -> None:
    url = LINKS.unsubscribe_url(f"{STEP}:email", "c_0123456789abcdef0123", "email", "marketing")
    assert url.startswith("https://shop.example/u/")
    assert LINKS.read_unsubscribe(token_of(url)) == UnsubscribeLink(
        f"{STEP}:email", "c_0123456789abcdef0123", "email", "marketing"
    )


def test_a_short_link_names_its_message_in_thirty_four_letters() -> None:
    url = LINKS.short_survey_url(REFERENCE)
    token = url.removeprefix("https://shop.example/s/")
    assert len(token) == 34
    assert LINKS.read_short("survey", token) == REFERENCE
    assert LINKS.read_short("survey", LINKS.survey_url("e_1/survey:csat/1", "csat").rpartition("/")[2]) is None


@pytest.mark.parametrize("spoil", [str.swapcase, lambda token: token[:-1], lambda token: "ă" + token[1:], lambda _: ""])
def test_a_spoiled_short_link_is_refused(spoil: Callable[[str], str]) -> None:
    token = LINKS.short_unsubscribe_url(REFERENCE).rpartition("/")[2]
    tries: tuple[tuple[Purpose, str], ...] = (("unsubscribe", spoil(token)), ("survey", token))
    for purpose, tried in tries:
        with pytest.raises(LinkError):
            LINKS.read_short(purpose, tried)


def test_a_link_is_made_of_letters_that_survive_in_mail_and_sms() -> None:
    assert TOKEN.fullmatch(a_survey_token())
    assert TOKEN.fullmatch(token_of(LINKS.survey_url("e_1/khảo sát/1", "csat")))


def test_a_token_of_one_purpose_is_refused_for_another() -> None:
    with pytest.raises(LinkError, match="changed"):
        LINKS.read_unsubscribe(a_survey_token())


def test_a_link_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(LinkError, match="changed"):
        Links("another secret of someone", "https://shop.example").read_survey(a_survey_token())


@pytest.mark.parametrize("token", ["", ".", "a", "a.", ".a", "x" * 2_000, a_survey_token().partition(".")[0]])
def test_half_a_link_says_so(token: str) -> None:
    with pytest.raises(LinkError, match="not complete"):
        LINKS.read_survey(token)


@settings(max_examples=300)
@given(st.integers(0, len(a_survey_token()) - 1), st.characters(max_codepoint=0x1_0000))
def test_one_changed_letter_anywhere_is_refused(at: int, letter: str) -> None:
    token = a_survey_token()
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        with pytest.raises(LinkError):
            LINKS.read_survey(changed)


def test_a_secret_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(LinkError, match="at least 16"):
        Links("short", "https://shop.example")


def test_a_public_address_no_header_can_carry_is_refused() -> None:
    with pytest.raises(LinkError, match="xn--"):
        Links("a secret that nobody knows", "https://điệnmáy.example")
