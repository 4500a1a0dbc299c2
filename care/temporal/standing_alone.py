"""One ``care up`` in a data directory at a time, and nobody else who needs it for themselves."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from care.domain.errors import CareError

LOCK_FILE = "care.lock"


class StartError(CareError):
    """Aftercare cannot start here; the message says what is in the way."""


@contextmanager
def alone_in(data_dir: Path) -> Iterator[None]:
    """Hold a data directory until the block ends.

    Raises:
        StartError: Somebody else holds it.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / LOCK_FILE).open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StartError(
                f"{str(data_dir)!r} is in use by another 'care up' (process {lock.read().strip() or 'unknown'}); "
                "stop that one, or set CARE_DATA_DIR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
