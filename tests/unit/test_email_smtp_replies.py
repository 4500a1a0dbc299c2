import ssl

import aiosmtplib
import pytest

from activities.channels.base import SETUP
from activities.channels.smtp_replies import Phase, judged

PHASES: tuple[Phase, ...] = ("connect", "greet", "secure", "login", "sender", "recipient", "data", "dot")


@pytest.mark.parametrize(
    ("phase", "code", "text", "outcome", "word", "suppress"),
    [
        ("recipient", 550, "5.1.1 No such user", "failed", "dead_address", "bounced"),
        ("recipient", 550, "5.1.2 No such domain", "failed", "dead_address", "bounced"),
        ("recipient", 556, "5.1.10 Null MX", "failed", "dead_address", "bounced"),
        ("recipient", 550, "5.2.1 Disabled", "failed", "dead_address", "bounced"),
        ("recipient", 550, "No such user here", "failed", "dead_address", "bounced"),
        ("recipient", 550, "5.7.1 Blocked by policy", "failed", "refused_by_policy", ""),
        ("recipient", 552, "5.2.2 Over quota", "retry", "mailbox_full", ""),
        ("recipient", 552, "Over quota", "retry", "mailbox_full", ""),
        ("recipient", 501, "5.1.3 Bad syntax", "failed", "address_refused", ""),
        ("recipient", 550, "5.7.1 Relaying denied", "retry", SETUP, ""),
        ("recipient", 530, "5.7.0 Log in first", "retry", SETUP, ""),
        ("recipient", 450, "4.2.1 Greylisted", "retry", "try_later", ""),
        ("recipient", 451, "4.7.1 Greylisted", "retry", "try_later", ""),
        ("sender", 421, "Closing", "retry", "try_later", ""),
        ("sender", 553, "5.7.1 You may not send as this", "retry", SETUP, ""),
        ("sender", 552, "5.3.4 Too big", "failed", "too_large", ""),
        ("login", 535, "5.7.8 Wrong password", "retry", SETUP, ""),
        ("login", 454, "4.7.0 Temporary", "retry", "try_later", ""),
        ("data", 451, "4.3.0 Busy", "retry", "try_later", ""),
        ("dot", 554, "5.7.1 Spam", "failed", "refused_by_policy", ""),
        ("dot", 554, "No", "failed", "refused_by_policy", ""),
        ("dot", 550, "5.1.1 No such user after all", "failed", "dead_address", "bounced"),
        ("dot", 552, "5.3.4 Too big", "failed", "too_large", ""),
        ("dot", 452, "4.3.1 No space", "retry", "try_later", ""),
        ("connect", 554, "No service", "retry", SETUP, ""),
        ("connect", 421, "Too busy", "retry", "try_later", ""),
    ],
)
def test_every_answer_has_its_class(phase: Phase, code: int, text: str, outcome: str, word: str, suppress: str) -> None:
    delivery = judged(phase, aiosmtplib.SMTPResponseException(code, text))
    assert (delivery.outcome, delivery.code, delivery.suppress) == (outcome, word, suppress)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    "silence",
    [
        aiosmtplib.SMTPServerDisconnected("Connection lost"),
        aiosmtplib.SMTPReadTimeoutError("Timed out"),
        aiosmtplib.SMTPConnectError("Refused"),
        ConnectionResetError("Reset"),
        aiosmtplib.SMTPResponseException(-1, "Malformed SMTP response line"),
    ],
)
def test_only_a_silence_after_the_final_dot_leaves_the_outcome_open(phase: Phase, silence: Exception) -> None:
    assert judged(phase, silence).outcome == ("unknown" if phase == "dot" else "retry")


@pytest.mark.parametrize(
    ("phase", "error"),
    [
        ("secure", aiosmtplib.SMTPException("STARTTLS extension not supported")),
        ("login", aiosmtplib.SMTPException("AUTH extension is not supported")),
        ("secure", ssl.SSLCertVerificationError("self-signed certificate")),
    ],
)
def test_what_the_shop_must_mend_is_tried_again_with_an_alert(phase: Phase, error: Exception) -> None:
    delivery = judged(phase, error)
    assert (delivery.outcome, delivery.code) == ("retry", SETUP)


def test_the_reason_never_repeats_what_the_server_said() -> None:
    delivery = judged("recipient", aiosmtplib.SMTPResponseException(550, "5.1.1 <an@example.com> unknown"))
    assert "an@example.com" not in delivery.reason
    assert delivery.detail == "5.1.1 <an@example.com> unknown"
