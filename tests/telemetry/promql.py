"""PromQL read by a parser: which metrics an expression names, and by which labels."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = DEPLOY / "grafana" / "aftercare.json"
ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
_SUFFIX = re.compile(r"_(bucket|count|sum)$")
_GIVEN_BY_PROMETHEUS = {"job", "instance", "le"}


def expressions() -> dict[str, str]:
    """Every expression of the dashboard and the alerts, by where it stands."""
    found = {}
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            found[f"panel {panel['title']!r} {target['refId']}"] = target["expr"]
    for rule in alerts():
        found[f"alert {rule['alert']}"] = rule["expr"]
    return found


def alerts() -> list[dict[str, Any]]:
    """The alert rules as they stand in the file."""
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def metrics_in(expression: str) -> set[str]:
    """The names of the metrics, a histogram's without its suffix."""
    return {_SUFFIX.sub("", each.name) for each in _selectors(promql_parser.parse(expression)) if each.name}


def labels_in(expression: str) -> set[str]:
    """Every label it selects or groups by, besides those that Prometheus adds."""
    parsed = promql_parser.parse(expression)
    selected = {matcher.name for each in _selectors(parsed) for matcher in each.matchers.matchers}
    grouped = {label for each in _nodes(parsed) for label in _grouped(each)}
    return (selected | grouped) - _GIVEN_BY_PROMETHEUS


def exposed(text: str) -> dict[str, set[str]]:
    """Every metric of a scrape with the labels its samples bear; a histogram's without its suffix."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            found.setdefault(line.split()[2], set())
        elif line and not line.startswith("#"):
            name, _, rest = line.partition("{")
            labels = set(re.findall(r'(\w+)="', rest)) if rest else set()
            found.setdefault(_SUFFIX.sub("", name.split()[0]), set()).update(labels)
    return found


def _grouped(node: Any) -> list[str]:
    modifier = getattr(node, "modifier", None) if isinstance(node, promql_parser.AggregateExpr) else None
    return list(modifier.labels) if modifier is not None else []


def _selectors(node: Any) -> Iterator[Any]:
    return (each for each in _nodes(node) if isinstance(each, promql_parser.VectorSelector))


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for name in ("expr", "lhs", "rhs", "param", "vector_selector", "vs", "args"):
        inner = getattr(node, name, None)
        for each in inner if isinstance(inner, list | tuple) else [inner]:
            if isinstance(each, promql_parser.Expr):
                yield from _nodes(each)
