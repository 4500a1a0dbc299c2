"""The sweep: signals what was stored but never told to its workflow, because something died in between."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.contract import Sweeping

SWEEP_LASTS = timedelta(minutes=5)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))


@workflow.defn(name="Sweep")
class Sweep:
    """One stretch of sweeping: eleven events of history for some minutes of it."""

    @workflow.run
    async def run(self) -> None:
        """Have one activity sweep every few seconds; the schedule starts the next stretch when this one is over."""
        try:
            await workflow.execute_activity_method(
                Sweeping.sweep,
                schedule_to_close_timeout=2 * SWEEP_LASTS,
                heartbeat_timeout=timedelta(seconds=30),
                retry_policy=_RETRY,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
