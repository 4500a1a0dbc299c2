"""Pictures as SVG, PNG and Mermaid text: complete, well-formed, safe, and the same every time."""

import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from care.domain.conditions import Group, Named
from care.domain.journey import Plan
from care.domain.steps import Branch, Exit, Rule, Wait
from care.drawing.mermaid import mermaid
from care.drawing.palette import style_sheet
from care.drawing.picture import chart
from care.drawing.png import png
from care.drawing.svg import Look, drawing, svg
from tests.builders import CATALOGUE, HAPPY, a_plan, branch, field, send, ticket, wait
from tests.drawn import everything, plans, reached

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert(1)</script>\"'`]]><!-- %%{init: {}}%% #35; --> |x| {{y}} ;\x07\ud800 end"
any_plan = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)


def steps(text: str) -> dict[str, ET.Element]:
    """The groups of a picture by the step they stand for."""
    return {group.attrib["data-step"]: group for group in parsed(text).iter(f"{SVG}g") if "data-step" in group.attrib}


def words(element: ET.Element) -> str:
    """What stands in a part of a picture for everybody to see, line breaks aside."""
    return " ".join(" ".join(text.itertext()) for text in element.iter(f"{SVG}tspan"))


def hostile() -> Plan:
    """A journey in which every word tries to be more than a word."""
    plan = a_plan(
        replace(ticket(), about=HOSTILE, queue=HOSTILE),
        branch((field("x", "is", HOSTILE), HOSTILE), (None, "continue")),
        Exit(HOSTILE, 1, HOSTILE),
        journey='"><script>',
        paths={HOSTILE: (replace(send(HOSTILE, HOSTILE), id=f"send:{HOSTILE}"),)},
    )
    return replace(plan, title=HOSTILE, owner=HOSTILE)


@any_plan
@given(plans())
def test_every_picture_is_well_formed_and_shows_every_step(plan: Plan) -> None:
    for look in (Look(), Look(narrow=True, inline=True)):
        assert set(steps(svg(chart(plan), look))) == reached(plan)


@any_plan
@given(plans())
def test_every_mermaid_line_is_a_box_an_arrow_or_a_class(plan: Plan) -> None:
    head, *lines = mermaid(chart(plan)).split("flowchart TD\n")[1].splitlines()
    words = '"[^"`%\\\\]*"'
    box = rf"b\d+(\(\[|\{{\{{|\[\[|\[){words}(\]\)|\}}\}}|\]\]|\]):::\w+"
    line = re.compile(rf"    ({box}|b\d+ -\.?->(\|{words}\|)? b\d+|classDef .*)")
    assert not [each for each in (head, *lines) if not line.fullmatch(each)]


def test_the_same_chart_is_drawn_the_same() -> None:
    first, second = chart(everything(), CATALOGUE), chart(everything(), CATALOGUE)
    assert svg(first) == svg(second)
    assert mermaid(first) == mermaid(second)
    assert png(first) == png(second)


def test_every_word_of_the_ways_can_be_read() -> None:
    shown = words(parsed(svg(chart(everything()))))
    for label in ("unhappy", "otherwise", "50% of the others", "held out 10%", "yes", "it came", "already past"):
        assert label in shown
    assert "again, up to 4 times, every 90 days" in shown
    assert "→ rescue" in shown


def test_words_of_a_rule_file_stay_words() -> None:
    for look in (Look(), Look(links={HOSTILE: HOSTILE}, marks={HOSTILE: "added"}, counts={HOSTILE: 2}, prefix='"<')):
        root = parsed(svg(chart(hostile()), look))
        assert not [each for each in root.iter() if each.tag.endswith("script")]
        assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]
        assert root.findtext(f"{SVG}title") == HOSTILE.replace("\x07", "\ufffd").replace("\ud800", "\ufffd")


def test_words_of_a_rule_file_stay_words_in_mermaid() -> None:
    text = mermaid(chart(hostile()))
    assert "<script" not in text.split("flowchart TD")[1]
    assert "%%{" not in text.split("---\n", 2)[2]


def test_a_picture_tells_its_title_and_all_it_shows_to_those_who_do_not_see_it() -> None:
    root = parsed(svg(chart(everything(), CATALOGUE)))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "Chăm sóc khách mua máy giặt"
    told = root.findtext(f"{SVG}desc") or ""
    assert "Send hello; by email, else sms · care" in told
    assert "  otherwise: goes on" in told


