"""Ending what Temporal knows of a customer who was erased: the workflow, and every history of it."""

from collections.abc import Awaitable
from typing import TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from care.temporal.client import ANSWER_WITHIN, UnreachableError, workflow_id

Answer = TypeVar("Answer")

_WHY = "the customer was erased"


async def forget(client: Client, customer: str) -> bool:
    """End a customer's workflow and have the server delete every run of it; doing it again is harmless.

    The workflow ends at once. The server deletes in the background, half a minute later by its own settings: asked
    again then, nothing is left.

    Args:
        client: Connected to the server.
        customer: The opaque key that the customer had.

    Returns:
        Whether nothing was left.

    Raises:
        UnreachableError: Temporal does not answer.
    """
    workflow = workflow_id(customer)
    try:
        listed = client.list_workflows(f"WorkflowId = '{workflow}'", rpc_timeout=ANSWER_WITHIN)
        runs = {run.run_id async for run in listed}
        latest = await _unless_gone(client.get_workflow_handle(workflow).describe(rpc_timeout=ANSWER_WITHIN))
        if latest is not None:
            runs.add(latest.run_id)
            await _unless_gone(client.get_workflow_handle(workflow).terminate(reason=_WHY, rpc_timeout=ANSWER_WITHIN))
        for run in runs:
            request = DeleteWorkflowExecutionRequest(
                namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=workflow, run_id=run)
            )
            await _unless_gone(client.workflow_service.delete_workflow_execution(request, timeout=ANSWER_WITHIN))
    except (RPCError, RuntimeError) as error:
        raise UnreachableError(f"Temporal could not be told to forget an erased customer ({error}).") from None
    return not runs


async def _unless_gone(asking: Awaitable[Answer]) -> Answer | None:
    """The server's answer; nothing when what it was asked about is not there any more."""
    try:
        return await asking
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None
