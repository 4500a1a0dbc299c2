"""Wordings: how a template begins and ends and what stands in it, told from the template without rendering it."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from jinja2 import nodes

from care.rulebook.inventory import Wording

# Nodes that show nothing where they stand, and those that show what is in them.
_SILENT = (nodes.Import, nodes.FromImport, nodes.Assign, nodes.AssignBlock, nodes.Macro)
_OPEN = (nodes.Block, nodes.Scope, nodes.ScopedEvalContextModifier, nodes.With)
_FULL_STOPS = " \t\r\n.!…)"

# What may be shown first or last at some place; ``None`` when nothing may be shown there.
Shown = frozenset[str | None]
_NOTHING: Shown = frozenset({None})
_UNSURE: Shown = frozenset({""})


def wording_of(name: str, language: str, read: Callable[[str], nodes.Template]) -> Wording:
    """How a template file is worded, with all it includes and extends in one language.

    Args:
        name: Below the templates folder.
        read: Gives the template of such a name.
    """
    tree = read(name)
    parts, waiting = {name: tree}, [tree]
    while waiting:
        for other in _others(waiting.pop(), language):
            if other not in parts:
                parts[other] = read(other)
                waiting.append(parts[other])
    shows = {shown for part in parts.values() for shown in _names(part, language)}
    text = " ".join(data.data for part in parts.values() for data in part.find_all(nodes.TemplateData))
    begins = frozenset(text or "" for text in _along(tree.body, _first))
    ends = frozenset(shown or "" for shown in _along(tree.body[::-1], _last))
    return Wording(f"templates/{name}", begins, ends, frozenset(shows), text)


def _others(node: nodes.Node, language: str) -> Iterator[str]:
    """The files a template includes, extends or takes something from."""
    if isinstance(node, nodes.Include | nodes.Extends | nodes.FromImport | nodes.Import):
        if isinstance(node.template, nodes.Const):
            yield str(node.template.value)
    else:
        for child in _children(node, language):
            yield from _others(child, language)


def _names(node: nodes.Node, language: str) -> Iterator[str]:
    """Every name below a node with its dots, the longest form only."""
    name = dotted_name(node)
    if name is not None:
        yield name
    else:
        for child in _children(node, language):
            yield from _names(child, language)


def _children(node: nodes.Node, language: str) -> Iterable[nodes.Node]:
    """What is in a node; of ``if language == …`` the side that is taken."""
    if isinstance(node, nodes.If) and isinstance(node.test, nodes.Compare) and not node.elif_:
        asked, (operand, *others) = node.test.expr, node.test.ops
        if dotted_name(asked) == "language" and operand.op == "eq" and not others:
            wanted = operand.expr.value if isinstance(operand.expr, nodes.Const) else None
            return node.body if wanted == language else node.else_
    return node.iter_child_nodes()


def dotted_name(node: nodes.Node) -> str | None:
    """The name of a value with its dots, ``None`` for anything else."""
    if isinstance(node, nodes.Name):
        return node.name if node.ctx == "load" else None
    if isinstance(node, nodes.Getattr):
        inner = dotted_name(node.node)
        return None if inner is None else f"{inner}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        inner = dotted_name(node.node)
        return None if inner is None else f"{inner}.{node.arg.value}"
    return None


def _along(body: Iterable[nodes.Node], look: Callable[[nodes.Node], Shown]) -> Shown:
    """What may be shown by the first node that shows anything."""
    found: set[str | None] = set()
    for node in body:
        here = look(node)
        found |= here - _NOTHING
        if None not in here:
            return frozenset(found)
    return frozenset(found) | _NOTHING


def _first(node: nodes.Node) -> Shown:
    if isinstance(node, nodes.TemplateData):
        text = node.data.lstrip()
        return frozenset({text}) if text else _NOTHING
    return _inside(node, _first, lambda body: body)


def _last(node: nodes.Node) -> Shown:
    if isinstance(node, nodes.TemplateData):
        return _UNSURE if node.data.strip(_FULL_STOPS) else _NOTHING
    value = node.node if isinstance(node, nodes.Filter) else node
    name = dotted_name(value) if value is not None else None
    return frozenset({name}) if name is not None else _inside(node, _last, lambda body: body[::-1])


def _inside(
    node: nodes.Node,
    look: Callable[[nodes.Node], Shown],
    order: Callable[[Sequence[nodes.Node]], Sequence[nodes.Node]],
) -> Shown:
    """What a node shows first or last that is made of others."""
    if isinstance(node, _SILENT):
        return _NOTHING
    if isinstance(node, nodes.Output):
        return _along(order(node.nodes), look)
    if isinstance(node, nodes.If):
        ways = [node.body, *(other.body for other in node.elif_), node.else_]
        return frozenset[str | None]().union(*(_along(order(way), look) for way in ways))
    if isinstance(node, _OPEN):
        return _along(order(node.body), look)
    return _UNSURE
