"""A new marketer: from an empty rules folder to a published journey with somebody inside, by rules/README.md alone."""

import os
import re
import shlex
import subprocess
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pytest

from care.cli.main import app
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from tests.acceptance.cli.shop import CARE, PATIENCE, REPOSITORY, Shop, a_shop, eventually, noon_zone

GROUPS = {group.name for group in app.registered_groups}
PAGE = (REPOSITORY / "rules" / "README.md").read_text(encoding="utf-8")
(PURCHASE,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TEN_MINUTES = [
    "care rules new thank_buyers",
    "care rules check",
    "care rules test --coverage",
    "care rules draw thank_buyers",
    "care rules preview thank_buyers --open",
    'care rules publish --note "the first one"',
    "care up",
    "care events send delivery.json",
    "care journeys who thank_buyers",
]


class Marketer:
    """Somebody with an empty folder, the page and a terminal; types nothing that the page does not say."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def types(self, command: str, answer: str = "") -> str:
        """Type a command of the page and, when it asks, an answer; what it said."""
        assert command in PAGE, f"rules/README.md does not say {command!r}"
        ours, theirs = os.openpty()
        with os.fdopen(ours, "w") as keyboard, os.fdopen(theirs) as terminal:
            keyboard.write(answer)
            keyboard.flush()
            done = subprocess.run(
                [CARE, *shlex.split(command)[1:]],
                stdin=terminal,
                capture_output=True,
                text=True,
                cwd=self.shop.folder,
                env=self.shop.environment | {"BROWSER": "true"},
                timeout=PATIENCE,
                check=False,
            )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def writes(self, file: str, text: str) -> None:
        (self.shop.folder / file).write_text(text, encoding="utf-8")

    def reads(self, file: str) -> str:
        return (self.shop.folder / file).read_text(encoding="utf-8")


@pytest.fixture
def marketer(tmp_path: Path) -> Marketer:
    """A marketer with an empty rules folder, and nothing else."""
    (tmp_path / "rules").mkdir()
    shop = a_shop(tmp_path)
    shop.settings |= {"CARE_RULES_DIR": "rules", "CARE_TEMPLATES_DIR": "templates"}
    return Marketer(shop)


def test_the_page_names_the_commands_of_the_first_ten_minutes_in_this_order() -> None:
    block = PAGE.partition("## The first ten minutes")[2].partition("\n## ")[0]
    assert re.findall(r"^    (care .*?)(?:  +#.*)?$", block, re.MULTILINE) == TEN_MINUTES


def test_every_command_and_option_that_the_page_names_is_known() -> None:
    named: dict[tuple[str, ...], set[str]] = {}
    for inline, line in re.findall(r"`care ([^`]+)`|^    care (.*)$", PAGE, re.MULTILINE):
        words = (inline or line.partition("  ")[0]).split()
        command = tuple(words[: 2 if words[0] in GROUPS else 1])
        named.setdefault(command, set()).update(word for word in words if word.startswith("--"))
    assert {("rules", "forecast"), ("journeys", "pause"), ("events", "receipt"), ("audit",)} <= named.keys()
    for command, options in named.items():
        done = subprocess.run([CARE, *command, "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        assert options <= set(re.findall(r"--[a-z-]+", done.stdout)), command


def test_the_first_ten_minutes_lead_from_an_empty_folder_to_a_customer_inside(marketer: Marketer) -> None:
    new, check, test, draw, preview, publish, up, send, who = TEN_MINUTES
    assert "written rules/journeys/thank_buyers.yaml" in marketer.types(new)
    assert "1 journey, no error" in marketer.types(check)
    tested = marketer.types(test)
    assert "none failed" in tested
    assert "(100%)" in tested
    marketer.types(draw)
    assert "Cảm ơn khách mua hàng" in marketer.reads("thank_buyers.svg")
    assert (marketer.shop.folder / "thank_buyers.png").read_bytes().startswith(b"\x89PNG")
    page = marketer.types(preview).rpartition("The page: ")[2].strip()
    assert "Cảm ơn anh/chị đã mua hàng" in Path(page).read_text(encoding="utf-8")
    assert "Published as revision 1 by lan" in marketer.types(publish, "y\n")
    assert up in PAGE
    with marketer.shop.open(*shlex.split(up)[1:]):
        marketer.writes("delivery.json", PURCHASE.replace('"locale"', f'"timezone": "{noon_zone()}", "locale"'))
        marketer.types(send)
        eventually(lambda: "KH-1" in marketer.types(who))
        assert "entered thank_buyers" in marketer.types("care events receipt shop delivery-1")
        eventually(lambda: "send:hello_buyer → sent by email" in marketer.types("care audit KH-1"))
        assert_that_the_links_of_the_first_mail_open(marketer)
        assert_that_a_later_wait_moves_the_customer(marketer)


def assert_that_the_links_of_the_first_mail_open(marketer: Marketer) -> None:
    mailbox = Mailbox(marketer.shop.folder / "data" / MAILBOX_FILE)
    (mail,) = eventually(mailbox.list)
    mailbox.close()
    text = message_from_bytes(mail.content, policy=default).get_body(("plain",))
    assert text is not None
    (link, *_) = re.findall(rf"{marketer.shop.url}/u/[\w.-]+", text.get_content())
    opened = httpx.get(link, timeout=30)
    assert (opened.status_code, "Cửa hàng An Nhà" in opened.text) == (200, True), opened.text


def assert_that_a_later_wait_moves_the_customer(marketer: Marketer) -> None:
    file = "rules/journeys/thank_buyers.yaml"
    marketer.writes(file, marketer.reads(file).replace("until day 3", "until day 4"))
    assert "wait:until day 3 at 09:00 became wait:until day 4 at 09:00" in marketer.types("care rules diff")
    for word in ("care rules publish", "--running", "migrate", "--plan", "--confirm"):
        assert word in PAGE
    moving = ("rules", "publish", "--running", "migrate")
    plan = marketer.shop.care(*moving, "--plan")
    assert "1 stands here and moves now, to wait:until day 4 at 09:00: Nguyễn Thị Lan (KH-1)" in plan.out
    token = plan.out.rpartition("--confirm ")[2].strip()
    assert "Published as revision 2" in marketer.shop.care(*moving, "--confirm", token).out
    eventually(lambda: "wait:until day 4 at 09:00" in marketer.types("care journeys who thank_buyers"))
    assert "the first one" in marketer.types("care rules history")
