"""Twilio's callbacks: whose they are, by Twilio's own library as the oracle, and what they tell."""

from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from activities.channels.base import Callback, Delivery, ForgedCallback, Receipt, Reply
from activities.channels.twilio_callbacks import Secrets, news, signature
from activities.channels.twilio_codes import CODES, loss, meaning

TOKEN = "a token of 32 characters, or more"
KEY = "the secret of a shared key"
URL = "https://shop.example/v1/hooks/twilio"
BOTH = Secrets(TOKEN, KEY)
SID = "SM" + "0a" * 16

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.text("abcdefgABCXYZ0189_", min_size=1, max_size=10)
FORMS = st.dictionaries(NAMES, TEXT, min_size=1, max_size=8)
HOSTS = st.sampled_from(
    ["shop.example", "shop.example:8443", "shop.example:443", "127.0.0.1:8600", "xn--ca-hng-7ya.vn"]
)
QUERIES = st.dictionaries(NAMES, TEXT, max_size=3).map(urlencode)
ALGORITHMS = st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    query = draw(QUERIES)
    path = draw(st.sampled_from(["/v1/hooks/twilio", "/care/v1/hooks/twilio", "/v1/hooks/twilio/"]))
    return f"{draw(st.sampled_from(['http', 'https']))}://{draw(HOSTS)}{path}" + (f"?{query}" if query else "")


def a_call(form: Mapping[str, str], signed: str, url: str = URL, settings: str = "", method: str = "POST") -> Callback:
    headers = {"x-twilio-signature": signed} | ({"x-twilio-webhooks-signature-settings": settings} if settings else {})
    query = {"reference": "0" * 32} if "reference=" in url else {}
    return Callback(method, url, headers, query, urlencode(form).encode())


def told(form: Mapping[str, str], url: str = URL) -> tuple[Receipt | Reply, ...]:
    return news(a_call(form, signature(url, {name: [value] for name, value in form.items()}, TOKEN), url), BOTH)


@given(urls(), st.dictionaries(NAMES, st.lists(TEXT, min_size=1, max_size=3), max_size=6), ALGORITHMS)
def test_our_signature_is_twilios(url: str, fields: dict[str, list[str]], algorithm: str) -> None:
    class MultiDict(dict[str, list[str]]):
        def getall(self, name: str) -> list[str]:
            return self[name]

    theirs = RequestValidator(TOKEN).compute_signature(url, MultiDict(fields), algorithm)
    assert signature(url, fields, TOKEN, algorithm) == theirs


@given(urls(), FORMS, ALGORITHMS)
def test_what_twilio_signs_is_let_in(url: str, form: dict[str, str], algorithm: str) -> None:
    new = algorithm == "HMAC_SHA256"
    signed = RequestValidator(KEY if new else TOKEN).compute_signature(url, form, algorithm)
    settings = f"key=webhooks_sharedkey_1,algorithm={algorithm}" if new else ""
    news(a_call(form, signed, url, settings), BOTH)


@given(urls(), FORMS, st.sampled_from(["", "x", "A" * 28, "ký tự"]))
def test_what_twilio_did_not_sign_is_not(url: str, form: dict[str, str], signed: str) -> None:
    assert not RequestValidator(TOKEN).validate(url, form, signed)
    with pytest.raises(ForgedCallback, match="CARE_PUBLIC_URL"):
        news(a_call(form, signed, url), BOTH)


@given(FORMS, FORMS, urls(), urls())
def test_a_signature_fits_its_own_form_and_address_only(
    form: dict[str, str], other: dict[str, str], url: str, elsewhere: str
) -> None:
    signed = RequestValidator(TOKEN).compute_signature(url, form)
    for each, at in ((form, elsewhere), (other, url)):
        if RequestValidator(TOKEN).validate(at, each, signed):
            news(a_call(each, signed, at), BOTH)
        else:
            with pytest.raises(ForgedCallback):
                news(a_call(each, signed, at), BOTH)


@pytest.mark.parametrize(("signed", "called"), [(URL, URL), (URL.replace("example", "example:443"), URL)])
@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_the_port_may_stand_in_the_signed_address_or_not(signed: str, called: str, algorithm: str) -> None:
    new = algorithm == "HMAC_SHA256"
    form = {"Body": "Chào"}
    made = RequestValidator(KEY if new else TOKEN).compute_signature(signed, form, algorithm)
    news(a_call(form, made, called, f"key=k,algorithm={algorithm}" if new else ""), BOTH)


