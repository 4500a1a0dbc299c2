"""Hostile templates: the checker and the renderer answer, in seconds, and no parser takes the process with it."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from care.inlining import InliningError, inlined
from tests.fuzz.quickly import quickly
from tests.unit.test_templating import HTML, ROOT, TEXT, body, checking, edit

HOSTILE = {
    "parentheses": f"{{{{ {'(' * 3_000}1{')' * 3_000} }}}}",
    "a list of lists": f"{{{{ {'[' * 3_000}{']' * 3_000} }}}}",
    "a power of a power": "{{ 2**100000 }}",
    "a float beyond every float": "{{ 1e400 }}",
    "a number of many digits": f"{{{{ {'9' * 5_000} }}}}",
    "a word many times": "{{ 'x' * 10**9 }}",
    "a long range": "{% for a in range(10**9) %}x{% endfor %}",
    "loops in loops": "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
    "a macro that calls itself twice": (
        "{% macro a(n) %}{% if n %}{{ a(n-1) }}{{ a(n-1) }}{% endif %}{% endmacro %}{{ a(60) }}"
    ),
    "itself": f"{{% include '{HTML}' %}}",
    "opened and never closed": "{% if" * 1_000,
    "braces": "{{" * 30_000,
    "many filters": f"{{{{ 'x'{'|upper' * 5_000} }}}}",
    "ifs in ifs": f"{'{% if true %}' * 3_000}{'{% endif %}' * 3_000}",
    "tables in tables": "<table><tr><td>" * 3_000,
    "made tables in tables": "{% for a in range(9000) %}<table><tr><td>{% endfor %}",
    "elements in elements": "<div>" * 15_000,
    "letters in bold that never end": "".join(f"<b a={number}>" for number in range(300)) + "<p>x" * 3_000,
    "a style of many rules": f"<style>{'p{color:red}' * 7_000}</style>",
    "a style of braces": f"<style>{'{' * 60_000}</style>",
    "brackets": "<" * 60_000,
    "comments": "<!--" * 15_000,
    "entities": "&#x110000;" * 6_000,
    "control characters": "\x00\x01\x02\x7f\u202e",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "templates", tmp_path / "templates"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_answered_in_seconds(folder: Path, name: str) -> None:
    edit(folder, HTML, body(HOSTILE[name]))
    edit(folder, TEXT, lambda text: f"{text}\n{HOSTILE[name]}")
    with quickly():
        report = checking(folder).report("thank_you")
    assert all("Traceback" not in problem.message for problem in report.problems)


@pytest.mark.parametrize("tag", ["<div>", "<table><tr><td>", "<b>", "<div></b>", "<DIV/>", "<ul><li>"])
def test_a_message_nested_too_deep_is_refused_before_it_is_parsed(tag: str) -> None:
    with pytest.raises(InliningError, match=r"its elements stand [\d,]+ deep in one another"):
        inlined(f"<style>p {{color: red}}</style>{tag * 20_000}")


def test_a_message_of_many_elements_side_by_side_is_not_deep() -> None:
    rows = "<tr><td>x<br>y<img src='a'></td></tr>" * 2_000
    assert inlined(f"<style>td {{color: red}}</style><table>{rows}</table>").count("color: red") == 2_000


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=some.data())
def test_a_shipped_template_with_a_piece_replaced_is_answered(
    tmp_path_factory: pytest.TempPathFactory, data: some.DataObject
) -> None:
    folder = Path(shutil.copytree(ROOT / "templates", tmp_path_factory.mktemp("shop") / "templates"))
    path = folder / data.draw(some.sampled_from((HTML, TEXT, "layouts/email.html", "layouts/parts.html")))
    content = path.read_bytes()
    start = data.draw(some.integers(0, len(content)))
    end = data.draw(some.integers(start, min(len(content), start + 60)))
    tricks = (b"{{", b"}}", b"{%", b"%}", b"{#", b"<", b"</table>", b"'", b'"', b"\x00", b"\xff", b"1e400", b"**9**9")
    dirt = data.draw(some.binary(max_size=20) | some.sampled_from(tricks))
    path.write_bytes(content[:start] + dirt + content[end:])
    with quickly():
        checking(folder).report("thank_you")
