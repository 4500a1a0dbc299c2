"""The rule language of one workspace as JSON Schema, for editors: they complete, explain and check while one writes.

The definitions stand in one file; each kind of rule file has a small one of its own that points there.
"""

import json

from care.domain.catalogue import Catalogue
from care.rulebook.writing.schema_catalogue import catalogue_schema, customer_types_schema
from care.rulebook.writing.schema_examples import promises_schema, tests_schema
from care.rulebook.writing.schema_fields import asked_of, condition, condition_fields, value_of
from care.rulebook.writing.schema_journeys import journey_definitions
from care.rulebook.writing.schema_words import Schema

FOLDER = "schema"
_DRAFT = "http://json-schema.org/draft-07/schema#"
_WORKSPACE = "workspace.json"
_KINDS = ("journey", "catalog", "customer_types", "test", "promises")


def schema_files(catalogue: Catalogue) -> dict[str, str]:
    """The schema files of a workspace by name, as they are to be written."""
    made = {_WORKSPACE: {"$schema": _DRAFT, "definitions": _definitions(catalogue)}}
    for kind in _KINDS:
        made[f"{kind}.json"] = {"$schema": _DRAFT, "$ref": f"{_WORKSPACE}#/definitions/{kind}"}
    return {name: json.dumps(schema, ensure_ascii=False, indent=1) + "\n" for name, schema in made.items()}


def _definitions(catalogue: Catalogue) -> dict[str, Schema]:
    fields = catalogue.fields.values()
    return {
        **{f"test.{field.name}": asked_of(field) for field in fields},
        **{f"value.{field.name}": value_of(field) for field in fields},
        **{name: condition(known, name) for name, known in condition_fields(catalogue).items()},
        **journey_definitions(catalogue),
        "catalog": catalogue_schema(),
        "customer_types": customer_types_schema(catalogue),
        "test": tests_schema(catalogue),
        "promises": promises_schema(catalogue),
    }
