"""Beginning a journey: what is written passes its check and its test, wherever it is begun."""

import shutil
from pathlib import Path

import pytest

from care.cli.rule_files import BrokenRulesError
from care.cli.scaffolding import Folders, NotStartedError, begin
from care.rendering import Renderer, TemplateInventory
from care.rulebook.testing import run_tests
from care.rulebook.workspace import Workspace, load
from care.rulebook.writing.formatting import formatted
from care.rulebook.writing.schema import schema_files
from care.rulebook.writing.starters import KINDS, Wish
from care.rulebook.writing.stock import NoStartError

ROOT = Path(__file__).parents[2]
SMALL = """company: {timezone: Asia/Ho_Chi_Minh, %s}
fields:
  order.total: {type: number}
%s
events: [%s]
templates:
  hello: {channels: [sms], purpose: care}
%s
"""


@pytest.fixture
def empty(tmp_path: Path) -> Folders:
    """Folders that are not even there."""
    return Folders(tmp_path / "rules", tmp_path / "templates")


@pytest.fixture
def shipped(tmp_path: Path) -> Folders:
    """The shipped rules and templates."""
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return Folders(tmp_path / "rules", tmp_path / "templates")


def a_small_shop(
    empty: Folders, company: str = "", fields: str = "", events: str = "order.placed", more: str = ""
) -> None:
    """A catalogue with one message, and whatever else."""
    empty.rules.mkdir()
    (empty.rules / "catalog.yaml").write_text(SMALL % (company, fields, events, more), encoding="utf-8")
    (empty.templates / "sms").mkdir(parents=True)
    for name in ("hello", "check"):
        (empty.templates / "sms" / f"{name}.vi.txt").write_text("Chào anh/chị\n", encoding="utf-8")


def checked(folders: Folders) -> Workspace:
    workspace = load(folders.rules, TemplateInventory(folders.templates))
    assert [problem.message for problem in workspace.problems if problem.severity == "error"] == []
    return workspace


def plays(folders: Folders, journey: str) -> int:
    """How many tests a journey has; they all pass."""
    results = list(run_tests(checked(folders), frozenset({journey})))
    assert [failure.message for result in results for failure in result.failures] == []
    return len(results)


@pytest.mark.parametrize("like", KINDS)
def test_every_kind_begins_in_an_empty_folder_and_passes(empty: Folders, like: str) -> None:
    written = begin(Wish("thank_buyers", like), empty)
    assert all(path.is_file() for path in written)
    assert plays(empty, "thank_buyers") >= 2
    assert [problem.message for problem in checked(empty).problems] == []


@pytest.mark.parametrize("like", KINDS)
def test_every_kind_begins_beside_the_shipped_journeys_and_passes(shipped: Folders, like: str) -> None:
    before = {path: path.read_bytes() for path in shipped.rules.rglob("*") if path.is_file()}
    written = begin(Wish("another_one", like), shipped)
    assert {path.name for path in written} == {"another_one.yaml", "another_one.test.yaml"}
    assert plays(shipped, "another_one") >= 2
    assert {path: path.read_bytes() for path in before} == before


def test_one_after_the_other_they_all_fit_together(empty: Folders) -> None:
    for like in KINDS:
        begin(Wish(f"my_{like}", like), empty)
    rulebook = checked(empty).rulebook
    assert rulebook is not None
    assert set(rulebook.entering) == {f"my_{like}" for like in KINDS}


def test_what_is_written_is_laid_out_well_and_has_a_current_schema(empty: Folders) -> None:
    for like in KINDS:
        begin(Wish(f"my_{like}", like), empty)
    for path in empty.rules.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert formatted(text.encode(), path.name) == text
        assert text.startswith("# yaml-language-server: $schema=")
    rulebook = checked(empty).rulebook
    assert rulebook is not None
    there = {path.name: path.read_text(encoding="utf-8") for path in (empty.rules / "schema").iterdir()}
    assert there == schema_files(rulebook.catalogue)


def test_the_first_messages_can_be_sent_as_they_are(empty: Folders) -> None:
    begin(Wish("thank_buyers"), empty)
    rulebook = checked(empty).rulebook
    assert rulebook is not None
    company = {
        "name": "An Nhà",
        "address": "Hà Nội",
        "phone": "1900 0000",
        "website": "https://a.example",
        "locale": "vi",
    }
    context = {
        "company": company,
        "customer": {"name": "Lan"},
        "order": {"id": "DH-1"},
        "survey": {"url": "https://a.example/s", "links": [{"url": "https://a.example/1", "score": 1}]},
        "offer": {"code": "CAMON-1", "expires": "22/11/2026"},
        "reminder": False,
        "unsubscribe_url": "https://a.example/u",
    }
    renderer = Renderer(empty.templates)
    for template in rulebook.catalogue.templates.values():
        for channel in template.channels:
            made = renderer.message(channel, template.name, "vi", context)
            assert made.text.strip()
            assert (made.subject != "") == (made.html != "") == (channel == "email")
            assert made.subject.startswith("[QC]") == (template.purpose == "marketing")
            if channel == "email":
                assert "https://a.example/u" in made.text
                assert "https://a.example/u" in made.html


