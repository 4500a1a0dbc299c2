"""The connections to one mail server: a few, each with one owner at a time, handed on from message to message."""

import asyncio
from collections import deque

from activities.channels.smtp_conversation import Conversation, SmtpServer


class Pool:
    """Lends connections, at most ``server.connections`` at a time; nothing is opened before it is needed.

    Args:
        own_name: What the shop calls itself to the server.
    """

    def __init__(self, server: SmtpServer, own_name: str) -> None:
        self._server = server
        self._own_name = own_name
        self._free = server.connections
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._parked: dict[Conversation, asyncio.TimerHandle] = {}
        self._closed = False

    async def enter(self, *, urgent: bool) -> None:
        """Wait for a place; whoever is urgent goes first. ``leave`` gives the place back."""
        if self._free:
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._others).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place to whoever waits for one."""
        for waiting in (self._urgent, self._others):
            while waiting:
                place = waiting.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._free += 1

    def take(self, *, fresh: bool) -> Conversation:
        """A connection for whoever has a place: one used before that still stands, else a new one.

        Args:
            fresh: Whether it has to be a new one.
        """
        while self._parked and not fresh:
            conversation, closing = self._parked.popitem()
            closing.cancel()
            if conversation.reusable:
                return conversation
            conversation.close()
        return Conversation(self._server, self._own_name)

    def give_back(self, conversation: Conversation) -> None:
        """Keep a connection for the next message while it is good for one; close it otherwise."""
        if self._closed or not conversation.reusable:
            conversation.close()
            return
        conversation.park()
        loop = asyncio.get_running_loop()
        self._parked[conversation] = loop.call_later(self._server.idle, self._retire, conversation)

    async def close(self) -> None:
        """Say goodbye on every connection; those in use are closed when their message is delivered."""
        self._closed = True
        parked, self._parked = self._parked, {}
        for closing in parked.values():
            closing.cancel()
        await asyncio.gather(*(conversation.say_goodbye() for conversation in parked))

    def _retire(self, conversation: Conversation) -> None:
        del self._parked[conversation]
        conversation.close()
