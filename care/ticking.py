"""Puts the meter into a template: every loop, macro, block and file counts its passes, every value its weight."""

# ruff: noqa: N802 - Jinja finds what visits a node by the node's name

from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from care.metering import TooMuch

# A template cannot spell these names, so it can neither call nor replace them.
TICK, WEIGHED, WRITTEN = " tick", " weighed", " written"

MOST_NODES = 10_000
_REPEATED = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block, nodes.Template)
_PER_LETTER = 64


def ticking(tree: nodes.Template) -> nodes.Template:
    """The same template with the meter in it.

    Raises:
        TooMuch: When the file is larger than any message.
    """
    if sum(1 for _ in tree.find_all(nodes.Node)) > MOST_NODES:
        raise TooMuch(f"the file has more than {MOST_NODES:,} parts; take it apart")
    counted: nodes.Template = _Metering().visit(tree)
    assert tree.environment is not None
    counted.set_environment(tree.environment)
    return counted


class _Metering(NodeTransformer):
    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        weight = _weight(node) if isinstance(node, _REPEATED) else None
        super().generic_visit(node, *args, **kwargs)
        if weight is not None and isinstance(node, _REPEATED):
            node.body.insert(0, _tick(node, *weight))
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        if node.test is not None:
            node.test = _through(WEIGHED, node.test)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        node.nodes = [_through(WRITTEN, each) for each in node.nodes]
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        return _through(WEIGHED, self.generic_visit(node))

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        return _through(WEIGHED, self.generic_visit(node))

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _through(WEIGHED, node) if node.ctx == "load" else node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _through(WEIGHED, node.expr)
        for operand in node.ops:
            operand.expr = _through(WEIGHED, operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _through(WEIGHED, node.node)
        else:
            node.arg = _through(WEIGHED, node.arg)
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:
        self.generic_visit(node)
        if next(node.find_all(nodes.NSRef), None) is not None:
            node.node = _through(WEIGHED, node.node)
        return node


def _through(name: str, node: nodes.Node) -> nodes.Expr:
    """The value of an expression, seen by the meter; a constant never grows."""
    assert isinstance(node, nodes.Expr)
    if isinstance(node, nodes.Const):
        return node
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _tick(node: nodes.Node, steps: int, letters: int) -> nodes.Stmt:
    count = nodes.Filter(nodes.Const(steps), TICK, [nodes.Const(letters)], [], None, None, lineno=node.lineno)
    return nodes.ExprStmt(count, lineno=node.lineno)


def _weight(node: nodes.Node) -> tuple[int, int]:
    """The parts and the letters of fixed text that one pass goes through, without what counts itself."""
    steps, letters = 1, 0
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            letters += len(child.data)
        if not isinstance(child, _REPEATED):
            inner, more = _weight(child)
            steps, letters = steps + inner, letters + more
    return steps, letters
