"""The pace at which one recipients' domain is sent to, so that its mail servers do not turn the shop away."""

import asyncio


class DomainPace:
    """Gives every message its instant.

    Args:
        rate: Messages a second for each domain; 0 is as fast as they come.
        patience: Seconds a message waits at most.
    """

    def __init__(self, rate: float, patience: float) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._patience = patience
        self._free_at: dict[str, float] = {}

    async def turn(self, domain: str, *, urgent: bool) -> bool:
        """Wait until the domain may be sent to; ``False`` at once when that would take too long.

        Args:
            urgent: Whether the message goes at once; the others then wait for it.
        """
        if not self._gap:
            return True
        now = asyncio.get_running_loop().time()
        at = max(now, self._free_at.get(domain, now))
        if not urgent and at - now > self._patience:
            return False
        self._free_at[domain] = at + self._gap
        self._forget(now)
        if not urgent:
            await asyncio.sleep(at - now)
        return True

    def _forget(self, now: float) -> None:
        """Drop the domains that anybody may be sent to, before they become many."""
        if len(self._free_at) > 1_000:
            self._free_at = {domain: at for domain, at in self._free_at.items() if at > now}
