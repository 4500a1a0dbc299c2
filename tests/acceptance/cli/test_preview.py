"""Trying a journey from the command line."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop

VIP = ("--as", "vip", "--tz", "Asia/Tokyo", "--score", "2", "--buys", "2026-11-27 22:40")


@pytest.fixture
def marketer(tmp_path: Path) -> Shop:
    """A closed shop with a rules folder of its own."""
    shop = a_shop(tmp_path)
    shutil.copytree(REPOSITORY / "rules", tmp_path / "rules")
    shop.settings["CARE_RULES_DIR"] = "rules"
    return shop


def test_a_journey_is_tried_on_one_made_up_customer(marketer: Shop) -> None:
    answer = marketer.care("rules", "preview", "washing_machine_care", *VIP)
    assert answer.status == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0] == "Chăm sóc khách mua máy giặt"
    assert "vip, need_based · vi · Asia/Tokyo · from Fri 27 Nov 2026 22:40" in lines[1]
    assert "50,000,000         assumed: so that customer.type is vip" in answer.out
    assert "day  1 08:00  send:thank_you → sent by email" in answer.out
    assert "✓ csat.score is at most 2  (it is 2)" in answer.out
    assert "2. Mon 30 Nov 09:00 · sms · how_is_it_going" in answer.out
    assert re.search(r"2 segments, UCS-2 for the sake of .+, 132 units · 700 dong", answer.out)
    assert lines[-1] == "5 messages (4 email, 1 sms); together 780 dong"


def test_reasons_and_messages_may_be_left_out(marketer: Shop) -> None:
    answer = marketer.care("rules", "preview", "rules/journeys/washing_machine_care.yaml", "--no-why", "--no-messages")
    assert answer.status == 0
    assert "✓" not in answer.out
    assert "Chào anh/chị" not in answer.out
    assert "send:thank_you → sent by email" in answer.out


def test_the_same_as_json(marketer: Shop) -> None:
    plain = marketer.care("rules", "preview", "washing_machine_care", *VIP, "--json").json
    assert plain["starts"] == "2026-11-27T22:40:00+09:00"
    assert plain["entered"] is True
    assert [message["template"] for message in plain["messages"]][:2] == ["thank_you", "how_is_it_going"]
    assert plain["messages"][1]["segments"] == {"encoding": "UCS-2", "units": 132, "parts": 2}


def test_somebody_who_is_not_let_in_is_told_why(marketer: Shop) -> None:
    answer = marketer.care("rules", "preview", "washing_machine_care", "--given", "order.category=tv")
    assert answer.status == 1
    assert "washing_machine_care → not entered" in answer.out
    assert "✗ order.category is washing_machine  (it is tv)" in answer.out
    assert "This customer is not let in." in answer.out


def test_what_cannot_be_read_is_told_all_at_once(marketer: Shop) -> None:
    answer = marketer.care("rules", "preview", "washing_machine_care", "--buys", "Fri 25:00", "--tz", "Asia/Tokio")
    assert answer.status == 1
    assert "timezone: 'Asia/Tokio' is not a time zone; did you mean 'Asia/Tokyo'?" in answer.err
    assert "buys: '25:00' is not a time of day" in answer.err


def test_a_journey_that_is_not_there_is_named_with_the_nearest(marketer: Shop) -> None:
    answer = marketer.care("rules", "preview", "washing_machine")
    assert answer.status == 1
    assert "there is no journey 'washing_machine' in 'rules'; did you mean 'washing_machine_care'?" in answer.err


def test_what_is_wrong_in_other_journeys_is_no_hindrance(marketer: Shop) -> None:
    for name, status in (("first_purchase", 1), ("after_service_visit", 0)):
        file = marketer.folder / "rules" / "journeys" / "first_purchase.yaml"
        file.write_text(
            file.read_text(encoding="utf-8").replace("- send: welcome", "- send: welcom", 1), encoding="utf-8"
        )
        answer = marketer.care("rules", "preview", name)
        assert answer.status == status
    broken = marketer.care("rules", "preview", "first_purchase")
    assert "did you mean 'welcome'?" in broken.err


def test_the_page_is_opened_in_the_browser(marketer: Shop) -> None:
    browser = marketer.folder / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > opened\n')
    browser.chmod(0o755)
    answer = marketer.care(
        "rules", "preview", "first_purchase", "--open", "--out", "page.html", BROWSER=f"{browser} %s"
    )
    assert answer.status == 0, answer.err
    page = marketer.folder / "page.html"
    assert f"The page: {page}" in answer.out
    assert "srcdoc=" in page.read_text(encoding="utf-8")
    assert (marketer.folder / "opened").read_text().strip() == page.as_uri()


def test_a_page_that_cannot_be_written_is_told(marketer: Shop) -> None:
    answer = marketer.care("rules", "preview", "first_purchase", "--out", "nowhere/page.html")
    assert answer.status == 1
    assert "the page cannot be written to 'nowhere/page.html'" in answer.err


def test_trying_a_journey_needs_neither_the_store_nor_the_engine(marketer: Shop) -> None:
    program = (
        "import sys; from care.cli.main import app\n"
        "app(['rules', 'preview', 'first_purchase', '--out', 'page.html', '--as', 'discount'], standalone_mode=False)\n"
        "print(sorted({'sqlalchemy', 'temporalio', 'fastapi', 'httpx'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=marketer.folder,
        env=marketer.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"
