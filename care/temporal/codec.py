"""The payload codec: whatever travels through Temporal for a customer is sealed with a key of the customer's own.

A codec is not told whose payload it has in hand, but the SDK says which workflow it belongs to, and the workflow's id
says which customer. A sealed payload names its key and nobody's name. What was not sealed is read as it stands, so
that sealing can be turned on and off while customers sleep.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Engine
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from care.sealing import BrokenSealError, SealingKey
from care.settings import Settings, payload_secrets
from care.store.keyring import Keyring
from care.temporal.converting import DATA_CONVERTER
from care.temporal.packing import pack, unpack

WORKFLOW_PREFIX = "care/"
ENCODING = b"binary/encrypted"
KEY = "care-key"
# What is sealed cannot be made smaller any more, so it is before.
PACKED = "care-packed"

_NOTHING = b"binary/null"


def sealing_converter(settings: Settings, engine: Engine) -> DataConverter:
    """How payloads are written and read, as the settings say; the store is asked when the first one comes."""
    keyring = Keyring(engine, payload_secrets(settings))
    return replace(DATA_CONVERTER, payload_codec=CustomerCodec(keyring, seals=settings.payload_keys))


class CustomerCodec(PayloadCodec, WithSerializationContext):
    """Seals and opens the payloads of customers' workflows; those of other workflows pass.

    Args:
        keyring: Has the keys.
        seals: Whether payloads are sealed; sealed ones are opened in any case.
        customer: Whose payloads it has in hand; empty for nobody's.
    """

    def __init__(self, keyring: Keyring, *, seals: bool = True, customer: str = "") -> None:
        self._keyring = keyring
        self._seals = seals
        self._customer = customer

    def with_context(self, context: SerializationContext) -> "CustomerCodec":
        """The codec for the payloads of one workflow."""
        customer = _customer_of(context)
        return (
            self if customer == self._customer else CustomerCodec(self._keyring, seals=self._seals, customer=customer)
        )

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal payloads.

        Raises:
            KeyDestroyedError: The customer was erased.
            KeyringError: The settings do not have the secret that the keys are wrapped with.
            StoreUnavailable: The store does not answer.
        """
        if not self._seals or not self._customer or all(map(_is_bare, payloads)):
            return list(payloads)
        key = self._keyring.at_hand(self._customer)
        if key is None:
            key = await asyncio.to_thread(self._keyring.sealing, self._customer)
        return [each if _is_bare(each) else _sealed(key, each) for each in payloads]

    async def make_ready(self, customers: Collection[str]) -> None:
        """Have the keys at hand that the payloads of these customers will be sealed with.

        Raises:
            KeyringError: The settings do not have the secret that the keys are wrapped with.
            StoreUnavailable: The store does not answer.
        """
        if self._seals:
            await asyncio.to_thread(self._keyring.make_ready, customers)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open payloads; what is not sealed stays as it is.

        Raises:
            KeyDestroyedError: The customer was erased.
            KeyringError: The settings do not have the secret that the keys are wrapped with.
            BrokenSealError: A payload is damaged.
            StoreUnavailable: The store does not answer.
        """
        return [await self._opened(each) if each.metadata.get("encoding") == ENCODING else each for each in payloads]

    async def _opened(self, payload: Payload) -> Payload:
        name = payload.metadata[KEY].decode()
        key = self._keyring.known(name)
        if key is None:
            key = await asyncio.to_thread(self._keyring.opening, name)
        opened, how = key.open(payload.data), payload.metadata.get(PACKED, b"").decode()
        try:
            return Payload.FromString(unpack(opened, how) if how else opened)
        except ValueError as problem:
            raise BrokenSealError(f"a payload sealed with {name!r} cannot be read: {problem}") from None


def _sealed(key: SealingKey, payload: Payload) -> Payload:
    metadata = {"encoding": ENCODING, KEY: key.id.encode()}
    packed, how = pack(payload.SerializeToString())
    return Payload(metadata=metadata | ({PACKED: how.encode()} if how else {}), data=key.seal(packed))


def _is_bare(payload: Payload) -> bool:
    """Whether there is nothing in it to seal."""
    return payload.metadata.get("encoding") == _NOTHING


def _customer_of(context: SerializationContext) -> str:
    """The customer whose workflow a payload belongs to; empty for any other workflow."""
    if not isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
        return ""
    workflow = context.workflow_id or ""
    return workflow.removeprefix(WORKFLOW_PREFIX) if workflow.startswith(WORKFLOW_PREFIX) else ""
