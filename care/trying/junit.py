"""JUnit: the results of rule tests as build servers read them."""

from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from care.rulebook.testing import TestResult


def junit(results: Sequence[TestResult], seconds: Sequence[float], folder: str) -> str:
    """The results as a JUnit XML file.

    Args:
        seconds: How long each test took.
        folder: Of the test files, as messages should show it.
    """
    root = Element("testsuites", _counts(results, seconds))
    timed = list(zip(results, seconds, strict=True))
    for journey, group in groupby(timed, key=lambda pair: pair[0].journey):
        pairs = list(group)
        counts = _counts([result for result, _ in pairs], [took for _, took in pairs])
        suite = SubElement(root, "testsuite", {"name": journey, **counts})
        file = f"{folder}/{journey}.test.yaml"
        for result, took in pairs:
            place = {"classname": journey, "file": file, "line": str(result.line), "time": f"{took:.6f}"}
            case = SubElement(suite, "testcase", {"name": _clean(result.name), **place})
            for failure in result.failures:
                told = SubElement(case, "failure", {"message": _clean(failure.message), "type": "expectation"})
                told.text = _clean("\n".join((f"{file}:{failure.line}: {failure.message}", *failure.near)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _counts(results: Sequence[TestResult], seconds: Sequence[float]) -> dict[str, str]:
    failed = sum(not result.passed for result in results)
    return {"tests": str(len(results)), "failures": str(failed), "errors": "0", "time": f"{sum(seconds):.6f}"}


def _clean(text: str) -> str:
    """A text without the signs XML cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n" or letter.isprintable())
