"""What a mail server's status says of an address: dead, having a bad day, or not to blame.

The enhanced status codes are those of RFC 3463 and IANA's registry of them. A status without a subject (``5.0.0``, or
none at all) is told apart by the words beside it: the mailbox is full, nobody is known by that name, and so on.
"""

import re
from typing import Literal

Verdict = Literal["bounced", "soft", "failed"]

# The address itself: no such mailbox, no such domain, moved away, null MX, disabled, no way to the domain.
_DEAD = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
# Not the address's fault: ours (sender, size, protocol, content), or a policy such as a spam filter's.
_BLAMELESS = frozenset({"5.1.7", "5.1.8", "5.1.9", "5.2.3", "5.3.4", "5.4.3"})
_BLAMELESS_SUBJECTS = frozenset({"5", "6", "7"})

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_WORDS = (
    (
        "5.2.2",
        re.compile(
            r"quota|mail ?(box|folder).{0,40}(\bfull\b|not enough)|full mail ?box|too much mail|over.?limit", re.I
        ),
    ),
    ("4.0.0", re.compile(r"not found, try again|try to resend|command died with", re.I)),
    ("4.4.7", re.compile(r"not reachable within|queue period|retry time(out)? exceeded|connection timed out", re.I)),
    ("5.4.6", re.compile(r"too many hops|mail loop|message looping", re.I)),
    ("5.1.1", re.compile(r"(user|addressee|recipient) unknown|unknown (user|recipient)|no such (user|mailbox)", re.I)),
    ("5.3.4", re.compile(r"(message|inbound) size|(message|mail) (is )?too (large|big)", re.I)),
    ("5.7.1", re.compile(r"\bspam|unsolicited|blacklist|blocklist|black list|block list|blocked using", re.I)),
)


def status_of(*sources: str) -> str:
    """The most telling enhanced status in these texts, best source first; empty when there is none.

    One whose detail is undefined (``x.y.0``) says less than the words beside it, where those are understood.

    Args:
        sources: For example the Status field, the diagnostic, and what was written for people.
    """
    codes = [".".join(found.groups()) for text in sources for found in _ENHANCED.finditer(text) if found[1] != "2"]
    telling = [code for code in codes if not code.endswith(".0")]
    if telling:
        return telling[0]
    said = " ".join(sources)
    by_words = next((code for code, words in _WORDS if words.search(said)), "")
    return by_words or next(iter(codes), "")


def verdict_on(status: str) -> Verdict:
    """What a failed delivery says of the address.

    Args:
        status: Enhanced, or empty when there is none: a failure for good.
    """
    if not status:
        return "bounced"
    kind, subject, _ = status.split(".")
    if status in _BLAMELESS or subject in _BLAMELESS_SUBJECTS:
        return "failed"
    if kind == "5" and (status in _DEAD or status == "5.0.0"):
        return "bounced"
    return "soft"
