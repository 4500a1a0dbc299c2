"""What all tables are made of."""

from sqlalchemy import JSON, BigInteger, Column, Integer, MetaData, String

from care.store.columns import Utc

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

NUMBER = BigInteger().with_variant(Integer, "sqlite")
PLAIN = JSON(none_as_null=True)


def word(name: str) -> Column[str]:
    """A text that is always there, if only empty."""
    return Column(name, String, nullable=False, default="")


def moment(name: str, *, known: bool = False) -> Column[object]:
    """An instant in UTC; ``known`` when it is always there."""
    return Column(name, Utc, nullable=not known)
