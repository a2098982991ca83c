"""Alembic sees one straight chain a database, whose ids are the releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from apim_schema import chain, flavours
from apim_schema.errors import UsageError

RELEASES = ("4.2.0", "4.3.0", "4.4.0", "4.5.0", "4.6.0", "4.7.0")


@pytest.mark.parametrize("database", chain.DATABASES)
def test_one_base_one_head_and_no_branch(database: str) -> None:
    script = chain.script(database)
    assert script.get_bases() == [RELEASES[0]]
    assert script.get_heads() == [RELEASES[-1]]
    assert chain.releases(database) == RELEASES
    down = {revision.revision: revision.down_revision for revision in script.walk_revisions()}
    assert down == dict(zip(RELEASES, (None, *RELEASES), strict=False))


@pytest.mark.parametrize("database", chain.DATABASES)
def test_a_file_is_named_after_its_release_and_says_what_it_brings(database: str) -> None:
    for revision in chain.script(database).walk_revisions():
        assert Path(revision.path).stem.replace("_", ".") == f"v{revision.revision}"
        assert revision.doc.startswith(f"API Manager {revision.revision}: ")


@pytest.mark.parametrize("wrong", ["4", "4.2", "4.7", "9.9.9", "4.2.0+1", "", "base"])
def test_only_exact_ids_are_taken(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"choose one of 4\.2\.0"):
        chain.check_release("apim", wrong)


def test_head_is_the_newest_release() -> None:
    assert chain.check_release("shared", "head") == RELEASES[-1]


@pytest.mark.parametrize("dialect", flavours.DIALECTS)
def test_texts_that_become_binary_are_known_on_every_dialect(dialect: str) -> None:
    assert chain.texts_to_binary(dialect) >= {
        ("AM_API_OPERATION_POLICY_MAPPING", "PARAMETERS"),
        ("AM_API_POLICY_MAPPING", "PARAMETERS"),
        ("AM_APPLICATION_REGISTRATION", "INPUTS"),
    }
