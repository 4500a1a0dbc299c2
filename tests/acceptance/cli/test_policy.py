"""What the law asks of a message, asked on the command line: of a customer, and of a person made up."""

import json

import pytest

from tests.acceptance.cli.shop import Shop, purchase

FAR = ("policy", "explain", "--phone", "+13055551234", "--consent", "written")


def test_the_packs_are_listed_and_each_is_shown_with_its_sources(closed_shop: Shop) -> None:
    listed = closed_shop.care("policy", "list", "--json").json
    assert [pack["name"] for pack in listed] == ["canada", "europe", "mailbox_providers", "united_states", "vietnam"]
    assert "vietnam" in closed_shop.care("policy", "list").out
    shown = closed_shop.care("policy", "show", "vietnam").out
    for words in ("[QC] or [AD] at the start of the text", "Decree 91/2020", "legalcentrix.com", "believed"):
        assert words in shown
    assert closed_shop.care("policy", "show", "vietnam", "--json").json["title"] == "Vietnam"
    unknown = closed_shop.care("policy", "show", "atlantis")
    assert unknown.status == 1
    assert "there are: canada, europe" in unknown.err


def test_a_made_up_person_needs_no_store(closed_shop: Shop) -> None:
    answer = closed_shop.care(*FAR, "--at", "2026-11-22 20:30", "--json")
    assert answer.status == 0, answer.err
    told = answer.json
    assert told["zones"] == ["America/New_York"]
    assert told["at"] == "2026-11-22T20:30:00-05:00"
    assert (told["open"], told["opens"]) == (False, "2026-11-23T08:00:00-05:00")
    assert told["verdict"]["kind"] == "hold"
    [pack] = told["packs"]
    assert (pack["name"], pack["because"], pack["part"]) == (
        "united_states",
        ["phone number of US"],
        "Florida (area code 305)",
    )
    assert all(source["source"].startswith("http") and source["noted"] for source in pack["sources"])
    assert "Florida" in closed_shop.care(*FAR, "--at", "2026-11-22 20:30").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--phone", "0912345678"), "is not a phone number with its country"),
        (("--tz", "Asia/Hanoi"), "is not a time zone"),
        (("--at", "tomorrow"), "is not a time"),
        (("--phone", "+84912345678", "--bought", "1/2/2026"), "write the year first"),
        (("KH-1", "--phone", "+84912345678"), "not both"),
    ],
)
def test_what_cannot_be_read_is_told(closed_shop: Shop, words: tuple[str, ...], said: str) -> None:
    answer = closed_shop.care("policy", "explain", *words)
    assert answer.status == 1
    assert said in " ".join(answer.err.split())


def test_a_customer_of_the_store_is_explained_by_what_is_known_of_them(shop: Shop) -> None:
    assert shop.care("events", "send", "-", given=json.dumps(purchase(70_000))).status == 0
    answer = shop.care("policy", "explain", "KH-70000", "--at", "2026-11-22 22:30", "--json")
    assert answer.status == 0, answer.err
    told = answer.json
    assert told["told"]["phone"] == "VN"
    assert [pack["name"] for pack in told["packs"]] == ["vietnam"]
    assert (told["consent"]["allowed"], told["consent"]["code"]) == (False, "no_consent")
    assert told["caps"] == [
        {
            "count": 0,
            "of": 3,
            "words": "Vietnam: at most 3 advertising SMS in 24 hours to one address (Decree 91/2020)",
        }
    ]
    assert shop.care("policy", "explain", "nobody").status == 1
