"""``python -m tests.chaos.look FOLDER care audit KH-12 --why``: run a command on what a run has left behind."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.acceptance.cli.shop import CARE, free_ports
from tests.chaos import database
from tests.chaos.processes import Process


async def look(folder: Path, words: list[str]) -> int:
    """Open the store of a run, run the command, and return its exit status."""
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    kept, process = folder / "kept", None
    if environment.pop("STORE") == "postgresql":
        found = database.set_up(kept / "postgres", folder / "programs", free_ports(1)[0])
        process = Process(
            "postgres", found.command, found.environment, folder / "look.log", kept / "postgres", found.account
        )
        process.start()
        await asyncio.to_thread(found.make)
        environment["CARE_DATABASE_URL"] = found.url()
    else:
        environment["CARE_DATABASE_URL"] = f"sqlite:///{kept / 'store' / 'care.sqlite'}"
    command = [str(CARE), *words[1:]] if words[0] == "care" else words
    try:
        done = await asyncio.to_thread(
            lambda: subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
        )
    finally:
        if process is not None:
            await process.stop()
    return done


def main() -> None:
    """Read the arguments and look."""
    if len(sys.argv) < 3:
        sys.exit(f"usage: {__doc__}")
    sys.exit(asyncio.run(look(Path(sys.argv[1]), sys.argv[2:])))


if __name__ == "__main__":
    main()