@pytest.mark.parametrize(
    ("settings", "secrets", "words"),
    [
        ("key=k,algorithm=HMAC_SHA256", Secrets(TOKEN), "CARE_SMS_SIGNING_KEY"),
        ("algorithm=HMAC_SHA256", Secrets(TOKEN), "CARE_SMS_SIGNING_KEY"),
        ("key=k", Secrets(TOKEN), "CARE_SMS_SIGNING_KEY"),
        ("", Secrets("", KEY), "CARE_SMS_TOKEN"),
        ("key=k,algorithm=HMAC_MD5", BOTH, "hmac_md5"),
        ("key=k,algorithm=HMAC_SHA256", BOTH, "signature is wrong"),
    ],
)
def test_a_scheme_without_its_secret_lets_nobody_in(settings: str, secrets: Secrets, words: str) -> None:
    signed = RequestValidator(TOKEN).compute_signature(URL, {"a": "b"}, "HMAC_SHA1")
    with pytest.raises(ForgedCallback, match=f"(?i){words}"):
        news(a_call({"a": "b"}, signed, URL, settings), secrets)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=%ff", b"&".join([b"a=1"] * 300), b'{"a"', b""])
def test_a_body_that_is_no_form_of_twilios_is_forged(body: bytes) -> None:
    with pytest.raises(ForgedCallback):
        news(Callback("POST", URL, {"x-twilio-signature": "x"}, {}, body), BOTH)


def test_a_callback_by_get_has_its_fields_in_the_address() -> None:
    url = f"{URL}?MessageSid={SID}&MessageStatus=delivered"
    signed = RequestValidator(TOKEN).compute_signature(url, {})
    [receipt] = news(Callback("GET", url, {"x-twilio-signature": signed}, {}, b""), BOTH)
    assert isinstance(receipt, Receipt)
    assert receipt.provider_id == SID


@pytest.mark.parametrize("status", ["accepted", "scheduled", "queued", "sending", "sent"])
def test_a_message_on_its_way_is_no_news(status: str) -> None:
    assert told({"MessageSid": SID, "MessageStatus": status, "To": "+84912345678", "From": "+84901234567"}) == ()


def test_an_arrival_names_the_message_by_both_names() -> None:
    url = f"{URL}?reference={'0' * 32}"
    form = {"MessageSid": SID, "MessageStatus": "delivered", "From": "+84901234567"}
    assert told(form, url) == (Receipt(f"{SID}:delivered", Delivery("sent", provider_id=SID), SID, "0" * 32),)


@pytest.mark.parametrize("status", ["undelivered", "failed"])
@pytest.mark.parametrize(
    ("code", "word", "suppress"),
    [
        ("30005", "bad_address", "bounced"),
        ("30006", "bad_address", ""),
        ("30003", "undelivered", ""),
        ("30007", "undelivered", ""),
        ("21610", "opted_out", "withdrew"),
        ("99999", "undelivered", ""),
        ("", "undelivered", ""),
    ],
)
def test_a_lost_message_is_over_whatever_the_code(status: str, code: str, word: str, suppress: str) -> None:
    form = {"MessageSid": SID, "MessageStatus": status, "ErrorCode": code}
    [receipt] = told(form)
    assert isinstance(receipt, Receipt)
    delivery = receipt.delivery
    assert (delivery.outcome, delivery.code, delivery.suppress) == ("failed", word, suppress)
    assert code in delivery.reason


def test_what_a_customer_writes_is_a_reply() -> None:
    form = {
        "MessageSid": SID,
        "SmsStatus": "received",
        "From": "+84912345678",
        "To": "+84901234567",
        "Body": "5 sao ⭐",
    }
    assert told(form) == (Reply(SID, "+84912345678", "5 sao ⭐"),)
    [stop] = told({**form, "Body": "STOP", "OptOutType": "STOP"})
    assert isinstance(stop, Reply)
    assert stop.stopped
    [start] = told({**form, "Body": "START", "OptOutType": "START"})
    assert isinstance(start, Reply)
    assert not start.stopped


def test_nothing_personal_shows_when_a_reply_is_printed() -> None:
    [reply] = told({"MessageSid": SID, "From": "+84912345678", "Body": "bí mật"})
    assert "912345678" not in repr(reply)
    assert "bí mật" not in repr(reply)


def test_a_form_about_no_message_is_no_news() -> None:
    assert told({"AccountSid": "AC1", "Something": "else"}) == ()


def test_every_code_says_what_follows_and_a_loss_is_never_sent_again() -> None:
    for code in CODES:
        judged = meaning(int(code))
        assert judged is not None
        assert code in judged.reason
        assert loss(int(code)).outcome == "failed"
    assert meaning(12345) is None
    assert meaning(None) is None