def test_nothing_is_ever_replaced(empty: Folders) -> None:
    (empty.templates / "email").mkdir(parents=True)
    own = empty.templates / "email" / "hello_buyer.vi.txt"
    own.write_text("Subject: Của tôi\n\nChào\n", encoding="utf-8")
    empty.rules.mkdir()
    (empty.rules / "customer_types.yaml").write_text("customer.type:\n  - otherwise: new\n", encoding="utf-8")
    written = begin(Wish("thank_buyers"), empty)
    assert own not in written
    assert own.read_text(encoding="utf-8").startswith("Subject: Của tôi")
    assert (empty.rules / "customer_types.yaml").read_text(encoding="utf-8") == "customer.type:\n  - otherwise: new\n"
    for taken in ("thank_buyers", "other"):
        (empty.rules / "journeys" / "other.test.yaml").touch()
        with pytest.raises(NotStartedError, match="is there already; give the new journey another name"):
            begin(Wish(taken), empty)


def test_event_message_title_and_owner_may_be_given(shipped: Folders) -> None:
    wish = Wish("a", "thank_you", "order.placed", "review_please", "Chào: khách 'mới'", "lan@shop.example")
    begin(wish, shipped)
    plan = (checked(shipped).rulebook or pytest.fail("no rulebook")).entering["a"].plan
    assert (plan.title, plan.owner, plan.trigger.event) == ("Chào: khách 'mới'", "lan@shop.example", "order.placed")
    assert "- send: review_please" in (shipped.rules / "journeys" / "a.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish("Cảm ơn"), r"'Cảm ơn' is not a name.*write cam_on"),
        (Wish("steps"), "has a meaning of its own"),
        (Wish("a", event="order.deliverd"), "did you mean 'order.delivered'"),
        (Wish("a", template="thank_yuo"), "did you mean 'thank_you'"),
        (Wish("a", template="csat_first_purchase"), "needs values that such a journey does not have"),
        (Wish("a", "survey", template="thank_you"), "needs values that such a journey does not have"),
        (Wish("a", "offer", template="nothing"), "unknown offer 'nothing'"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told(shipped: Folders, wish: Wish, message: str) -> None:
    with pytest.raises((NotStartedError, NoStartError), match=message):
        begin(wish, shipped)
    assert not (shipped.rules / "journeys" / f"{wish.journey}.yaml").exists()


@pytest.mark.parametrize(
    ("like", "message"),
    [("survey", "no question to ask"), ("offer", "no offer whose message can be sent")],
)
def test_what_the_catalogue_lacks_is_told(empty: Folders, like: str, message: str) -> None:
    a_small_shop(empty)
    with pytest.raises(NoStartError, match=message):
        begin(Wish("a", like), empty)
    assert not (empty.rules / "journeys").exists()


def test_a_catalogue_without_a_beginning_is_told(empty: Folders) -> None:
    a_small_shop(empty, events="order.returned, ticket.closed")
    with pytest.raises(NoStartError, match=r"add order\.delivered"):
        begin(Wish("a"), empty)


def test_it_begins_from_what_little_there_is_and_keeps_to_the_company_s_hours(empty: Folders) -> None:
    a_small_shop(empty, company='quiet_hours: "08:00 to 12:30"', events="parcel.sent")
    begin(Wish("a"), empty)
    assert plays(empty, "a") == 1
    assert "day 0 12:30" in (empty.rules / "journeys" / "a.test.yaml").read_text(encoding="utf-8")
    assert "re_entry: after 30 days" in (empty.rules / "journeys" / "a.yaml").read_text(encoding="utf-8")


def test_a_plainer_journey_is_begun_where_the_cap_forbids_the_fuller_one(empty: Folders) -> None:
    a_small_shop(empty, 'frequency_cap: "1 message in 7 days"', more="  check: {channels: [sms], purpose: care}")
    begin(Wish("a"), empty)
    assert "send: check" not in (empty.rules / "journeys" / "a.yaml").read_text(encoding="utf-8")


def test_rules_that_are_broken_already_are_mended_first(shipped: Folders) -> None:
    journey = shipped.rules / "journeys" / "first_purchase.yaml"
    journey.write_text(journey.read_text(encoding="utf-8").replace("send: welcome", "send: welcom"), encoding="utf-8")
    with pytest.raises(BrokenRulesError, match="mend the rules that are there first"):
        begin(Wish("a"), shipped)
    assert not (shipped.rules / "journeys" / "a.yaml").exists()


def test_an_empty_folder_gets_the_pages_that_the_links_in_messages_open(empty: Folders) -> None:
    begin(Wish("thank_buyers"), empty)
    shipped = {file.name: file.read_bytes() for file in (ROOT / "templates" / "pages").iterdir()}
    assert {file.name: file.read_bytes() for file in (empty.templates / "pages").iterdir()} == shipped
