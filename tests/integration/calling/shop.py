"""A shop with one customer on her way, and endpoints to call."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.calling import WebhookCaller
from activities.posting import LookUp, Poster
from care.domain.catalogue import Endpoint, Field
from care.domain.happenings import Settled
from care.domain.orders import CallWebhook
from care.rendering import Renderer
from care.store.engine import writing
from care.store.plans import RulebookCache
from tests.builders import CATALOGUE
from tests.integration.sending.shop import RUN, Shop, publish
from tests.integration.store.telling import NOON

SECRET = "a secret that nobody knows"
FIELDS = (
    Field("journey.tier", "choice", choices=("gold", "silver")),
    Field("journey.visits", "number", low=0, high=10, whole=True),
    Field("journey.share", "percent"),
    Field("journey.is_known", "yes/no"),
    Field("journey.since", "date"),
)
SAVE = {field.name: f"customer.{field.name.removeprefix('journey.')}" for field in FIELDS}


class CallingShop:
    """The webhook activity over a real store, with Lan in enrolment ``e_1``."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.shop = Shop(engine, folder, {})
        self.engine = engine
        self._caching = RulebookCache(engine)
        self._renderer = Renderer(folder)
        self._posters: list[Poster] = []
        self.shop.stands(answers={"csat.score": 2.0})

    def knows(self, *urls: str, **endpoints: str) -> None:
        """Publish endpoints: by name, or the one named ``crm``."""
        known = {**({"crm": urls[0]} if urls else {}), **endpoints}
        made = {name: Endpoint(name, url) for name, url in known.items()}
        fields = {field.name: field for field in FIELDS}
        with writing(self.engine) as conn:
            publish(conn, replace(CATALOGUE, fields=fields, endpoints=made))

    def caller(
        self, *allowed: str, look_up: LookUp | None = None, instead: str = "", patience: float = 5
    ) -> WebhookCaller:
        poster = Poster(SECRET, allowed, look_up=look_up, instead=instead)
        self._posters.append(poster)
        return WebhookCaller(self.engine, self._caching, self._renderer, poster, patience)

    def order(self, endpoint: str = "crm", **more: object) -> CallWebhook:
        order = CallWebhook(
            key=f"{RUN}/tell/1:webhook",
            customer=self.shop.lan,
            enrolment=RUN,
            journey="care",
            plan=self.shop.plan.hash,
            step="tell",
            endpoint=endpoint,
            at=NOON,
            expires_at=NOON + timedelta(days=36_500),
        )
        return replace(order, **more)  # type: ignore[arg-type]

    async def call(
        self, url: str, *, allowed: Collection[str] = (), save: Mapping[str, str] | None = None, patience: float = 5
    ) -> Settled:
        """Call one endpoint once."""
        self.knows(url)
        return await run(self.caller(*allowed, patience=patience), self.order(save=save or {}))

    async def close(self) -> None:
        for poster in self._posters:
            await poster.aclose()


async def run(caller: WebhookCaller, order: CallWebhook) -> Settled:
    return await ActivityEnvironment().run(caller.call_webhook, order)
