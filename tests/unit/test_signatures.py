"""Signatures of webhooks, held against the scheme's own example."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest

from care.signatures import endpoint_secret, is_signed, signed_headers

# The example of the scheme's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1_614_265_330, UTC)
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": KEY,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_a_post_is_signed_as_the_scheme_says() -> None:
    assert signed_headers(SECRET, KEY, AT, BODY) == HEADERS


def test_a_signature_is_good_for_five_minutes_on_either_side() -> None:
    for seconds in (-300, -1, 0, 299, 300):
        assert is_signed(SECRET, HEADERS, BODY, AT + timedelta(seconds=seconds))
    for seconds in (-301, 301, 86_400):
        assert not is_signed(SECRET, HEADERS, BODY, AT + timedelta(seconds=seconds))


def test_of_several_signatures_one_is_enough() -> None:
    several = {**HEADERS, "webhook-signature": f"v1,b2xk v2,abc {HEADERS['webhook-signature']}"}
    assert is_signed(SECRET, several, BODY, AT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "msg_other"),
        ("webhook-id", ""),
        ("webhook-timestamp", "1614265331"),
        ("webhook-timestamp", "soon"),
        ("webhook-timestamp", "²"),
        ("webhook-timestamp", ""),
        ("webhook-signature", ""),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF="),
        ("webhook-signature", "v1,ký"),
    ],
)
def test_a_post_that_was_changed_on_its_way_is_refused(name: str, value: str) -> None:
    assert not is_signed(SECRET, {**HEADERS, name: value}, BODY, AT)


def test_a_changed_body_another_secret_or_no_header_at_all_is_refused() -> None:
    assert not is_signed(SECRET, HEADERS, BODY + b" ", AT)
    assert not is_signed(endpoint_secret("another", "crm"), HEADERS, BODY, AT)
    assert not is_signed(SECRET, {}, BODY, AT)


def test_every_endpoint_has_a_secret_of_its_own_that_stays() -> None:
    first, other = endpoint_secret("kept secret", "crm"), endpoint_secret("kept secret", "chatbot")
    assert first == endpoint_secret("kept secret", "crm")
    assert len({first, other, endpoint_secret("another", "crm")}) == 3
    assert first.startswith("whsec_")
    assert len(b64decode(first.removeprefix("whsec_"))) == 32
    assert "kept" not in first


def test_a_secret_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signed_headers("whsec_not base64!", KEY, AT, BODY)
