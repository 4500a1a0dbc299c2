"""HTML that mail programs show as it was meant: styles stand in the elements, since many programs drop style sheets.

What cannot stand there, rules for small screens and for dark mode, stays in one style sheet. Its declarations become
``!important``: a style in an element would win over them otherwise, and the message would never be dark.
"""

import re
from collections import Counter
from functools import lru_cache

import tinycss2
from css_inline import CSSInliner, InlineError
from tinycss2.ast import AtRule, Declaration, Node, QualifiedRule

from care.domain.errors import CareError

# Nothing is fetched: a style sheet somewhere else would let a template read the shop's own network.
_INLINER = CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
_STYLED = re.compile(r"<style\b", re.IGNORECASE)
_SHEET = re.compile(r"<style>(.*?)</style>\n?", re.DOTALL)
_END_OF_HEAD = "</head>"
_CONDITIONAL = ("media", "supports")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
# The parser ends the whole process when elements stand some thousands deep, and an element that is left open may stand
# in every one that follows.
_DEEPEST = 100
_HEAVIEST = 500_000


class InliningError(CareError):
    """The styles of an HTML message cannot be brought into its elements; the message says what is wrong with them."""


def inlined(html: str) -> str:
    """An HTML message with its styles in its elements; nothing is fetched from anywhere, one without styles is kept.

    Raises:
        InliningError: When its style sheet cannot be read, or its elements stand too deep in one another.
    """
    if not _STYLED.search(html):
        return html
    refuse_depth(html)
    try:
        whole = _INLINER.inline(html)
    except (InlineError, ValueError) as error:
        raise InliningError(
            f"its styles cannot be read: {error}; mend what stands between <style> and </style>"
        ) from error
    sheet = _SHEET.search(whole)
    if sheet is None:
        return whole
    # The sheet comes first in the head, where it would push the character set out of the bytes a browser looks at.
    rest = whole[: sheet.start()] + whole[sheet.end() :]
    return rest.replace(_END_OF_HEAD, f"<style>{_winning(sheet[1])}</style>\n{_END_OF_HEAD}", 1)


def refuse_depth(html: str) -> None:
    """Let HTML pass that a parser can take in.

    Raises:
        InliningError: When too many elements stand in one another.
    """
    open_now: Counter[str] = Counter()
    deep = deepest = count = 0
    for closing, written in _TAG.findall(html):
        name = written.lower()
        if closing:
            deep -= open_now[name] > 0
            open_now[name] -= open_now[name] > 0
        elif name not in _VOID:
            open_now[name] += 1
            deep, count = deep + 1, count + 1
            deepest = max(deepest, deep)
    if deepest > _DEEPEST or deepest * count > _HEAVIEST:
        raise InliningError(f"its elements stand {deepest:,} deep in one another; close each with its end tag")


@lru_cache(64)
def _winning(sheet: str) -> str:
    """The style sheet with every declaration that holds on a condition made stronger than a style in an element."""
    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return "\n".join(_rule(rule) for rule in rules)


def _rule(rule: Node) -> str:
    if isinstance(rule, AtRule) and rule.lower_at_keyword in _CONDITIONAL and rule.content is not None:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        condition = tinycss2.serialize(rule.prelude)
        return "\n".join([f"@{rule.at_keyword}{condition}{{", *(_strong(each) for each in inner), "}"])
    return str(rule.serialize())


def _strong(rule: Node) -> str:
    if not isinstance(rule, QualifiedRule):
        return _rule(rule)
    declarations = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    stronger = (
        f"{each.name}: {tinycss2.serialize(each.value).strip()} !important;"
        for each in declarations
        if isinstance(each, Declaration)
    )
    return f"{tinycss2.serialize(rule.prelude).strip()} {{ {' '.join(stronger)} }}"
