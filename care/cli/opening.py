"""Opening what the commands read: the settings and the store."""

from pathlib import Path
from typing import TYPE_CHECKING

from care.domain.errors import CareError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Engine

    from care.settings import Settings


class NoStoreError(CareError):
    """There is no store; the message says how to make one."""


def existing_store(settings: "Settings") -> "Engine":
    """The store, opened; it is not made when it is not there.

    Raises:
        NoStoreError: The SQLite file does not exist, or there are no tables in the database.
        StoreUnavailable: The database does not answer.
    """
    from sqlalchemy import inspect, make_url

    from care.store.engine import open_store, reading

    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise NoStoreError(
            f"there is no store at {url.database!r}; start Aftercare with 'care up', "
            "or set CARE_DATA_DIR or CARE_DATABASE_URL to where it is"
        )
    engine = open_store(settings.database_url, durable=settings.durable)
    with reading(engine) as conn:
        if not inspect(conn).has_table("customers"):
            raise NoStoreError("the store is empty; start Aftercare with 'care up', which makes its tables")
    return engine


def company_zone(conn: "Connection") -> "ZoneInfo":
    """The company's zone by the published catalogue; UTC before the first publication."""
    from care.domain.timing import zone_of
    from care.store import plans

    publication = plans.latest(conn)
    return zone_of(publication.catalogue.company.timezone if publication else "UTC", "UTC")
