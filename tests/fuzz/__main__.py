"""`make fuzz`: at least 10,000 requests made from the API's own description, over the real server."""

import argparse
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.fuzz.run import SLOWEST, Found, fuzz
from tests.fuzz.server import served
from tests.postgres import running_postgres

_A_ROUND = 400


def main() -> int:
    """Fuzz in rounds until the wanted number of requests was made; 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="requests to make at least")
    drawn = secrets.randbelow(1_000_000)
    parser.add_argument("--seed", type=int, default=drawn, help="the same one makes nearly the same requests")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite", help="what the server stores in")
    given = parser.parse_args()
    print(f"fuzzing the API on {given.store} with at least {given.cases:,} requests, seed {given.seed}", flush=True)
    found, complaints = _fuzzed(given)
    cases = sum(each.cases for each in found)
    is_clean = all(each.is_clean for each in found) and not complaints
    for line in complaints:
        print(f"the server's log: {line}")
    verdict = f"no 5xx, no answer against its description, no traceback, none slower than {SLOWEST} s"
    print(f"{cases:,} requests on {given.store}, seed {given.seed}: {verdict if is_clean else 'see above'}")
    return 0 if is_clean else 1


def _fuzzed(given: argparse.Namespace) -> tuple[list[Found], list[str]]:
    found: list[Found] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="care-fuzz-")))
        url = stack.enter_context(_database()) if given.store == "postgresql" else ""
        server = stack.enter_context(served(folder, url))
        while sum(each.cases for each in found) < given.cases:
            found.append(fuzz(server, _A_ROUND, given.seed + len(found), folder))
            print(f"round {len(found)}: {sum(each.cases for each in found):,} of {given.cases:,} requests", flush=True)
            if not found[-1].cases:
                break
        return found, server.complaints()


@contextmanager
def _database() -> Iterator[str]:
    with running_postgres() as server:
        yield server.url(server.new_database())


if __name__ == "__main__":
    sys.exit(main())
