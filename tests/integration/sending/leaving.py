"""For channels that are tried without a store: whoever asks may leave."""


async def at_once() -> None:
    """Nothing stands against the message."""
