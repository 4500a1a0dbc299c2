"""The marketers' pages: the list, the picture with who is where, revisions, differences, and trying a journey."""

import re
import shutil
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import Engine

from care.store import controls
from care.store.controls import Control
from care.store.engine import writing
from tests.integration.web.marketing import HOSTILE, JOURNEY, RULES, Marketing
from tests.integration.web.shop import Shop, settings_in

PAGE = f"/journeys/{JOURNEY}"
DAY_3 = "wait:until day 3 at 09:00"


@pytest.fixture
def shop(store: Engine, store_url: str, tmp_path: Path) -> Shop:
    return Shop(store, settings_in(tmp_path, store_url, rules_dir=tmp_path / "rules"))


@pytest.fixture
def marketing(shop: Shop) -> Marketing:
    """A marketer who wrote and published one journey."""
    marketing = Marketing(shop)
    marketing.write()
    marketing.publish("bản đầu tiên")
    return marketing


async def data(browser: AsyncClient, path: str, **query: str) -> Any:
    answer = await browser.get(path + ".json", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def drafts(browser: AsyncClient) -> dict[str, str]:
    return {each["journey"]: each["draft"] for each in (await data(browser, "/journeys"))["shelf"]["journeys"]}


async def places(browser: AsyncClient, **query: str) -> dict[str, int]:
    return {each["step"]: each["here"] for each in (await data(browser, PAGE, **query))["page"]["places"]}


def here(page: str) -> list[str]:
    """The counts in the picture for a desk."""
    return re.findall(r">([\d,]+ here)<", page.partition('class="for-phone"')[0])


async def test_the_list_tells_what_customers_enter_and_how_many_are_inside(
    browser: AsyncClient, marketing: Marketing
) -> None:
    await marketing.sell(1, 2)
    page = (await browser.get("/journeys")).text
    assert "Chăm sóc khách mua máy giặt" in page
    assert "Enters on order.delivered when order.category is washing_machine" in page
    assert "2 customers on the way" in page
    assert "machine_care v1" in page
    assert 'href="/journeys" aria-current="page"' in page
    assert "draft differs" not in page


async def test_a_paused_journey_says_who_paused_it_and_why(
    browser: AsyncClient, marketing: Marketing, shop: Shop
) -> None:
    with writing(shop.engine) as conn:
        controls.begin(conn, Control(0, JOURNEY, "pause", "freeze", shop.clock(), "Mai", HOSTILE, None, ""))
    for path in ("/journeys", PAGE):
        page = (await browser.get(path)).text
        assert "aused by Mai, waits stand still: &lt;script&gt;" in page
        assert "<script" not in page


async def test_every_draft_is_marked_by_how_it_stands_to_what_is_published(
    browser: AsyncClient, marketing: Marketing
) -> None:
    assert await drafts(browser) == {JOURNEY: "same"}
    marketing.change("title: Chăm", "# a remark\ntitle: Chăm")
    assert await drafts(browser) == {JOURNEY: "same"}
    marketing.change("wait: 5 days", "wait: 4 days")
    marketing.write(RULES.replace(JOURNEY, "dryer_care"), "dryer_care")
    assert await drafts(browser) == {JOURNEY: "differs", "dryer_care": "new"}
    marketing.change("by: email", "by: pigeon")
    assert await drafts(browser) == {JOURNEY: "broken", "dryer_care": "new"}
    (marketing.rules / "journeys" / f"{JOURNEY}.yaml").unlink()
    assert await drafts(browser) == {JOURNEY: "gone", "dryer_care": "new"}


async def test_while_another_file_is_broken_a_draft_is_compared_by_its_words(
    browser: AsyncClient, marketing: Marketing
) -> None:
    marketing.write("journey: 1", "dryer_care")
    assert await drafts(browser) == {JOURNEY: "same", "dryer_care": "broken"}
    marketing.change("wait: 5 days", "wait: 4 days")
    assert await drafts(browser) == {JOURNEY: "differs", "dryer_care": "broken"}
    assert (await data(browser, PAGE))["page"]["draft_changes"] == ["wait:5 days became wait:4 days"]


async def test_a_changed_catalogue_is_told(browser: AsyncClient, marketing: Marketing) -> None:
    assert "catalogue or the customer types" not in (await browser.get("/journeys")).text
    types = marketing.rules / "customer_types.yaml"
    types.write_text(types.read_text(encoding="utf-8").replace("50 million", "60 million"), encoding="utf-8")
    assert "catalogue or the customer types" in (await browser.get("/journeys")).text


async def test_a_problem_stands_at_its_line_with_a_caret_below_its_column(
    browser: AsyncClient, marketing: Marketing
) -> None:
    marketing.change("  - send: review_please", "  - send: reveiw_please")
    found = (await data(browser, "/journeys"))["shelf"]["problems"]
    assert [(each["line"], each["column"], each["code"]) for each in found] == [(22, 11, "J010")]
    assert [line["number"] for line in found[0]["lines"]] == [21, 22, 23]
    assert [line["caret"] for line in found[0]["lines"]] == [None, "  - send: ", None]
    for path in ("/journeys", f"{PAGE}?version=draft", f"{PAGE}/preview?rules=draft"):
        page = (await browser.get(path)).text
        assert f"{marketing.rules.as_posix()}/journeys/{JOURNEY}.yaml:22:11: J010" in page
        assert '<span class="caret">^</span>' in page
        assert "unknown template &#39;reveiw_please&#39;" in page
        assert "did you mean &#39;review_please&#39;?" in page
    assert "1 error" in (await browser.get(PAGE)).text


async def test_the_picture_counts_who_is_at_each_step(browser: AsyncClient, marketing: Marketing) -> None:
    await marketing.sell(1, 2, 3)
    await marketing.life.pass_(days=4)
    await marketing.sell(4, 5)
    await marketing.answer(3, 1)
    assert await places(browser) == {DAY_3: 2, "survey:csat": 2, "ticket:care_team": 1}
    assert here((await browser.get(PAGE)).text) == ["2 here", "2 here", "1 here"]
    await marketing.answer(1, 5)
    assert await places(browser) == {DAY_3: 2, "survey:csat": 1, "ticket:care_team": 1, "wait:5 days": 1}
    await marketing.life.pass_(days=40)
    page = await data(browser, PAGE)
    assert (page["page"]["places"], page["page"]["tally"]["inside"], page["page"]["tally"]["entered"]) == ([], 0, 5)


async def test_a_step_leads_to_the_people_who_are_there(browser: AsyncClient, marketing: Marketing) -> None:
    await marketing.sell(1, 2)
    await marketing.life.pass_(days=4)
    await marketing.sell(3, name=HOSTILE)
    page = (await browser.get(PAGE)).text
    links = re.findall(r'<a href="(\?version=1&amp;step=[^"]+)"', page.partition("</svg>")[0])
    assert all("#machine-care-" in link or link.endswith("#where") for link in links)
    shown = (await browser.get(PAGE, params={"step": "survey:csat"})).text
    assert f"/customers/{marketing.key(1)}" in shown
    assert f"/customers/{marketing.key(3)}" not in shown
    assert "Waits for the customer&#39;s answer" in shown
    waiting = (await browser.get(PAGE, params={"step": DAY_3})).text
    assert f"/customers/{marketing.key(3)}" in waiting
    assert "&lt;script&gt;" in waiting
    assert "<script" not in waiting
    assert (await data(browser, PAGE, step="nowhere"))["page"]["people"] == []


async def test_many_people_at_a_step_are_shown_page_by_page(browser: AsyncClient, marketing: Marketing) -> None:
    marketing.crowd(30, "wait:5 days")
    seen = []
    page = 1
    while page:
        told = (await data(browser, PAGE, step="wait:5 days", page=str(page)))["page"]
        seen += [each["shop_id"] for each in told["people"]]
        page = told["later"]
    assert seen == [f"VIP-{number:05}" for number in range(30)]


async def test_customers_who_keep_an_older_revision_are_counted_in_its_picture(
    browser: AsyncClient, marketing: Marketing
) -> None:
    await marketing.sell(1, 2)
    marketing.change("until day 3", "until day 4")
    marketing.publish("một ngày nữa", by="Hà")
    await marketing.sell(3)
    assert await places(browser) == {"wait:until day 4 at 09:00": 1}
    assert await places(browser, version="1") == {DAY_3: 2}
    assert await places(browser, version="draft") == {}
    versions = (await data(browser, PAGE))["page"]["versions"]
    assert versions == [{"key": "2", "inside": 1}, {"key": "1", "inside": 2}]


async def test_revisions_tell_when_by_whom_why_and_what_changed(browser: AsyncClient, marketing: Marketing) -> None:
    marketing.change("until day 3", "until day 4")
    marketing.publish(HOSTILE, by=f"Hà {HOSTILE}")
    marketing.write()
    marketing.publish("quay lại")
    (marketing.rules / "journeys" / f"{JOURNEY}.yaml").unlink()
    marketing.write(RULES.replace(JOURNEY, "dryer_care"), "dryer_care")
    marketing.publish()
    told = [(each["revision"], each["before"]) for each in (await data(browser, PAGE))["page"]["editions"]]
    assert told == [(0, 0), (1, 2), (2, 1), (1, 0)]
    page = (await browser.get(PAGE)).text
    assert "wait:until day 3 at 09:00 became wait:until day 4 at 09:00" in page
    assert "by Hà &lt;script&gt;" in page
    assert "Mon 2 Mar 2026, 10:00" in page
    assert "Nobody enters any more" in page
    assert "<script" not in page


async def test_two_revisions_are_compared_in_words_in_the_picture_and_line_by_line(
    browser: AsyncClient, marketing: Marketing
) -> None:
    marketing.change("  - wait: 5 days\n", "")
    marketing.change("up_to: 7 days\n  - branch", "up_to: 5 days\n  - branch")
    marketing.change(
        "    by: email\npaths",
        "    by: email\n  - wait: 2 days\n  - send: thank_you\n    id: bye\n    by: email\npaths",
    )
    marketing.publish()
    told = (await data(browser, f"{PAGE}/revisions/1..2"))["page"]
    assert dict(told["changes"]) == {
        "wait:5 days removed from steps": "removed",
        "survey:csat changed: up_to 7 days → 5 days": "changed",
        "wait:2 days added to steps, after send:review_please": "added",
        "bye added to steps, after wait:2 days": "added",
    }
    lines = {line["text"]: (line["kind"], line["old"], line["new"]) for line in told["files"][0]["lines"]}
    assert lines["    up_to: 5 days"] == ("added", 0, 16)
    assert lines["  - wait: 5 days"] == ("removed", 21, 0)
    assert told["effects"] is None
    page = (await browser.get(f"{PAGE}/revisions/1..2")).text
    assert {">added<", ">changed<", ">removed<"} <= set(re.findall(r">\w+<", page))
    assert page.count("<svg") == 4
    back = (await data(browser, f"{PAGE}/revisions/2..1"))["page"]
    assert ("wait:5 days added to steps, after branch", "added") in map(tuple, back["changes"])


async def test_the_page_says_what_publishing_the_draft_would_do_and_does_nothing(
    browser: AsyncClient, marketing: Marketing, shop: Shop
) -> None:
    await marketing.sell(1, 2)
    await marketing.life.pass_(days=4)
    await marketing.sell(3)
    marketing.change("up_to: 7 days\n  - branch", "up_to: 5 days\n  - branch")
    marketing.change("  - wait: until day 3 at 09:00\n", "")
    before = {table: shop.count(table) for table in ("publications", "plans", "inbox", "batches", "entries")}
    effects = (await data(browser, f"{PAGE}/revisions/1..draft"))["page"]["effects"]
    assert (effects["inside"], effects["moves"], effects["stuck"]) == (3, 2, 1)
    told = {each["step"]: each for each in effects["waiting"]}
    assert told["survey:csat"]["people"]["count"] == 2
    assert told[DAY_3]["people"]["named"] == [{"customer": marketing.key(3), "called": "Khách KH-3 (KH-3)"}]
    assert "is not in the new plan" in told[DAY_3]["trouble"]
    page = (await browser.get(f"{PAGE}/revisions/1..draft")).text
    assert "1 cannot move" in page
    assert f'<a href="/customers/{marketing.key(3)}">Khách KH-3 (KH-3)</a>' in page
    assert {table: shop.count(table) for table in before} == before


@pytest.mark.parametrize(
    "path",
    [
        "/journeys/nothing",
        "/journeys/..%2F..%2Fetc",
        "/journeys/" + "x" * 200,
        "/journeys/a%00b",
        "/journeys/nothing/preview",
        "/journeys/nothing/picture.svg",
        f"{PAGE}?version=7",
        f"{PAGE}/picture.svg?version=7",
        f"{PAGE}/revisions/1..7",
        f"{PAGE}/revisions/1",
        f"{PAGE}/revisions/a..b",
        f"{PAGE}/preview/letter?key=none",
    ],
)
async def test_what_is_not_there_is_told_as_everywhere_else(
    browser: AsyncClient, marketing: Marketing, path: str
) -> None:
    page = await browser.get(path)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    problem = await browser.get(path, headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["type"] == "urn:aftercare:problem:not-found"


async def test_a_journey_is_tried_with_the_draft_or_with_what_is_published(
    browser: AsyncClient, marketing: Marketing
) -> None:
    marketing.change("wait: until day 3 at 09:00", "wait: until day 6 at 09:00")
    asked = {"as": "customer.type=vip", "csat": "1", "buys": "2026-03-06 22:40", "tz": "Asia/Tokyo"}
    drafted = await data(browser, f"{PAGE}/preview", **asked)
    assert drafted["customer"]["types"]["customer.type"] == "vip"
    assert drafted["starts"] == "2026-03-06T22:40:00+09:00"
    assert any(each["kind"] == "ticket" for each in drafted["timeline"])
    published = await data(browser, f"{PAGE}/preview", rules="published", **asked)
    asked_at = [next(m["at"] for m in told["messages"] if m["step"] == "survey:csat") for told in (drafted, published)]
    assert asked_at == ["2026-03-12T09:00:00+09:00", "2026-03-09T09:00:00+09:00"]


async def test_the_form_shows_what_was_asked_and_what_came_of_it(browser: AsyncClient, marketing: Marketing) -> None:
    page = (await browser.get(f"{PAGE}/preview", params={"as": "vip", "csat": "2", "name": HOSTILE})).text
    assert '<option value="customer.type=vip" selected>vip</option>' in page
    assert '<option value="2" selected>2 of 5</option>' in page
    assert "Sent csat_washing_machine by email" in page
    assert "Handed over to care_team" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_an_email_of_a_trial_is_shut_into_its_frame(browser: AsyncClient, marketing: Marketing) -> None:
    page = (await browser.get(f"{PAGE}/preview", params={"tz": "Asia/Tokyo"})).text
    frames = re.findall(r'<iframe sandbox="allow-same-origin"[^>]+src="([^"]+)"', page)
    assert frames
    letter = await browser.get(frames[0].replace("&amp;", "&"))
    assert letter.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "Nguyễn Thị Lan" in letter.text


async def test_only_the_page_of_a_trial_may_run_the_consoles_own_script(
    browser: AsyncClient, marketing: Marketing
) -> None:
    policy = (await browser.get(f"{PAGE}/preview")).headers["content-security-policy"]
    assert policy.endswith("script-src 'self'; connect-src 'self'")
    for path in ("/journeys", PAGE, f"{PAGE}/revisions/1..1", f"{PAGE}/picture.svg"):
        assert "script-src" not in (await browser.get(path)).headers["content-security-policy"]


async def test_what_is_wrong_with_a_trial_stands_at_its_field(browser: AsyncClient, marketing: Marketing) -> None:
    asked = {"buys": "someday", "tz": "Mars/Olympus", "given": "order.total", "as": "queen"}
    page = await browser.get(f"{PAGE}/preview", params=asked)
    assert page.status_code == 422
    assert 'name="given" rows="2" maxlength="4000"' in page.text
    assert "is no NAME=VALUE" in page.text
    del asked["given"]
    page = await browser.get(f"{PAGE}/preview", params=asked)
    for name in ("buys", "tz"):
        assert f'aria-describedby="wrong-{name}"' in page.text
    assert "&#39;queen&#39; is no customer type" in page.text
    problem = await browser.get(f"{PAGE}/preview.json", params=asked)
    assert problem.headers["content-type"] == "application/problem+json"
    assert {fault["pointer"] for fault in problem.json()["errors"]} == {"/buys", "/tz", "/as"}


async def test_a_draft_is_tried_although_another_file_is_broken(browser: AsyncClient, marketing: Marketing) -> None:
    marketing.write("journey: 1", "dryer_care")
    assert (await data(browser, f"{PAGE}/preview"))["rules"] == "draft"


async def test_what_is_published_is_tried_when_the_draft_is_broken(browser: AsyncClient, marketing: Marketing) -> None:
    marketing.change("by: email", "by: pigeon")
    assert (await data(browser, f"{PAGE}/preview"))["rules"] == "published"
    page = (await browser.get(f"{PAGE}/preview", params={"rules": "draft"})).text
    assert "The draft cannot be tried until its errors are mended. What is published can." in page


async def test_without_a_rules_folder_only_what_is_published_is_shown(
    browser: AsyncClient, marketing: Marketing
) -> None:
    shutil.rmtree(marketing.rules)
    assert await drafts(browser) == {JOURNEY: ""}
    for path in ("/journeys", PAGE):
        assert "rules folder is not on this machine" in (await browser.get(path)).text
    assert (await data(browser, f"{PAGE}/preview"))["rules"] == "published"
    assert (await browser.get(f"{PAGE}/revisions/1..draft")).status_code == 404


async def test_drafts_are_shown_before_anything_is_published(browser: AsyncClient, shop: Shop) -> None:
    marketing = Marketing(shop)
    assert "care rules new" in (await browser.get("/journeys")).text
    marketing.write(RULES.replace("title: Chăm", f"title: {HOSTILE} Chăm"))
    assert await drafts(browser) == {JOURNEY: "new"}
    for path in ("/journeys", PAGE):
        page = (await browser.get(path)).text
        assert "&lt;script&gt;" in page
        assert "<script" not in page
    assert (await data(browser, PAGE))["page"]["version"] == "draft"
    assert (await data(browser, f"{PAGE}/preview"))["entered"] is True
    picture = await browser.get(f"{PAGE}/picture.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "<script" not in picture.text


async def test_every_page_has_a_twin_in_json(browser: AsyncClient, marketing: Marketing) -> None:
    for path in ("/journeys", PAGE, f"{PAGE}/revisions/1..1", f"{PAGE}/preview"):
        by_suffix = await browser.get(path + ".json")
        assert by_suffix.headers["content-type"] == "application/json"
        assert by_suffix.json() == (await browser.get(path + "?format=json")).json()
    assert {box["step"] for box in (await data(browser, PAGE))["picture"]["boxes"]} >= {"survey:csat", "wait:5 days"}


async def test_the_pages_are_closed_to_other_machines(browser: AsyncClient, marketing: Marketing) -> None:
    for path in ("/journeys", PAGE, f"{PAGE}/preview", f"{PAGE}/picture.svg", f"{PAGE}/preview/letter"):
        assert (await browser.get(path, headers={"x-forwarded-for": "10.0.0.9"})).status_code == 403


async def test_five_thousand_customers_inside_are_shown_without_a_wait(
    browser: AsyncClient, marketing: Marketing
) -> None:
    marketing.crowd(5_000, "wait:5 days")
    for path in ("/journeys", PAGE):
        took = []
        for _ in range(2):
            began = perf_counter()
            page = (await browser.get(path)).text
            took.append(perf_counter() - began)
            assert "5,000" in page
        # Half a second here; a slow machine under load takes some.
        assert min(took) < 10
