"""The policy packs that come with Aftercare, one file each: what the law of a country, or a mailbox provider, asks.

``care.rulebook.policies`` reads them. An operator replaces one by a file of the same name in ``rules/policies/``.
"""

from importlib import resources

_ENDING = ".yaml"


def texts() -> dict[str, str]:
    """The text of every pack by name, in order of the names."""
    files = [file for file in resources.files(__name__).iterdir() if file.name.endswith(_ENDING)]
    return {
        file.name.removesuffix(_ENDING): file.read_text(encoding="utf-8")
        for file in sorted(files, key=lambda file: file.name)
    }
