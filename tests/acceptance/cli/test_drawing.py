"""`care rules draw` as a marketer uses it."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop

SHIPPED = ("after_service_visit", "ask_consent", "first_purchase", "washing_machine_care")


@pytest.fixture
def marketer(tmp_path: Path) -> Shop:
    """A closed shop with the shipped rules."""
    shop = a_shop(tmp_path)
    shop.settings["CARE_RULES_DIR"] = str(REPOSITORY / "rules")
    return shop


def test_every_journey_becomes_two_files_in_this_folder(marketer: Shop) -> None:
    answer = marketer.care("rules", "draw")
    files = [f"{name}{ending}" for name in SHIPPED for ending in (".svg", ".png")]
    assert (answer.status, answer.out.split()) == (0, files)
    for name in SHIPPED:
        assert ET.parse(marketer.folder / f"{name}.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert (marketer.folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_one_journey_by_its_file_goes_where_it_is_told(marketer: Shop) -> None:
    answer = marketer.care("rules", "draw", "rules/journeys/first_purchase.yaml", "--out", "pictures/first.png")
    assert (answer.status, answer.out) == (0, "pictures/first.png\n")
    assert [path.name for path in (marketer.folder / "pictures").iterdir()] == ["first.png"]
    folder = marketer.care("rules", "draw", "first_purchase", "--out", "pictures", "--format", "svg", "--narrow")
    assert folder.out == "pictures/first_purchase.svg\n"


def test_mermaid_is_printed_or_written(marketer: Shop) -> None:
    printed = marketer.care("rules", "draw", "first_purchase", "--format", "mermaid")
    assert printed.out.startswith('---\ntitle: "Chào khách mua lần đầu"\n---\nflowchart TD\n')
    assert marketer.care("rules", "draw", "--format", "mermaid", "--out", "text").status == 0
    assert (marketer.folder / "text" / "first_purchase.mmd").read_text(encoding="utf-8") == printed.out


def test_the_same_is_told_as_json(marketer: Shop) -> None:
    (chart,) = marketer.care("rules", "draw", "first_purchase", "--json").json
    assert chart["journey"] == "first_purchase"
    assert "Send welcome" in [box["title"] for box in chart["boxes"]]
    assert "unhappy" in [arrow["label"] for arrow in chart["arrows"]]
    assert not list(marketer.folder.glob("*.svg"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["first_purchas"], "did you mean 'first_purchase'?"),
        (["--format", "mermaid"], "name the journey, or give --out a folder"),
        (["--out", "all.png"], "is one file, for 4 journeys"),
        (["first_purchase", "--out", "one.png", "--format", "svg"], "does not end in '.svg'"),
        (["first_purchase", "--out", "one.jpg"], "is no picture; give a folder, or a file that ends in .svg"),
        (["first_purchase", "--json", "--open"], "--json prints and draws nothing"),
        (["first_purchase", "--out", "/proc/none/one.svg"], "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_what_to_do(marketer: Shop, arguments: list[str], told: str) -> None:
    answer = marketer.care("rules", "draw", *arguments)
    assert answer.status == 1
    assert told in answer.err


def test_broken_rules_are_shown_as_the_check_shows_them(marketer: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    (folder / "journeys").mkdir(parents=True)
    for name in ("catalog.yaml", "customer_types.yaml", "journeys/first_purchase.yaml"):
        text = (REPOSITORY / "rules" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("- send: welcome", "- send: welcom"), encoding="utf-8")
    marketer.settings["CARE_RULES_DIR"] = str(folder)
    answer = marketer.care("rules", "draw", "first_purchase")
    assert answer.status == 1
    assert "did you mean 'welcome'?" in answer.err
