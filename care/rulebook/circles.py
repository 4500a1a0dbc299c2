"""Circles: things that lead back to themselves."""

from collections.abc import Iterator, Mapping, Sequence

DEEPEST = 50


def circles(leads: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Every circle, as the names on it in order; without recursion, since a file may hold thousands of names.

    Args:
        leads: What each name leads to.
    """
    found: dict[frozenset[str], list[str]] = {}
    done: set[str] = set()
    for start in leads:
        trail: dict[str, Iterator[str]] = {start: iter(leads[start])} if start not in done else {}
        while trail:
            name, coming = next(reversed(trail.items()))
            other = next((each for each in coming if each not in done), None)
            if other is None:
                done.add(name)
                del trail[name]
            elif other in trail:
                names = list(trail)
                circle = names[names.index(other) :]
                found.setdefault(frozenset(circle), circle)
            else:
                trail[other] = iter(leads.get(other, ()))
    return list(found.values())


def too_deep(leads: Mapping[str, Sequence[str]], start: str) -> bool:
    """Whether the longest way from a start passes more than ``DEEPEST`` names; there must be no circle."""
    names = {start}
    for _ in range(DEEPEST):
        names = {other for name in names for other in leads.get(name, ())}
    return bool(names)
