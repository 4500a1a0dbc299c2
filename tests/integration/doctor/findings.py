"""Findings of a test by what they are about."""

from collections.abc import AsyncIterator, Iterable

from care.cli.doctor.findings import Finding


def by_name(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {each.what: each for each in findings}


def wrong(findings: Iterable[Finding]) -> dict[str, str]:
    """What is not fine, with its verdict; each says what to do."""
    found = [each for each in findings if each.verdict != "ok"]
    assert all(each.do for each in found)
    return {each.what: each.verdict for each in found}


async def listed(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [each async for each in findings]
