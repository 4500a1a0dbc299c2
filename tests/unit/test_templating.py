"""Checking and bettering templates: each fault is found at its place, and the shipped ones have none."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from care.domain.rulebook import Rulebook
from care.rendering import Renderer
from care.rulebook.problems import Problem
from care.rulebook.workspace import load
from care.templating.checks import Checking
from care.templating.hints import Hinting
from care.templating.reading import in_the_dark, read_html
from care.templating.samples import Samples, no_links
from care.templating.uses import uses_of
from care.templating.words import GlossaryError, glossary_of

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
URL = "https://care.dienmay.example"
HTML = "email/thank_you.vi.html"
TEXT = "email/thank_you.vi.txt"
SMS = "sms/thank_you.vi.txt"

Change = Callable[[str], str]


@cache
def shipped() -> Rulebook:
    rulebook = load(ROOT / "rules").rulebook
    assert rulebook is not None
    return rulebook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "templates", tmp_path / "templates"))


def checking(folder: Path) -> Checking:
    samples = Samples(shipped(), Renderer(folder, URL), no_links(URL), NOON)
    return Checking(shipped(), samples, folder)


def problems(folder: Path, name: str, change: Change, only: str = "thank_you") -> list[Problem]:
    edit(folder, name, change)
    return list(checking(folder).report(only).problems)


def hints(folder: Path, name: str, change: Change) -> list[Problem]:
    edit(folder, name, change)
    check = checking(folder)
    hinting = Hinting(folder, check.gathered)
    for use in uses_of(shipped()):
        if use.template == "thank_you":
            for look in check.looks(use):
                hinting.look_over(look)
    return [problem for problem in check.done().problems if problem.severity == "note"]


def edit(folder: Path, name: str, change: Change) -> None:
    path = folder / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def body(html: str) -> Change:
    """Put HTML into the body of the message, on the line after its beginning."""
    return lambda text: text.replace("{% block body %}\n", f"{{% block body %}}\n{html}\n")


def line_of(folder: Path, name: str, words: str) -> int:
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def test_the_shipped_templates_have_no_error() -> None:
    report = checking(ROOT / "templates").report()
    assert [problem for problem in report.problems if problem.severity == "error"] == []
    assert report.samples > 150


def test_every_step_that_sends_a_template_is_known_with_what_it_gives() -> None:
    found = {(use.template, use.channel, use.step): use for use in uses_of(shipped())}
    survey = found["csat_washing_machine", "email", "survey:csat"]
    assert (survey.survey, survey.reminds, survey.file) == ("csat", True, "journeys/washing_machine_care.yaml")
    offer = found["premium_care_kit", "email", "offer:accessory"]
    assert (offer.offer, offer.purpose, offer.ends) == ("premium_care_kit", "marketing", True)
    assert offer.values["discount"] == "20%"
    templates = shipped().catalogue.templates.values()
    every = {(template.name, channel) for template in templates for channel in template.channels}
    assert {(use.template, use.channel) for use in found.values()} == every


@pytest.mark.parametrize(
    ("html", "code", "message", "words"),
    [
        ('<a href="/shop">Xem</a>', "T03", "the link '/shop' is not a whole address", 'href="/shop"'),
        ('<a href="#top">Xem</a>', "T03", "the link '#top' is not a whole address", 'href="#top"'),
        ('<img src="logo.png" alt="" width="1" height="1">', "T04", "'logo.png' is not a whole address", "logo.png"),
        ('<img src="https://x.example/a.png" width="1" height="1">', "T04", "no alt text", "https://x.example/a.png"),
        ('<img src="https://x.example/a.png" alt="">', "T04", "without width and height", "https://x.example/a.png"),
        ('<p style="color: #aaaaaa">mờ</p>', "T06", "'mờ' has a contrast of 2.3 where it is light", "#aaaaaa"),
        ('<p style="background: #22302d">tối</p>', "T06", "'tối' has a contrast of 1.0 where it is light", "<p style"),
        ("<script>alert(1)</script>", "T10", "mail programs take <script> out", "<script"),
        ('<form action="https://x.example"></form>', "T10", "mail programs take <form> out", "<form"),
        ("<p>{{ order.total | mony }}</p>", "T01", "No filter named 'mony'", "mony"),
        ("<p>{{ order.nothing }}</p>", "T01", "'order.nothing' is undefined", "order.nothing"),
        ("<p>{{ picture('nothing.png', '') }}</p>", "T01", "there is no picture 'nothing.png'", "picture("),
    ],
)
def test_what_is_wrong_in_an_html_is_found_at_its_line(
    folder: Path, html: str, code: str, message: str, words: str
) -> None:
    found = [problem for problem in problems(folder, HTML, body(html)) if message in problem.message]
    assert {problem.code for problem in found} == {code}, found
    if "#" not in words or "href" in words:
        assert (found[0].file, found[0].line) == (HTML, line_of(folder, HTML, words))


def test_words_that_are_faint_only_in_the_dark_are_found(folder: Path) -> None:
    found = problems(folder, HTML, body('<p style="color: #0b4d44">xanh</p>'))
    assert [problem.message for problem in found if problem.code == "T06"] == [
        "'xanh' has a contrast of 1.6 where it is dark (#0b4d44 on #1c2321)"
    ]


def test_a_message_that_gmail_would_clip_is_found(folder: Path) -> None:
    found = problems(folder, HTML, body("<p>xin chào</p>" * 3_000))
    assert [problem.code for problem in found] == ["T05"]
    assert "Gmail shows 102 KB" in found[0].message


def test_a_greedy_template_is_told_with_its_limit(folder: Path) -> None:
    found = problems(folder, SMS, lambda text: "{% for a in range(9999) %}" + "x" * 200 + "{% endfor %}")
    assert ("T01", "more than 1,000,000 letters") in {(each.code, each.message[10:37]) for each in found}


def test_care_and_marketing_without_a_way_out_are_found_in_text_and_html(folder: Path) -> None:
    edit(folder, "layouts/footer.vi.html", lambda text: "<p>An Nhà</p>")
    found = problems(folder, TEXT, lambda text: text.replace('{% include "layouts/footer.vi.txt" %}', ""))
    assert {(problem.file, problem.code) for problem in found} == {(TEXT, "T07"), (HTML, "T07")}


def test_a_transactional_message_needs_no_way_out(folder: Path) -> None:
    edit(folder, "layouts/footer.vi.html", lambda text: "<p>An Nhà</p>")
    assert problems(folder, "layouts/footer.vi.txt", lambda text: "An Nhà", "appointment_reminder") == []


def test_a_long_sms_is_a_warning(folder: Path) -> None:
    found = problems(folder, SMS, lambda text: text * 4)
    assert [(problem.code, problem.severity) for problem in found] == [("T08", "warning")]
    assert "segments; each is billed" in found[0].message


def test_a_missing_language_is_an_error_only_where_the_company_speaks_it(folder: Path) -> None:
    (folder / "sms/thank_you.en.txt").unlink()
    (folder / "sms/welcome.vi.txt").unlink()
    found = {problem.file: problem.severity for problem in checking(folder).report().problems if problem.code == "T02"}
    assert found == {"sms/thank_you.en.txt": "warning", "sms/welcome.vi.txt": "error"}


def test_a_file_that_nothing_speaks_of_and_an_html_without_its_text_are_found(folder: Path) -> None:
    (folder / "sms/thank_yuo.vi.txt").write_text("x")
    (folder / "email/welcome.fr.html").write_text("x")
    found = {problem.file: problem.code for problem in checking(folder).report().problems}
    assert found["sms/thank_yuo.vi.txt"] == "T09"
    assert found["email/welcome.fr.html"] == "T02"


def test_every_category_and_a_customer_without_a_name_are_tried(folder: Path) -> None:
    found = problems(
        folder, "layouts/products.vi.html", lambda text: text.replace('"dryer": "máy sấy", ', ""), "welcome"
    )
    assert [(problem.code, problem.hint.partition(" at ")[0]) for problem in found[:1]] == [
        ("T01", "it happens for order.category dryer")
    ]
    found = problems(folder, SMS, lambda text: "{{ customer.name }}")
    assert [(problem.code, problem.hint.partition(" at ")[0]) for problem in found] == [
        ("T01", "it happens for a customer without a name")
    ]


@pytest.mark.parametrize(
    ("name", "change", "code", "message"),
    [
        (TEXT, lambda text: text.replace("Subject: ", "Subject: " + "rất dài " * 8), "T20", "phones show about 60"),
        (TEXT, lambda text: text.replace("BA VIỆC", "Cơ hội duy nhất! BA VIỆC"), "T21", "'cơ hội duy nhất'"),
        (TEXT, lambda text: text.replace("BA VIỆC", "Gọi hotline. BA VIỆC"), "T22", "do not say 'hotline'"),
        (TEXT, lambda text: text.replace("Subject: ", "Subject: Mua đi!! "), "T23", "exclamation marks"),
        (TEXT, lambda text: "Subject: MUA NGAY HÔM NAY" + text[text.index("\n") :], "T23", "all in capitals"),
        (TEXT, lambda text: text.replace("BA VIỆC", "và rồi " * 45 + "BA VIỆC"), "T24", "40 are easier to read"),
        (
            HTML,
            lambda text: text.replace(text[text.index("{% block preview") : text.index("{% block body")], ""),
            "T26",
            "",
        ),
        (HTML, body('<p><a href="https://x.example">Tại đây</a></p>'), "T27", "'Tại đây' does not say where it leads"),
    ],
)
def test_hints_are_given_and_are_no_errors(folder: Path, name: str, change: Change, code: str, message: str) -> None:
    assert hints(folder, name, lambda text: text) == []
    found = hints(folder, name, change)
    assert [(problem.code, problem.severity) for problem in found] == [(code, "note")], found
    assert message in found[0].message


def test_a_mail_that_is_only_a_picture_gets_a_hint(folder: Path) -> None:
    html = '<div style="display: none">Xem</div><img src="https://x.example/a.png" alt="Ưu đãi" width="1" height="1">'
    assert [problem.code for problem in hints(folder, HTML, lambda text: html)] == ["T25"]


def test_a_glossary_that_cannot_be_read_says_how_to_write_it(folder: Path) -> None:
    (folder / "glossary.yaml").write_text("vi: [a, b")
    with pytest.raises(GlossaryError, match=r"glossary\.yaml cannot be read.*word: plain word"):
        glossary_of(folder)
    (folder / "glossary.yaml").write_text("- vi\n")
    with pytest.raises(GlossaryError):
        glossary_of(folder)
    (folder / "glossary.yaml").unlink()
    assert glossary_of(folder) == {}


def test_colours_are_told_through_nested_elements_and_important_wins() -> None:
    page = read_html(
        '<body style="background:#fff;color:#000">'
        '<div style="background:#000"><p style="color:#fff">a</p><p>b</p></div>'
        '<p style="color:#eee;color:#000!important;color:#ddd">c</p><p style="color:#949494;font-size:24px">d</p>'
        "<p style='color:rgb(200, 200, 200)'>e</p><style>p{color:#fff}</style>"
    )
    assert [faint.words for faint in page.faint] == ["b", "e"]


def test_the_dark_rules_are_applied_and_others_are_not() -> None:
    html = (
        "<html><head><style>@media (max-width: 620px) { p { color: #ffffff } }\n"
        "@media (prefers-color-scheme: dark) { body { background: #000000!important } p { color: #222222!important } }"
        '</style></head><body style="background: #ffffff"><p style="color: #000000">x</p></body></html>'
    )
    assert read_html(html).faint == []
    [faint] = read_html(in_the_dark(html)).faint
    assert (faint.ink, faint.ground) == ("#222222", "#000000")
