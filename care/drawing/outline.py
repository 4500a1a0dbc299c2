"""A chart as lines of text, for those who do not see the picture."""

from collections.abc import Iterator

from care.drawing.shapes import Box, Chart, Flow, Fork, Item, Loop


def outline(chart: Chart) -> str:
    """Every box on a line of its own, with what parts from it indented below."""
    lines = [_line(box) for box in (chart.entry, *chart.early)]
    return "\n".join([*lines, *_flow(chart.flow, "")])


def _flow(flow: Flow, indent: str) -> Iterator[str]:
    for item in flow.items:
        yield from _item(item, indent)


def _item(item: Item, indent: str) -> Iterator[str]:
    match item:
        case Box():
            yield indent + _line(item)
        case Loop():
            yield f"{indent}{_line(item.box)}:"
            yield from _flow(item.flow, f"{indent}  ")
        case Fork():
            yield indent + _line(item.box)
            for arm in item.arms:
                yield f"{indent}  {arm.label}:{'' if arm.flow.items else ' goes on'}"
                yield from _flow(arm.flow, f"{indent}    ")


def _line(box: Box) -> str:
    return "; ".join([box.title, *box.details])
