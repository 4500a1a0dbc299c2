"""Sending events to a running server, one by one and as files."""

import json
from typing import Any

from care import clock
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from tests.acceptance.cli.busy_proxy import busy_proxy
from tests.acceptance.cli.shop import REPOSITORY, Shop, eventually, purchase

SAMPLE = REPOSITORY / "care" / "samples" / "purchase.json"
HEAD = "id,source,type,time,customer.id,customer.email,order.id,order.category,order.total,order.placed_at"


def row(number: int, name: str, **more: str) -> str:
    cells = {
        "id": f"{name}-{number}",
        "source": "import",
        "type": "order.placed",
        "time": "2026-03-02T10:00:00+07:00",
        "customer.id": f"{name}-{number}",
        "customer.email": f"{name}{number}@example.vn",
        "order.id": f"{name}-{number}",
        "order.category": "tv",
        "order.total": "12500000",
        "order.placed_at": "2026-03-02T10:00:00+07:00",
    } | more
    return ",".join(cells[column] for column in HEAD.split(","))


def receipt_of(shop: Shop, source: str, event: str) -> Any:
    answer = shop.care("events", "receipt", source, event, "--json")
    assert answer.status == 0, answer.err
    return answer.json


def test_an_event_sent_twice_counts_once_and_has_one_receipt(shop: Shop) -> None:
    event = json.dumps(purchase(1))
    first = shop.care("events", "send", "-", "--json", given=event)
    again = shop.care("events", "send", "-", "--json", given=event)
    assert (first.status, again.status) == (0, 0)
    assert first.json[0]["duplicate"] is False
    assert again.json[0]["duplicate"] is True
    told = {"id", "source", "type", "customer", "received_at", "receipt"}
    assert {name: first.json[0][name] for name in told} == {name: again.json[0][name] for name in told}

    decided = eventually(lambda: (found := receipt_of(shop, "shop", "delivery-1"))["status"] == "decided" and found)
    assert [entered["journey"] for entered in decided["entered"]] == ["washing_machine_care"]
    shown = shop.care("events", "receipt", "shop", "delivery-1")
    assert "entered washing_machine_care" in shown.out
    assert "did not enter first_purchase" in shown.out


def test_the_sample_purchase_sent_twice_enters_one_journey_and_mails_once(shop: Shop) -> None:
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    sample["customer"]["timezone"] = where_it_is_noon()
    mails = Mailbox(shop.folder / "data" / MAILBOX_FILE)

    def sent_and_decided(event: dict[str, Any]) -> Any:
        answer = shop.care("events", "send", "-", "--json", given=json.dumps(event))
        assert answer.status == 0, answer.err
        source, name = event["source"], event["id"]
        return eventually(lambda: (found := receipt_of(shop, source, name))["status"] == "decided" and found)

    first = sent_and_decided(sample)
    eventually(lambda: len(mails.list(recipient="lan@example.com")) == 1)
    assert sent_and_decided(sample) == first
    later = sent_and_decided(sample | {"id": "delivery-told-again"})
    assert [each["journey"] for each in first["entered"]] == ["washing_machine_care"]
    assert later["entered"] == []
    assert len(mails.list(recipient="lan@example.com")) == 1
    mails.close()


def where_it_is_noon() -> str:
    """A time zone outside everybody's quiet hours, whenever this runs."""
    ahead = 12 - clock.now().hour
    return f"Etc/GMT{-ahead:+d}"


def test_a_list_and_a_cloud_event_are_sent_too(shop: Shop) -> None:
    inner = {name: purchase(3)[name] for name in ("customer", "order")}
    outer = {name: purchase(3)[name] for name in ("id", "source", "type", "time")}
    cloud = {"specversion": "1.0", **outer, "data": inner}
    answer = shop.care("events", "send", "-", given=json.dumps([purchase(2), cloud]))
    assert answer.status == 0, answer.err
    assert answer.out.count("accepted") == 2


def test_a_refused_event_says_what_is_wrong_and_the_others_are_taken(shop: Shop) -> None:
    wrong = purchase(5, type="order.deliverd")
    wrong["order"] = {"id": "DH-5", "totl": 3}
    answer = shop.care("events", "send", "-", given=json.dumps([purchase(4), wrong]))
    assert answer.status == 1
    assert "did you mean 'order.delivered'?" in answer.out
    assert "order.totl: the catalogue has no field 'order.totl' — did you mean 'total'?" in answer.out
    assert shop.care("events", "send", "-", "--json", given=json.dumps(purchase(4))).json[0]["duplicate"] is True