def test_a_step_tells_its_id_its_place_and_its_words_in_full() -> None:
    about = "Khách chấm một điểm và nhắn rất dài " * 20
    group = steps(svg(chart(a_plan(replace(ticket(), about=about, line=43)))))["ticket:care_team"]
    told = group.findtext(f"{SVG}title") or ""
    assert f"“{about}”" in told
    assert "ticket:care_team (path steps, line 43)" in told
    assert "…" in words(group)


def test_counts_and_marks_stand_at_their_steps() -> None:
    plan = a_plan(send("hello"), wait(3), send("bye"))
    look = Look(counts={"wait:3 days": 1_234}, marks={"send:hello": "added", "send:bye": "removed", "gone": "changed"})
    groups = steps(svg(chart(plan), look))
    assert "1,234 here" in words(groups["wait:3 days"])
    assert words(groups["send:hello"]).endswith("added")
    assert words(groups["send:bye"]).endswith("removed")
    assert "here" not in words(groups["send:bye"])


def test_a_step_may_lead_somewhere_and_then_the_picture_is_no_closed_image() -> None:
    root = parsed(svg(chart(a_plan(send("hello"))), Look(links={"send:hello": "/customers?at=send:hello"})))
    (link,) = root.iter(f"{SVG}a")
    assert link.attrib["href"] == "/customers?at=send:hello"
    assert root.attrib["role"] == "group"


def test_a_picture_for_a_page_has_no_style_of_its_own_and_ids_that_can_stand_twice() -> None:
    shown = chart(everything())
    wide, narrow = (svg(shown, Look(inline=True, narrow=each, prefix=f"{each}-")) for each in (False, True))
    assert "style" not in wide
    ids = [each.attrib["id"] for text in (wide, narrow) for each in parsed(text).iter() if "id" in each.attrib]
    assert len(ids) == len(set(ids))


def test_every_colour_has_a_dark_one_in_the_style_sheet() -> None:
    used = set(re.findall(r"care-(?:fill|stroke)-[a-z-]+", svg(chart(everything()))))
    assert not [name for name in used if f".{name}{{" not in style_sheet()]


def test_png_is_as_large_as_the_picture_and_twice_as_sharp() -> None:
    shown = chart(everything(), CATALOGUE)
    content, drawn = png(shown), drawing(shown, Look())
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", content[16:24])
    assert (wide, high) == pytest.approx((drawn.width * 2, drawn.height * 2), abs=2)


def test_letters_are_drawn_and_not_left_out() -> None:
    full = png(chart(a_plan(replace(wait(3), text="chờ đủ ngày"))))
    empty = png(chart(a_plan(replace(wait(3), text="\u00a0"))))
    assert len(full) > len(empty) + 300


def test_a_huge_journey_becomes_a_picture_that_still_fits_memory() -> None:
    many = a_plan(*(replace(wait(each + 1), id=f"wait:{each}") for each in range(400)))
    wide, high = struct.unpack(">II", png(chart(many))[16:24])
    assert wide * high <= 24_100_000


def test_paths_as_deep_as_rules_allow_can_be_drawn() -> None:
    paths = {f"p{at}": (replace(branch((HAPPY, f"p{at + 1}"), (None, "continue")), id=f"b{at}"),) for at in range(49)}
    plan = a_plan(branch((HAPPY, "p0"), (None, "continue")), paths={**paths, "p49": (send("hello"),)})
    assert "send:hello" in steps(svg(chart(plan), Look(narrow=True)))
    assert "Send hello" in mermaid(chart(plan))


def test_a_long_condition_is_cut_and_told_in_full() -> None:
    long = Group("all", tuple(Named(f"condition_number_{each}", HAPPY) for each in range(40)))
    plan = a_plan(Branch("branch", 1, (Rule(long, "exit", 1), Rule(None, "continue", 2))))
    root = parsed(svg(chart(plan)))
    assert "…" in words(root)
    assert [title for title in root.iter(f"{SVG}title") if "condition_number_39" in (title.text or "")]


def test_a_wait_without_words_is_still_a_box() -> None:
    assert "wait" in steps(svg(chart(a_plan(Wait("wait", 1, wait(1).until, "")))))
