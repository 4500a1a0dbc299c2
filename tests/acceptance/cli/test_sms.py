"""Answering an SMS as the customer, from the command line."""

import json

from tests.acceptance.cli.shop import Shop


def test_a_stop_is_taken_and_the_gateway_says_so_itself(shop: Shop) -> None:
    told = shop.care("sms", "reply", "STOP", "--from", "0912 345 678")
    assert told.status == 0, told.err
    assert "The shop took it. The gateway took it for STOP" in told.out
    again = shop.care("sms", "reply", "5 sao", "--from", "+84912345678", "--json")
    assert json.loads(again.out) == {"taken": True, "opt_out": ""}


def test_without_a_running_shop_it_says_what_to_start(closed_shop: Shop) -> None:
    told = closed_shop.care("sms", "reply", "5", "--from", "0912345678")
    assert (told.status, "care up" in told.err) == (1, True)


def test_a_number_nobody_has_is_wrong_usage(closed_shop: Shop) -> None:
    told = closed_shop.care("sms", "reply", "5", "--from", "12")
    assert (told.status, "no telephone has this number" in told.err) == (2, True)


def test_with_a_real_provider_there_is_nothing_to_answer_through(closed_shop: Shop) -> None:
    told = closed_shop.care("sms", "reply", "5", "--from", "0912345678", CARE_SMS_URL="https://api.twilio.com")
    assert (told.status, "real phone" in told.err) == (1, True)
