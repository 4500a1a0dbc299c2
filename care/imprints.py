"""Imprints: what the law wants in a message and its template does not show: the label, the company, the way out.

It is added where it is missing, so that a message is lawful where its reader lives, whatever its template says.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape

from care.domain.catalogue import Company
from care.domain.law import Applied, Demands
from care.rendering import Rendered, RenderError

NO_IDENTITY, NO_SENDER = "policy_identity", "policy_sender"

_FULL_STOPS = " \t\r\n.!…)"
_END = re.compile(r"</body\s*>", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://")
_PLAIN_NUMBER = re.compile(r"[+\d\s().-]*")
_STYLE = "margin:16px 0 0;font-size:13px;line-height:1.6;text-align:center"
_WORDS = {
    "vi": {
        "answer": "Từ chối: soạn {word} gửi {number}",
        "link": "Từ chối: {url}",
        "unsubscribe": "Không muốn nhận thư nữa? Hủy tại đây",
    },
    "en": {
        "answer": "Opt out: text {word} to {number}",
        "link": "Opt out: {url}",
        "unsubscribe": "No longer want these e-mails? Unsubscribe here",
    },
}


class UnlawfulMessage(RenderError):
    """A message must not leave as it is; the message names the law and what is missing.

    Attributes:
        code: The same as a countable word.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def imprinted(rendered: Rendered, channel: str, demands: Demands, company: Company, url: str, locale: str) -> Rendered:
    """The message with everything the law wants to see in it.

    Args:
        channel: ``email`` or ``sms``; on others the provider keeps the wording.
        url: Where the reader ends such messages.
        locale: The language tag of its words.

    Raises:
        UnlawfulMessage: When the law wants something of the company that the catalogue does not give.
    """
    if channel not in ("email", "sms") or not rendered.text.strip():
        return rendered
    for of in demands.applied:
        rendered = _labelled(rendered, of)
    fields = tuple(dict.fromkeys(name for of in demands.applied for name in _identity(of, company)))
    words = _WORDS["vi" if locale.lower().startswith("vi") else "en"]
    if channel == "sms":
        return rendered._replace(text=_sms(rendered.text, fields, demands, company, url, words))
    text = _mail_text(rendered.text, fields, demands, company, url, words)
    html = _mail_html(rendered.html, fields, demands, company, url, words) if rendered.html else ""
    return rendered._replace(text=text, html=html)


def refused_sender(demands: Demands, senders: Mapping[str, str]) -> str:
    """Why a message must not leave under these names, in words; empty when it may.

    Args:
        senders: What recipients see as the sender, by provider; a message may leave over any of them.
    """
    for of in demands.applied:
        asked = of.rule.sender
        if asked is None or not asked.brand_name:
            continue
        for provider, name in senders.items():
            place = f"{of.policy.title}: advertising by SMS must come from a registered name ({of.law}), and {provider}"
            if _PLAIN_NUMBER.fullmatch(name):
                return f"{place} sends from {f'the number {name}' if name else 'a plain number'}"
            if asked.longest and len(name) > asked.longest:
                return f"{place} sends as {name!r}, which is longer than {asked.longest} characters"
    return ""


def _labelled(rendered: Rendered, of: Applied) -> Rendered:
    label = of.rule.label
    if label is None:
        return rendered
    if label.where == "start of the subject":
        return rendered._replace(subject=_begun(rendered.subject, label.any_of))
    return rendered._replace(text=_begun(rendered.text, label.any_of))


def _begun(text: str, labels: tuple[str, ...]) -> str:
    return text if text.lstrip().startswith(labels) else f"{labels[0]} {text.lstrip()}"


def _identity(of: Applied, company: Company) -> Iterator[str]:
    """The fields of the company that a rule wants shown."""
    for name in of.rule.identify:
        if not getattr(company, name):
            raise UnlawfulMessage(NO_IDENTITY, _lacking(of, name))
        yield name
    known = [name for name in of.rule.identify_one_of if getattr(company, name)]
    if of.rule.identify_one_of and not known:
        raise UnlawfulMessage(NO_IDENTITY, _lacking(of, " or ".join(of.rule.identify_one_of)))
    yield from known[:1]


def _lacking(of: Applied, name: str) -> str:
    kind = "advertising" if of.rule.purpose == "marketing" else f"a {of.rule.purpose} message"
    return f"{of.policy.title}: {kind} must show the company's {name}, which the catalogue does not give ({of.law})"


def _hidden(text: str, fields: Iterable[str], company: Company) -> list[str]:
    """Those of the company's values that a text does not show; spaces and the beginning of addresses do not matter."""
    shown = "".join(text.split())
    return [getattr(company, name) for name in fields if _bare(getattr(company, name)) not in shown]


def _bare(value: str) -> str:
    return "".join(_SCHEME.sub("", value).split())


def _sms(
    text: str, fields: tuple[str, ...], demands: Demands, company: Company, url: str, words: Mapping[str, str]
) -> str:
    hidden = _hidden(text, fields, company)
    ways = [of.rule.opt_out for of in demands.applied if of.rule.opt_out is not None]
    word, _, number = company.sms_opt_out.partition(" to ")
    shown = [way for way in (url, number.replace(" ", "")) if way and way in text.replace(" ", "")]
    at_end = any(text.replace(" ", "").rstrip(_FULL_STOPS).endswith(way.rstrip(_FULL_STOPS)) for way in shown)
    lacks = bool(ways) and (not shown or (any(way.where == "end of the text" for way in ways) and not at_end))
    if not hidden and not lacks:
        return text
    parts = [text.rstrip(), *([f"{', '.join(hidden)}."] if hidden else [])]
    if ways and (lacks or hidden):
        answer = words["answer"].format(word=word, number=number)
        parts.append(answer if number else words["link"].format(url=url))
    return " ".join(parts)


def _mail_text(
    text: str, fields: tuple[str, ...], demands: Demands, company: Company, url: str, words: Mapping[str, str]
) -> str:
    added = _added(text, fields, demands, company, url)
    if not added:
        return text
    lines = [line if line != url else f"{words['unsubscribe']}: {url}" for line in added]
    return "\n".join([text.rstrip(), "", "--", *lines]) + "\n"


def _mail_html(
    html: str, fields: tuple[str, ...], demands: Demands, company: Company, url: str, words: Mapping[str, str]
) -> str:
    added = _added(unescape(html), fields, demands, company, url)
    if not added:
        return html
    link = f'<a href="{escape(url)}">{escape(words["unsubscribe"])}</a>'
    block = f'<p style="{_STYLE}">{"<br>".join(link if line == url else escape(line) for line in added)}</p>\n'
    ends = list(_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return html[:at] + block + html[at:]


def _added(shown: str, fields: tuple[str, ...], demands: Demands, company: Company, url: str) -> list[str]:
    """The lines an e-mail lacks; the way out stands below who advertises, so it is said again with that."""
    hidden = _hidden(shown, fields, company)
    asked = any(of.rule.opt_out is not None for of in demands.applied)
    return [*hidden, *([url] if asked and (hidden or url not in shown) else [])]
