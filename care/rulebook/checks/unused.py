"""What a journey holds and never uses."""

from collections import Counter
from collections.abc import Iterator, Mapping

from care.domain.journey import MAIN
from care.rulebook.draft import Draft
from care.rulebook.findings import Placed, quoted
from care.rulebook.reader import Listing, Node, Section, Text
from care.rulebook.spelling import nearest

_UNUSED = "use it, or remove it"


def check_unused(leads: Mapping[str, list[str]], draft: Draft, root: Node) -> None:
    """Note J031: paths, tables and definitions that nothing leads to.

    Args:
        leads: The paths that each path names.
        root: The file as it was read.
    """
    words = Counter(_words(root)) if draft.findings.broken else Counter[str]()
    reached, found = {MAIN}, [MAIN]
    while found:
        more = [name for name in leads.get(found.pop(), ()) if name not in reached]
        reached.update(more)
        found.extend(more)
    unused: list[tuple[str, str, Placed]] = [
        *(("path", name, pair.key) for name, pair in draft.paths.items() if name not in reached),
        *(("table", name, table.at) for name, table in draft.tables.items() if name not in draft.used),
        *(("definition", name, at) for name, at in draft.conditions.unused()),
    ]
    for kind, name, at in unused:
        # While other things are wrong, a name that stands elsewhere in the file, perhaps misspelt, was meant there.
        if name not in draft.used and words[name] < 2 and not nearest(name, words.keys() - {name}):
            draft.findings.add("J031", at, f"{kind} {quoted(name)} is never used", _UNUSED)


def _words(node: Node) -> Iterator[str]:
    if isinstance(node, Text):
        yield " ".join(node.value.split()).removeprefix("skip to ")
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _words(item)
    elif isinstance(node, Section):
        for pair in node.pairs:
            yield pair.key.value
            yield from _words(pair.value)