def test_another_body_under_the_same_id_is_refused(shop: Shop) -> None:
    assert shop.care("events", "send", "-", given=json.dumps(purchase(6))).status == 0
    changed = shop.care("events", "send", "-", "--json", given=json.dumps(purchase(6, type="order.returned")))
    assert changed.status == 1
    assert "accepted before with another body" in changed.json[0]["problems"][0]["detail"]


def test_a_receipt_of_an_unknown_event_is_refused(shop: Shop) -> None:
    answer = shop.care("events", "receipt", "shop", "nothing/at all")
    assert answer.status == 1
    assert "the server never accepted event 'nothing/at all' of 'shop'" in answer.err


def test_a_wrong_key_is_told_in_words(shop: Shop) -> None:
    answer = shop.care("events", "send", "-", "--api-key", "wrong", given=json.dumps(purchase(7)))
    assert answer.status == 1
    assert "the API key is missing or wrong; give --api-key or set CARE_API_KEY" in answer.err


def test_a_table_is_imported_but_for_its_wrong_lines_and_can_be_imported_again(shop: Shop) -> None:
    rows = [row(number, "csv") for number in range(1200)]
    rows[7] = row(7, "csv", **{"order.total": "12tr"})
    rows[1100] = row(1100, "csv", **{"order.category": "boat", "customer.email": "nobody"})
    rows[1150] = row(1150, "csv", type="")
    table = shop.folder / "orders.csv"
    table.write_text("\n".join([HEAD, *rows, ""]))

    first = shop.care("events", "import", "orders.csv", "--json")
    assert first.status == 1
    assert {name: first.json[name] for name in ("events", "new", "known", "refused")} == {
        "events": 1200,
        "new": 1197,
        "known": 0,
        "refused": 3,
    }
    found = [(problem["line"], problem["pointer"]) for problem in first.json["problems"]]
    assert found == [(9, "/order/total"), (1102, "/customer/email"), (1102, "/order/category"), (1152, "")]

    shown = shop.care("events", "import", "orders.csv")
    assert "1,200 events: 0 new, 1,197 known before, 3 refused" in shown.out
    assert "orders.csv:9" in shown.out

    table.write_text("\n".join([HEAD, *(row(number, "csv") for number in range(1200)), ""]))
    mended = shop.care("events", "import", "orders.csv")
    assert mended.status == 0, mended.err
    assert "1,200 events: 3 new, 1,197 known before, 0 refused" in mended.out


def test_many_wrong_lines_are_all_told(shop: Shop) -> None:
    lines = [purchase(number, time="yesterday") for number in range(20_000, 20_250)]
    lines.append(purchase(20_250))
    (shop.folder / "wrong.jsonl").write_text("\n".join(map(json.dumps, lines)))
    answer = shop.care("events", "import", "wrong.jsonl", "--json")
    assert (answer.json["new"], answer.json["refused"]) == (1, 250)
    assert [problem["line"] for problem in answer.json["problems"]] == list(range(1, 251))


def test_events_too_large_for_one_request_are_sent_in_parts(shop: Shop) -> None:
    lines = [
        purchase(
            number,
            type="ticket.opened",
            data={"ticket": f"T-{number}", "about": "x" * 3_900},
        )
        for number in range(30_000, 30_560)
    ]
    (shop.folder / "large.jsonl").write_text("\n".join(map(json.dumps, lines)))
    answer = shop.care("events", "import", "large.jsonl", "--json")
    assert answer.status == 0, answer.out
    assert answer.json["new"] == 560


def test_a_line_that_is_not_json_does_not_hold_back_the_others(shop: Shop) -> None:
    text = f'{json.dumps(purchase(40_000))}\n{{"id": \n{{"id": "\\ud800"}}\n{json.dumps(purchase(40_001))}\n'
    (shop.folder / "broken.jsonl").write_text(text)
    answer = shop.care("events", "import", "broken.jsonl", "--json")
    assert (answer.json["new"], [problem["line"] for problem in answer.json["problems"]]) == (2, [2, 3])


def test_a_busy_server_is_asked_again(shop: Shop) -> None:
    with busy_proxy(shop.url, refusals=2) as url:
        answer = shop.care("events", "send", "-", "--url", url, given=json.dumps(purchase(50_000)))
    assert answer.status == 0, answer.err
    assert answer.err.count("the server is busy; trying again in") == 2
