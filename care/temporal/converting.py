"""How values travel through Temporal: as pydantic's JSON, by converters that the whole process shares.

The SDK makes a payload converter anew for every workflow it holds and every task it works on; pydantic's own then reads
the types again each time, which cost a fifth of a worker's time.
"""

from collections.abc import Mapping

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter, EncodingPayloadConverter

_SHARED: Mapping[bytes, EncodingPayloadConverter] = PydanticPayloadConverter().converters


class SharedPayloadConverter(CompositePayloadConverter):
    """Pydantic's converters; making one costs nothing, and each type is read once in a process."""

    def __init__(self) -> None:
        self.converters = _SHARED


DATA_CONVERTER = DataConverter(payload_converter_class=SharedPayloadConverter)
