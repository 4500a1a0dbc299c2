"""A small installation to back up: one customer of whom much was heard, and folders beside the store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from care.settings import Settings, load_settings
from care.store import inbox, plans, schema
from care.store.engine import migrate, open_store, reading, writing
from tests.builders import MONDAY_10, Story
from tests.integration.store.inside import a_draft
from tests.integration.store.telling import EMAIL, LAN, PHONE, an_event

DAY = timedelta(days=1)


@contextmanager
def silent(_title: str, _total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda _count: None


def settings_in(folder: Path, **more: Any) -> Settings:
    places = {"rules_dir": folder / "rules", "templates_dir": folder / "templates", "data_dir": folder / "data"}
    return load_settings(durable=False, **{**places, **more})


def an_installation(folder: Path, story: Story, **more: Any) -> Settings:
    """A store in which Lan bought on Monday and nobody has decided that yet."""
    settings = settings_in(folder, **more)
    for path in (settings.rules_dir / "journeys" / "care.yaml", settings.templates_dir / "email" / "hello.vi.txt"):
        path.parent.mkdir(parents=True)
        path.write_text(path.name)
    settings.data_dir.mkdir(exist_ok=True)
    (settings.data_dir / "secret.key").write_text("a secret of the shop\n")
    (settings.data_dir / "api.key").write_text("a key of the API\n")
    engine = open_store(settings.database_url, durable=False)
    migrate(engine)
    with writing(engine) as conn:
        plans.publish(conn, a_draft(*(walked.plan for walked in story.rulebook.entering.values())))
        for number, scripted in enumerate(story.script):
            event = scripted.event
            order = {"id": event.order_id, "total": 5_000_000} if event.order_id else None
            who = {"id": LAN, "email": EMAIL, "phone": PHONE, "timezone": story.person.zone}
            told = an_event(event.type, customer=who, order=order, data=dict(event.data))
            inbox.accept(conn, told.model_copy(update={"time": scripted.at, "id": f"told-{number}"}), MONDAY_10)
    engine.dispose()
    return settings


def messages(engine: Engine) -> list[tuple[str, str]]:
    """What became of every message, in the order they were claimed."""
    claims = schema.claims.c
    with reading(engine) as conn:
        return [
            (row.template, row.phase) for row in conn.execute(select(claims.template, claims.phase).order_by(claims.at))
        ]
