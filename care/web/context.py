"""What every endpoint needs, made once when the server starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from care.domain.catalogue import Company
from care.domain.rulebook import Rulebook
from care.links import Links
from care.rendering import Renderer
from care.settings import Settings
from care.store.plans import NothingPublished, RulebookCache
from care.web.drafts import Drafts
from care.web.operators import Operators
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
    now: Callable[[], datetime]

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
