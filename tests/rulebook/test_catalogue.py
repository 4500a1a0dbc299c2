"""The catalogue: what it says, and how little is said twice when part of it is broken."""

from pathlib import Path

import pytest

from care.domain.catalogue import Cap, Catalogue, Field, Offer, Queue, Template, Topic, Window
from care.rulebook.workspace import load
from tests.rulebook.folders import EXAMPLES, a_journey, loaded, told

CATALOG = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8")
CARRIER = ("J012", "stand_and_cover, code")
SEND = a_journey("  - send: thank_you\n    by: email\n", "audience: {customer.type: vip}\n")


def catalogue(tmp_path: Path, text: str) -> Catalogue:
    workspace = loaded(tmp_path, catalog=text)
    assert workspace.rulebook is not None, workspace.problems
    return workspace.rulebook.catalogue


def test_the_example_says_what_it_means(tmp_path: Path) -> None:
    read = catalogue(tmp_path, CATALOG)
    assert read.company.quiet_hours == Window(1_260, 480)
    assert read.company.business_hours == (*(Window(480, 1_050),) * 6, None)
    assert read.company.frequency_cap == Cap(3, 604_800)
    assert read.fields["customer.discounted_share"] == Field("customer.discounted_share", "percent")
    assert read.fields["csat.score"] == Field("csat.score", "number", low=1, high=5, whole=True, set_by="survey csat")
    category = read.fields["order.category"]
    assert read.fields["event.category"] == Field(
        "event.category", "choice", category.choices, same_as="order.category"
    )
    assert read.templates["review_please"] == Template("review_please", ("email",), "care")
    assert read.queues == {"care_team": Queue("care_team"), "service_leads": Queue("service_leads")}
    kit = Offer("premium_care_kit", "premium_care_kit", "KIT-{unique}", "offer.redeemed", "customer")
    assert read.offers["premium_care_kit"] == kit
    assert read.prices == {"email": "20 dong", "sms": "350 dong per segment"}
    assert "order.delivered" in read.events


