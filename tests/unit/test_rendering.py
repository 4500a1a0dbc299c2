"""Messages and pages come out right, safe and in the customer's language; a faulty template says what to do."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from care.rendering import Renderer, RenderError, TemplateInventory

COMPANY: Mapping[str, object] = {"name": "An Nhà", "locale": "vi", "timezone": "Asia/Ho_Chi_Minh"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("email", "sms", "layouts", "pages"):
        (tmp_path / name).mkdir()
    return tmp_path


def written(folder: Path, name: str, source: str) -> Path:
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return path


def sms(folder: Path, source: str, **context: object) -> str:
    written(folder, "sms/note.vi.txt", source)
    return Renderer(folder).message("sms", "note", "vi", {"company": COMPANY, **context}).text


def test_an_email_has_its_subject_from_the_first_line_and_both_bodies(folder: Path) -> None:
    written(folder, "email/hello.vi.txt", "Subject: Chào {{ customer.name }}\n\nXin chào!\n")
    written(folder, "email/hello.vi.html", "<p>{{ customer.name }}</p>")
    made = Renderer(folder).message("email", "hello", "vi", {"customer": {"name": "Lan & Hùng"}})
    assert (made.subject, made.text) == ("Chào Lan & Hùng", "Xin chào!\n")
    assert "<p>Lan &amp; Hùng</p>" in made.html


def test_an_email_without_a_subject_line_is_refused_by_name(folder: Path) -> None:
    written(folder, "email/hello.vi.txt", "Xin chào!\n")
    with pytest.raises(RenderError, match=r"email/hello\.vi\.txt must begin with a line 'Subject: …'"):
        Renderer(folder).message("email", "hello", "vi", {})


def test_a_line_break_in_a_name_cannot_start_a_new_line_of_the_subject(folder: Path) -> None:
    written(folder, "email/hello.vi.txt", "Subject: Chào {{ customer.name }}\n\nXin chào!\n")
    made = Renderer(folder).message("email", "hello", "vi", {"customer": {"name": "Lan\nBcc: x@y.example"}})
    assert made.subject == "Chào Lan Bcc: x@y.example"
    assert made.text == "Xin chào!\n"


@pytest.mark.parametrize(
    ("asked", "got"), [("en-US", "en-US"), ("en-GB", "en"), ("en", "en"), ("ja", "vi"), ("", "vi"), ("vi-VN", "vi")]
)
def test_the_language_falls_back_from_exact_to_language_to_the_companys(folder: Path, asked: str, got: str) -> None:
    for locale in ("vi", "en", "en-US"):
        written(folder, f"sms/note.{locale}.txt", locale)
    assert Renderer(folder).message("sms", "note", asked, {"company": COMPANY}).text == got


def test_any_language_is_better_than_none(folder: Path) -> None:
    written(folder, "sms/note.fr.txt", "bonjour")
    assert Renderer(folder).message("sms", "note", "ja", {"company": COMPANY}).text == "bonjour"


def test_an_unknown_value_names_the_file_the_line_and_the_whole_name(folder: Path) -> None:
    with pytest.raises(RenderError) as caught:
        sms(folder, "Chào\n{{ customer.nmae }}", customer={"name": "Lan"})
    assert "sms/note.vi.txt:2" in str(caught.value)
    assert "'customer.nmae' is undefined" in str(caught.value)
    assert "default('…', true)" in str(caught.value)


@pytest.mark.parametrize("unknown", [None, ""])
def test_an_empty_value_is_not_known(folder: Path, unknown: str | None) -> None:
    text = "Chào anh/chị{% if customer.name is defined %} {{ customer.name }}{% endif %},"
    assert sms(folder, text, customer={"name": unknown}) == "Chào anh/chị,"


def test_a_template_with_a_slip_is_named_with_its_line(folder: Path) -> None:
    with pytest.raises(RenderError, match=r"sms/note\.vi\.txt:2: .*mend the template"):
        sms(folder, "Chào\n{% if %}")


def test_a_filter_on_the_wrong_kind_of_value_is_a_render_error(folder: Path) -> None:
    with pytest.raises(RenderError, match=r"sms/note\.vi\.txt:1"):
        sms(folder, "{{ customer.name | money }}", customer={"name": "Lan"})


def test_a_missing_template_says_what_to_write(folder: Path) -> None:
    with pytest.raises(RenderError, match=r"there is no template 'sms/nothing\.<locale>\.txt'"):
        Renderer(folder).message("sms", "nothing", "vi", {})


@pytest.mark.parametrize(
    "escape",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ customer.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ customer._values }}",
        "{{ survey.links.append(1) }}",
    ],
)
def test_a_template_cannot_leave_the_sandbox(folder: Path, escape: str) -> None:
    with pytest.raises(RenderError):
        sms(folder, escape, customer={"name": "Lan"}, survey={"links": [1]})


@pytest.mark.parametrize("climbing", ["../secret.txt", "/etc/hostname", "layouts/../../secret.txt"])
def test_an_include_cannot_climb_out_of_the_folder(folder: Path, climbing: str) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    with pytest.raises(RenderError, match="no template"):
        sms(folder, f'{{% include "{climbing}" %}}')


def test_a_link_that_leads_out_of_the_folder_does_not_exist(folder: Path) -> None:
    secret = folder.parent / "secret.txt"
    secret.write_text("secret")
    os.symlink(secret, folder / "layouts" / "inside.txt")
    with pytest.raises(RenderError):
        sms(folder, '{% include "layouts/inside.txt" %}')


def test_a_page_may_not_include_text_because_text_is_not_escaped(folder: Path) -> None:
    written(folder, "layouts/name.txt", "{{ customer.name }}")
    written(folder, "pages/words.vi.html", "")
    written(folder, "pages/thanks.html", '{% include "layouts/name.txt" %}')
    with pytest.raises(RenderError, match=r"may include only \.html"):
        Renderer(folder).page("thanks", "vi", {"customer": {"name": "<b>"}})


def test_a_changed_template_is_used_at_once(folder: Path) -> None:
    path = written(folder, "sms/note.vi.txt", "one")
    renderer = Renderer(folder)
    assert renderer.message("sms", "note", "vi", {}).text == "one"
    path.write_text("two")
    os.utime(path, (1, 1))
    assert renderer.message("sms", "note", "vi", {}).text == "two"


MOMENT = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "vietnamese", "english"),
    [
        ("{{ order.total | money }}", "12.000.000\u00a0₫", "₫12,000,000"),
        ("{{ order.share | number }}", "1.234,5", "1,234.5"),
        ("{{ order.placed_at | date }}", "03/03/2026", "3 March 2026"),
        ("{{ order.placed_at | day }}", "thứ Ba, 03/03/2026", "Tuesday, 3 March 2026"),
        ("{{ order.placed_at | time }}", "00:30", "00:30"),
        ("{{ csat.score }}", "4", "4"),
    ],
)
def test_values_read_as_the_language_writes_them(folder: Path, source: str, vietnamese: str, english: str) -> None:
    context = {
        "company": COMPANY,
        "order": {"total": 12_000_000, "share": 1234.5, "placed_at": MOMENT},
        "csat": {"score": 4.0},
    }
    for locale in ("vi", "en"):
        written(folder, f"sms/note.{locale}.txt", source)
    made = [Renderer(folder).message("sms", "note", locale, context).text for locale in ("vi", "en")]
    assert made == [vietnamese, english]


def test_a_time_is_told_in_the_customers_zone(folder: Path) -> None:
    customer = {"timezone": "America/New_York"}
    assert sms(folder, "{{ order.placed_at | time }}", customer=customer, order={"placed_at": MOMENT}) == "12:30"


def test_the_text_of_a_ticket_is_rendered_without_html(folder: Path) -> None:
    about = Renderer(folder).text("Khách chấm {{ csat.score }}/5: {{ note }}", {"csat": {"score": 2.0}, "note": "<x>"})
    assert about == "Khách chấm 2/5: <x>"


def test_a_faulty_text_of_a_ticket_is_quoted(folder: Path) -> None:
    with pytest.raises(RenderError, match=r"'Khách \{\{ csat\.scroe \}\}': 'csat\.scroe' is undefined"):
        Renderer(folder).text("Khách {{ csat.scroe }}", {"csat": {"score": 2}})


def test_the_inventory_knows_the_languages_and_every_value_a_message_uses(folder: Path) -> None:
    written(folder, "layouts/base.html", "{{ company.name }}{% block body %}{% endblock %}")
    written(folder, "layouts/parts.html", "{% macro button(url) %}{{ url }}{{ company.phone }}{% endmacro %}")
    written(folder, "layouts/foot.txt", "{{ unsubscribe_url }} {{ language }}")
    written(folder, "email/ask.vi.txt", 'Subject: {{ order["id"] }}\n\n{% include "layouts/foot.txt" %}')
    written(
        folder,
        "email/ask.vi.html",
        '{% extends "layouts/base.html" %}{% from "layouts/parts.html" import button %}{% block body %}'
        "{% for link in survey.links %}{{ button(link.url) }}{% endfor %}{% endblock %}",
    )
    written(folder, "email/ask.en.txt", "Subject: {{ customer.name | default('you') }}\n\nHi")
    inventory = TemplateInventory(folder)
    assert inventory.locales("email", "ask") == ("en", "vi")
    assert inventory.variables("email", "ask") == {
        *("company.name", "company.phone", "unsubscribe_url", "order.id", "survey.links", "customer.name")
    }
    assert not inventory.exists("sms", "ask")
    assert inventory.variables("sms", "ask") is None


def test_the_inventory_names_a_template_it_cannot_read(folder: Path) -> None:
    written(folder, "sms/note.vi.txt", "{% if %}")
    with pytest.raises(RenderError, match=r"sms/note\.vi\.txt:1"):
        TemplateInventory(folder).variables("sms", "note")


def test_a_zalo_message_is_the_number_of_its_template_and_the_values(tmp_path: Path) -> None:
    (tmp_path / "zalo").mkdir(exist_ok=True)
    (tmp_path / "zalo" / "note.vi.txt").write_text(
        "Template: 301234\nname: {{ customer.name }}\n{% if vip %}tier: gold\n{% endif %}", encoding="utf-8"
    )
    renderer, context = Renderer(tmp_path), {"company": COMPANY, "customer": {"name": "Lan: bán hàng"}, "vip": False}
    assert renderer.message("zalo", "note", "vi", context) == ("301234", "name: Lan: bán hàng", "")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("name: Lan", "must begin with a line 'Template: 301234'"),
        ("Template: reminder\nname: Lan", "must begin with a line 'Template: 301234'"),
        ("Template: 301234\nXin chào Lan", "a line is 'name: value'"),
    ],
)
def test_a_zalo_message_of_another_form_is_refused(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "zalo").mkdir(exist_ok=True)
    (tmp_path / "zalo" / "note.vi.txt").write_text(source, encoding="utf-8")
    with pytest.raises(RenderError, match=re.escape(said)):
        Renderer(tmp_path).message("zalo", "note", "vi", {"company": COMPANY})


@pytest.mark.parametrize("source", ["{{ order.total | mony }}", "{{ " + "(" * 900 + "1" + ")" * 900 + " }}"])
def test_the_inventory_names_a_template_that_jinja_cannot_take_in(folder: Path, source: str) -> None:
    written(folder, "sms/note.vi.txt", source)
    with pytest.raises(RenderError, match=r"sms/note\.vi\.txt"):
        TemplateInventory(folder).variables("sms", "note")
    with pytest.raises(RenderError, match=r"sms/note\.vi\.txt"):
        Renderer(folder).message("sms", "note", "vi", {"order": {"total": 1}})
