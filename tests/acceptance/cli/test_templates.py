"""Checking, seeing and trying the messages from the command line."""

import shutil
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop


@pytest.fixture
def marketer(tmp_path: Path) -> Shop:
    """A closed shop with templates of its own."""
    shop = a_shop(tmp_path)
    shutil.copytree(REPOSITORY / "templates", tmp_path / "templates")
    shop.settings["CARE_TEMPLATES_DIR"] = "templates"
    return shop


class Inbox:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=default))
        self.recipients.extend(envelope.rcpt_tos)
        return "250 taken"


@pytest.fixture
def inbox(marketer: Shop) -> Iterator[Inbox]:
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=int(marketer.settings["CARE_SMTP_PORT"]))
    server.start()
    try:
        yield inbox
    finally:
        server.stop()


def change(shop: Shop, name: str, old: str, new: str) -> None:
    path = shop.folder / "templates" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_list_names_channels_languages_and_the_steps_that_send(closed_shop: Shop) -> None:
    answer = closed_shop.care("templates", "list")
    assert answer.status == 0, answer.err
    assert "email (en vi), sms (en vi)" in answer.out
    plain = {row["name"]: row for row in closed_shop.care("templates", "list", "--json").json}
    assert plain["welcome"]["channels"] == {"email": ["en", "vi"], "sms": ["en", "vi"]}
    [(step, place)] = plain["welcome"]["steps"].items()
    assert step == "first_purchase/send:welcome"
    file, line = place.split(":")
    assert "send: welcome" in Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_the_shipped_templates_pass_the_check(closed_shop: Shop) -> None:
    answer = closed_shop.care("templates", "check")
    assert answer.status == 0, answer.out
    assert "error" not in answer.out.splitlines()[-1]


def test_an_error_stands_at_its_place_and_fails_the_command(marketer: Shop) -> None:
    change(marketer, "email/welcome.vi.html", "{% block body %}", '{% block body %}<a href="/x">Xem</a>')
    change(marketer, "brand.yaml", "ink: 22302d", "ink: eeeeee")
    answer = marketer.care("templates", "check")
    assert answer.status == 1
    assert "templates/email/welcome.vi.html:6:" in answer.out
    assert "T03 the link '/x' is not a whole address" in answer.out
    assert "templates/brand.yaml:" in answer.out
    assert "T06 'ink' on 'card' (colours) has a contrast of 1.2" in answer.out
    plain = marketer.care("templates", "check", "welcome", "--json")
    assert plain.status == 1
    found = [problem for problem in plain.json["problems"] if problem["code"] == "T03"]
    assert [(problem["file"], problem["line"]) for problem in found] == [("templates/email/welcome.vi.html", 6)]


def test_a_value_that_the_step_does_not_give_is_an_error_with_the_rule_files_line(marketer: Shop) -> None:
    change(marketer, "sms/welcome.vi.txt", "cảm ơn", "{{ offer.code }} cảm ơn")
    answer = marketer.care("templates", "check")
    assert answer.status == 1
    assert "journeys/first_purchase.yaml:" in answer.out
    assert "needs 'offer.code', which is not available here" in answer.out
    assert "templates/sms/welcome.vi.txt:" in answer.out


def test_a_template_that_is_not_there_is_told_with_the_nearest(closed_shop: Shop) -> None:
    for command in (["check"], ["lint"], ["preview"], ["send-test", "--to", "lan@example.vn"]):
        answer = closed_shop.care("templates", *command, "wellcome")
        assert answer.status == 1
        assert "there is no template 'wellcome' in the catalogue; did you mean 'welcome'?" in answer.err


def test_hints_never_fail_the_command(marketer: Shop) -> None:
    assert "nothing to mend" in marketer.care("templates", "lint").out
    change(marketer, "email/welcome.en.txt", "Anything unclear?", "ACT NOW! Utilize our onboarding!!!")
    answer = marketer.care("templates", "lint")
    assert answer.status == 0
    assert "T21 note: mail filters count 'act now' against a message" in answer.out
    assert "T22 note: customers do not say 'utilize'" in answer.out
    assert "T23 note: there are 4 exclamation marks" in answer.out


def test_a_preview_is_a_page_with_every_language_and_channel(marketer: Shop) -> None:
    answer = marketer.care("templates", "preview", "csat_first_purchase", "--out", "seen", "--dark")
    assert answer.status == 0, answer.err
    page = (marketer.folder / "seen" / "csat_first_purchase.html").read_text(encoding="utf-8")
    assert page.count("<iframe") == 8
    assert 'value="dark" checked' in page
    assert "Lần mua đầu tiên của anh/chị có như ý không?" in page
    assert page.count('class="bubble"') == 4
    one = marketer.care(
        "templates", "preview", "welcome", "--locale", "vi", "--channel", "sms", "--as", "vip", "--json"
    )
    assert [message["parts"] for message in one.json["messages"]] == [2]
    assert one.json["written_for"].endswith("as vip")


def test_a_preview_for_nobody_known_names_the_customer_types(closed_shop: Shop) -> None:
    answer = closed_shop.care("templates", "preview", "welcome", "--as", "vpi")
    assert answer.status == 1
    assert "'vpi' is no customer type" in answer.err
    assert "vip" in answer.err


def test_a_test_message_arrives_marked_and_leaves_no_trace(marketer: Shop, inbox: Inbox) -> None:
    answer = marketer.care("templates", "send-test", "welcome", "--to", "mai@example.vn", "--as", "vip")
    assert answer.status == 0, answer.out + answer.err
    assert "Sent to mai@example.vn" in answer.out
    [mail] = inbox.mails
    assert inbox.recipients == ["mai@example.vn"]
    assert str(mail["Subject"]).startswith("[THỬ] Cảm ơn anh/chị")
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    for part in (text.get_content(), html.get_content(), str(mail["List-Unsubscribe"])):
        assert "/t/" in part
        assert not any(f"{marketer.url}{path}" in part for path in ("/u/", "/s/", "/p/", "/c/"))
    assert not list(marketer.folder.rglob("care.sqlite"))


def test_a_test_message_in_english_as_a_step_with_an_offer_sends_it(marketer: Shop, inbox: Inbox) -> None:
    words = ("premium_care_kit", "--to", "mai@example.vn", "--locale", "en", "--json")
    answer = marketer.care("templates", "send-test", *words)
    assert answer.status == 0, answer.out + answer.err
    assert answer.json["outcome"] == "sent"
    assert str(inbox.mails[0]["Subject"]).startswith("[TEST] [AD] ")
    assert "KIT-" in answer.json["text"]


def test_what_cannot_be_sent_is_said_and_fails(marketer: Shop) -> None:
    nobody = marketer.care("templates", "send-test", "welcome", "--to", "mai@example.vn")
    assert nobody.status == 1
    assert "Not sent to mai@example.vn: the mail server cannot be reached" in nobody.out
    kept = marketer.care("templates", "send-test", "welcome", "--to", "mai@example.vn", CARE_EMAIL_CHANNEL="outbox")
    assert kept.status == 1
    assert "CARE_EMAIL_CHANNEL is outbox" in kept.err
    no_sms = marketer.care("templates", "send-test", "review_please", "--to", "+84912345678")
    assert no_sms.status == 1
    assert "review_please has no sms message (it has: email)" in no_sms.err
    no_zalo = marketer.care("templates", "send-test", "welcome", "--to", "+84912345678", "--channel", "zalo")
    assert no_zalo.status == 1