def test_topics_have_words_and_double_opt_in_names_channels(tmp_path: Path) -> None:
    text = CATALOG.replace("company:\n", "company:\n  double_opt_in: [email, sms]\n").replace(
        "templates:\n", "topics:\n  offers: {vi: Ưu đãi, en: Offers}\ntemplates:\n"
    )
    text = text.replace("purpose: marketing}", "purpose: marketing, topic: offers}")
    read = catalogue(tmp_path, text)
    assert read.company.double_opt_in == ("email", "sms")
    assert read.topics == {"offers": Topic("offers", {"vi": "Ưu đãi", "en": "Offers"})}
    assert [read.topics["offers"].called(tag) for tag in ("en-GB", "vi", "fr")] == ["Offers", "Ưu đãi", "Ưu đãi"]
    assert {each.topic for each in read.templates.values()} == {"", "offers"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("company:\n", "company:\n  double_opt_in: [letter]\n", "J011"),
        ("purpose: marketing}", "purpose: marketing, topic: oferts}", "J010"),
        ("templates:\n", "topics:\n  offers: {}\ntemplates:\n", "J012"),
        ("templates:\n", "topics:\n  offers: {tiếng_việt: x}\ntemplates:\n", "J012"),
    ],
)
def test_a_topic_or_channel_nobody_knows_is_told(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert [each[:4] for each in told(loaded(tmp_path, catalog=CATALOG.replace(old, new, 1)))] == [code]


def test_queues_may_say_where_they_are_told(tmp_path: Path) -> None:
    text = CATALOG.replace(
        "queues: [care_team, service_leads]", "queues:\n  care_team: {email: a@b.example}\n  service_leads: c@d.example"
    )
    assert catalogue(tmp_path, text).queues == {
        "care_team": Queue("care_team", "a@b.example"),
        "service_leads": Queue("service_leads", "c@d.example"),
    }


def test_a_company_may_introduce_itself(tmp_path: Path) -> None:
    own = "  name: An Nhà\n  locale: en\n  address: 12 phố Mẫu\n  phone: 1900 0000\n  website: x\n  email: a@b.vn\n"
    company = catalogue(tmp_path, CATALOG.replace("company:\n", f"company:\n{own}")).company
    assert (company.name, company.locale, company.address) == ("An Nhà", "en", "12 phố Mẫu")
    assert (company.phone, company.website, company.email) == ("1900 0000", "x", "a@b.vn")


@pytest.mark.parametrize(
    ("old", "new", "told_at"),
    [
        ("  timezone: Asia/Ho_Chi_Minh\n", "", [("J003", "quiet_hours")]),
        ("type: date}", "type: date, from: 1}", [("J003", "from: 1}")]),
        ("always: yes}", "always: maybe}", [("J012", "maybe}")]),
        ("[new, regular,", "[new, new, not sure,", [("J002", "new, not sure"), ("J012", "not sure")]),
        ("choices: [new, regular, vip, at_risk], ", "", [("J003", "customer.type:")]),
        ("{type: list}", "list", [("J012", "list\n")]),
        ("{as: order.category}", "{as: order.category, always: yes}", [("J003", "always: yes}                      ")]),
        ("  event.category: ", "  order.kind: ", [("J003", "as: order")]),
        ("survey csat", "survey cast", [("J011", "survey cast")]),
        ("cover:      {channels: [email], purpose: marketing", "cover: {channels: [email], purpose: care", [CARRIER]),
        ("[order.placed, ", "[Order placed, ", [("J012", "Order placed")]),
        ("{email: 20 dong", "{mail: 20 dong", [("J011", "mail: 20")]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_at_its_place(
    old: str, new: str, told_at: list[tuple[str, str]], tmp_path: Path
) -> None:
    changed = CATALOG.replace(old, new, 1)
    found = told(loaded(tmp_path, catalog=changed))
    for code, text in told_at:
        before = changed[: changed.index(text)]
        assert f"{code}:{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}" in found


@pytest.mark.parametrize(
    "text",
    [
        CATALOG.replace("customer.type:     {type: choice", "customer.type: {type: choise"),
        CATALOG.replace("templates:", "tempaltes:"),
        CATALOG.replace("fields:", "field:"),
        CATALOG.replace("  thank_you:            {channels: [email, sms]", "  thank_you: {channels: [email, fax]"),
        CATALOG.replace("events: [", "events: {a: b}\nevent: ["),
        CATALOG + "\n: :",
        CATALOG.replace("company:\n", "company: [a]\ncompanies:\n"),
        "hello",
        "",
        "- a",
    ],
)
def test_a_broken_catalogue_is_told_once_and_not_in_every_journey(text: str, tmp_path: Path) -> None:
    workspace = loaded(tmp_path, catalog=text, example=SEND)
    assert workspace.rulebook is None
    assert {problem.file for problem in workspace.problems} == {"catalog.yaml"}


def test_journeys_are_checked_as_far_as_a_broken_catalogue_goes(tmp_path: Path) -> None:
    text = CATALOG.replace("templates:", "tempaltes:")
    journey = a_journey("  - send: what_ever\n    by: email\n  - wait: 1 month\n", "audience: {customer.tpye: vip}\n")
    workspace = loaded(tmp_path, catalog=text, example=journey)
    assert [problem.code for problem in workspace.problems] == ["J003", "J010", "J013"]


def test_a_folder_without_a_catalogue_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "example.yaml").write_text(SEND, encoding="utf-8")
    assert told(load(tmp_path)) == ["J001:1:1"]


def test_the_company_says_what_its_sms_gateways_take(tmp_path: Path) -> None:
    text = CATALOG.replace("company:\n", "company:\n  sms_route: vietnam_care\n  sms_marks: keep\n", 1)
    company = catalogue(tmp_path, text).company
    assert (company.sms_route, company.sms_marks) == ("vietnam_care", "keep")


def test_a_route_or_a_way_with_marks_that_nobody_knows_is_told(tmp_path: Path) -> None:
    text = CATALOG.replace("company:\n", "company:\n  sms_route: vietnan\n  sms_marks: strp\n", 1)
    problems = loaded(tmp_path, catalog=text).problems
    assert [(problem.code, problem.hint) for problem in problems] == [
        ("J011", "did you mean 'vietnam'?"),
        ("J011", "did you mean 'strip'?"),
    ]
