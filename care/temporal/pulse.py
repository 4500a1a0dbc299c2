"""What surrounds every activity: a heartbeat while it runs, and discretion about its errors.

The heartbeat lets another worker take over seconds after one died, however long the activity may take. The discretion
keeps personal data out of Temporal's history and the logs: the text of a foreign error (a mail server's reply, a
statement's parameters) stays behind, its class and the lines it came through go on.
"""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, TemporalError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from care.domain.errors import CareError

_BEATS_PER_TIMEOUT = 4

log = logging.getLogger("care.activities")


class Pulse(Interceptor):
    """Wraps the activities of a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Put the heartbeat and the discretion around an activity."""
        return _Surrounded(next)


class _Surrounded(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            async with _beating():
                return await super().execute_activity(input)
        except TemporalError:
            raise
        except Exception as error:
            told = _told(error)
        raise told


@contextlib.asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    timeout = activity.info().heartbeat_timeout
    if not timeout:
        yield
        return
    beats = asyncio.create_task(_beat(timeout.total_seconds() / _BEATS_PER_TIMEOUT))
    try:
        yield
    finally:
        beats.cancel()


async def _beat(pause: float) -> None:
    while True:
        await asyncio.sleep(pause)
        activity.heartbeat()


def _told(error: Exception) -> ApplicationError:
    """The error as Temporal may know it; it is tried again."""
    name = type(error).__name__
    if isinstance(error, CareError):
        return ApplicationError(str(error), type=name)
    info = activity.info()
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    log.warning("%s of %s met %s\n%s", info.activity_type, info.workflow_id, name, frames)
    return ApplicationError(f"{name}; the worker's log says where", type=name)
