"""Words that end messages, and words that let them begin again.

Whoever types without marks types them nowhere: ``tu choi`` is *từ chối*. Whoever types marks means them: ``dung`` may
be *dừng* (stop), but *đúng* is "right". So a word counts as it is written here, or with every mark left out, never with
other marks.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

Wish = Literal["stop", "perhaps stop", "start", ""]

# The seven of the FCC's revocation rule, what Twilio and AWS stop at (https://www.twilio.com/docs/messaging/tutorials/
# advanced-opt-out, https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html), the usual words of
# Canada and of EU languages, and the Vietnamese ones; those of Vietnam and the EU are believed, nobody lists them.
_STOPS = (
    *("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"),
    *("stopall", "stop all", "optout", "opt-out", "remove", "td", "stopp", "stop sms"),
    *("arret", "arrêt", "arrett", "arrete", "arrête", "arrêter", "désabonner", "désinscrire"),
    *("alto", "parar", "baja", "cancelar", "sair", "abmelden", "afmelden", "cancella", "disiscrivi"),
    *("từ chối", "tuchoi", "dừng", "ngừng", "ngưng", "hủy", "huỷ", "dừng lại", "hủy nhận tin", "từ chối nhận tin"),
    *("hủy đăng ký", "huỷ đăng ký", "không nhận tin", "từ chối quảng cáo", "dừng nhận tin", "ngừng nhận tin"),
)
_STARTS = ("start", "unstop", "bắt đầu", "nhận lại", "nhận tin lại", "mở lại")
# The way out that advertisers write at the end of a Vietnamese advertising SMS: TC, TC QC, TC and a brand or a number.
_ADVERTISERS = re.compile(r"tc( [a-z0-9]{1,11}){0,2}|(từ chối|tu choi)( qc| sms| tin)")

_ENGLISH = re.compile(
    r"(please |pls |just )?stop( it| now| this| please| pls| thanks| thank you| already)+"
    r"|(please |pls |just )+stop"
    r"|.*\bstop (sending|texting|messaging|contacting|spamming|calling|writing|bothering)\b.*"
    r"|.*\bstop (the |these |those |your |all )*(texts?|messages?|sms|spam|ads|marketing|promotions)\b.*"
    r"|.*\b(do not|don t|dont|never|quit|cease) (text|message|contact|sms|write|spam|call|bother)(ing)?"
    r"( me| us| to me| this number| again| anymore| any more| ever| please| pls| thanks)*"
    r"|.*\b(unsubscribe|opt ?out|opt me out|remove me|take me off|(delete|remove) my (phone )?number)\b.*"
    r"|.*\bno more (texts?|messages?|sms|spam|ads)\b.*"
    r"|.*\b(leave me alone|wrong number)\b.*"
)
_END = "(đừng|dừng|ngừng|ngưng|thôi|đừng có)"
_MAIL = "(tin nhắn|tin|sms|qc|quảng cáo)"
_ME = "(tôi|mình|em|tui|anh|chị|chú|cô|bác|số này)"
_SENTENCE = (
    rf".*\b{_END} (nhắn|gửi|gởi|spam|làm phiền|liên lạc|liên hệ|gọi)( {_MAIL})?( cho)?( {_ME})? (nữa|giùm|dùm)\b.*"
    rf"|.*\b{_END} (nhắn|gửi|gởi) {_MAIL}\b.*"
    rf"|.*\b{_END} (spam|làm phiền|quảng cáo)\b.*"
    rf"|.*\b(không|ko|k|kg|hông) (muốn|cần|thích|có nhu cầu) nhận (thêm )?{_MAIL}\b.*"
    rf"|.*\b(hủy|huỷ|từ chối|ngừng|ngưng|ngắt) (nhận|đăng ký|đăng kí) {_MAIL}\b.*"
    rf"|.*\b(xóa|xoá|bỏ) (số|số điện thoại|sđt)( của)? {_ME}\b.*"
    r"|.*\bnhầm số\b.*"
)
_GAP = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """A text in small letters with single spaces, without punctuation; its marks stay."""
    return _GAP.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def unmarked(text: str) -> str:
    """A text without its Vietnamese marks; đ is d (Unicode does not take it apart)."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def spellings(words: Iterable[str]) -> frozenset[str]:
    """Each word as it is written and without any mark, both plain."""
    return frozenset(spelt for word in words for spelt in (plain(word), plain(unmarked(word))))


_MARKED, _UNMARKED = re.compile(_SENTENCE), re.compile(unmarked(_SENTENCE))
_STOPPING = spellings(_STOPS)
_STARTING = spellings(_STARTS)


def wish(text: str) -> Wish:
    """Whether a customer asks for an end or a beginning.

    Returns:
        ``stop`` and ``start`` when the whole message says nothing else; ``perhaps stop`` when it says so in a sentence
        of its own, which a person should read as well.
    """
    said = plain(text)
    if said in _STOPPING or _ADVERTISERS.fullmatch(said):
        return "stop"
    if said in _STARTING:
        return "start"
    if _ENGLISH.fullmatch(said) or _MARKED.fullmatch(said):
        return "perhaps stop"
    return "perhaps stop" if said == unmarked(said) and _UNMARKED.fullmatch(said) else ""
