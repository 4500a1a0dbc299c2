"""Keys that sign e-mails, and what the mail settings come to."""

import re

from tests.acceptance.cli.shop import Shop


def test_keys_are_made_and_the_settings_they_ask_for_sign_every_email(closed_shop: Shop) -> None:
    made = closed_shop.care("mail", "dkim-keys", "--domain", "dienmay.example", "--selector", "care2026")
    assert made.status == 0, made.err
    records = re.findall(r"^(\S+)\. IN TXT ((?:\"[^\"]+\" ?)+)$", made.out, re.MULTILINE)
    assert [name for name, _ in records] == [
        "care2026._domainkey.dienmay.example",
        "care2026-ed25519._domainkey.dienmay.example",
    ]
    assert all(text.startswith('"v=DKIM1; k=') for _, text in records)
    settings = dict(re.findall(r"^(CARE_\w+)=(.+)$", made.out, re.MULTILINE))
    checked = closed_shop.care("mail", "check", CARE_MAIL_FROM="Shop <cskh@dienmay.example>", **settings)
    assert checked.status == 0, checked.out
    assert "rsa-sha256, published at care2026._domainkey.dienmay.example" in checked.out
    assert "ed25519-sha256, published at care2026-ed25519._domainkey.dienmay.example" in checked.out

    again = closed_shop.care("mail", "dkim-keys", "--domain", "dienmay.example", "--selector", "care2026")
    assert again.status == 1
    assert "there is a key" in again.err


def test_what_cannot_send_is_shown_with_what_to_mend(closed_shop: Shop) -> None:
    told = closed_shop.care("mail", "check")
    assert told.status == 0, told.out
    assert "none of our own, so the relay has to sign" in told.out
    assert not (closed_shop.folder / "data" / "secret.key").exists()

    wrong = closed_shop.care("mail", "check", "--json", CARE_MAIL_REPLY_TO="cskh")
    assert wrong.status == 1
    [finding] = [each for each in wrong.json["findings"] if not each["fine"]]
    assert finding["found"].startswith("CARE_MAIL_REPLY_TO: this is not an e-mail address")
    open_line = closed_shop.care("mail", "check", CARE_SMTP_HOST="relay.example", CARE_SMTP_PASSWORD="secret")
    assert open_line.status == 1
    assert "others on the way can read every e-mail" in open_line.out


def test_a_wrong_selector_or_domain_is_refused(closed_shop: Shop) -> None:
    assert closed_shop.care("mail", "dkim-keys", "--domain", "a.example", "--selector", "Care 2026").status == 2
    assert closed_shop.care("mail", "dkim-keys", "--domain", "a..example", "--selector", "care").status == 1
    assert not (closed_shop.folder / "data" / "dkim").exists()


def test_nothing_is_started_while_no_mail_could_leave(closed_shop: Shop) -> None:
    told = closed_shop.care("up", CARE_DKIM_KEY="/nowhere.pem", CARE_DKIM_SELECTOR="care")
    assert told.status == 1
    assert "no e-mail could leave: CARE_DKIM_KEY: '/nowhere.pem' cannot be read" in told.err
