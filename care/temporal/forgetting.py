"""Ending what Temporal knows of a customer who was erased: the workflow, and every history of it."""

import asyncio
from datetime import timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from care.temporal.client import ANSWER_WITHIN, UnreachableError, workflow_id

_PATIENCE = timedelta(seconds=10)
_PAUSE = 0.1
_WHY = "the customer was erased"


async def forget(client: Client, customer: str, *, patience: timedelta = _PATIENCE) -> bool:
    """End a customer's workflow and have the server delete every run of it; doing it again is harmless.

    The server deletes in the background, and lists what it has a moment late; so it is asked until nothing is left.

    Args:
        client: Connected to the server.
        customer: The opaque key that the customer had.
        patience: How long to wait until nothing is left.

    Returns:
        Whether nothing is left.

    Raises:
        UnreachableError: Temporal does not answer.
    """
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while await _delete(client, workflow_id(customer)):
                await asyncio.sleep(_PAUSE)
            return True
    except TimeoutError:
        return False
    except (RPCError, RuntimeError) as error:
        raise UnreachableError(f"Temporal could not be told to forget an erased customer ({error}).") from None


async def _delete(client: Client, workflow: str) -> bool:
    """Ask the server to delete what it still has of a workflow; returns whether it had anything."""
    runs = {run.run_id async for run in client.list_workflows(f"WorkflowId = '{workflow}'", rpc_timeout=ANSWER_WITHIN)}
    handle = client.get_workflow_handle(workflow)
    try:
        runs.add((await handle.describe(rpc_timeout=ANSWER_WITHIN)).run_id)
        await handle.terminate(reason=_WHY, rpc_timeout=ANSWER_WITHIN)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
    for run in runs:
        execution = WorkflowExecution(workflow_id=workflow, run_id=run)
        request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
        try:
            await client.workflow_service.delete_workflow_execution(request, timeout=ANSWER_WITHIN)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
    return bool(runs)
