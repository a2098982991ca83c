"""The published schemas of the JSON documents, and what holds a document against its own."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from apim_schema.cli import documents

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"


@cache
def checker(verb: documents.Verb) -> jsonschema.Draft202012Validator:
    """Checks a verb's documents as a reader would who has no more than the file."""
    schema = json.loads((FOLDER / documents.file_name(verb)).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def validate(document: Any) -> None:
    """Raises ValidationError for a document that is not as the schema of its verb says."""
    checker(document["verb"]).validate(document)
