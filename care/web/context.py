"""What every endpoint needs, made once when the server starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from activities.channels import registry
from activities.channels.base import Channel
from care.domain.catalogue import Company
from care.domain.rulebook import Rulebook
from care.health.exposition import Exposition
from care.health.readiness import Readiness
from care.links import Links
from care.rendering import Renderer
from care.settings import Settings
from care.store.plans import NothingPublished, RulebookCache
from care.web.drafts import Drafts
from care.web.operators import Operators
from care.web.throttles import Throttles
from care.web.workflows import Workflows


@dataclass(frozen=True)
class WebContext:
    """The server's surroundings; ``now`` is its clock (UTC)."""

    settings: Settings
    engine: Engine
    rulebooks: RulebookCache
    drafts: Drafts
    workflows: Workflows
    renderer: Renderer
    links: Links
    operators: Operators
    throttles: Throttles
    readiness: Readiness
    exposition: Exposition
    now: Callable[[], datetime]

    @cached_property
    def providers(self) -> Mapping[str, Channel]:
        """The providers the shop uses, by name, opened when the first of them calls."""
        return registry.providers(self.settings)

    async def close(self) -> None:
        """Let go of what was opened."""
        for provider in self.__dict__.get("providers", {}).values():
            await provider.close()

    def rulebook(self) -> Rulebook:
        """The newest published rulebook.

        Raises:
            NothingPublished: When there is none.
        """
        return self.rulebooks.current()

    def company(self) -> Company:
        """The shop as the catalogue describes it; its defaults before anything is published."""
        try:
            return self.rulebooks.current().catalogue.company
        except NothingPublished:
            return Company()


def context_of(request: Request) -> WebContext:
    """The context of the app that answers this request."""
    context = request.app.state.context
    assert isinstance(context, WebContext)
    return context


Here = Annotated[WebContext, Depends(context_of)]
