"""`snapshot` and `verify`: what stands, what has changed, and what can't be proven."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from apim_schema import snapshot
from tests.cli.conftest import Databases
from tests.releases import FIRST, like_the_first

Run = Callable[..., Result]
RunJson = Callable[..., Any]


@pytest.fixture
def before(run: Run, databases: Databases, tmp_path: Path) -> Path:
    """A snapshot of the pair."""
    file = tmp_path / "before.snapshot"
    result = run("snapshot", *databases.options, "-o", file)
    assert result.exit_code == 0, result.stderr
    return file


def edit(file: Path, change: Callable[[Any], object], sign: bool = True) -> None:
    """Changes what a snapshot holds, and its checksum with it unless `sign` is False."""
    document = json.loads(gzip.decompress(file.read_bytes()))
    change(document)
    if sign and "databases" in document:
        told = json.dumps(document["databases"], sort_keys=True)
        document["sha256"] = hashlib.sha256(told.encode()).hexdigest()
    file.write_bytes(gzip.compress(json.dumps(document).encode()))


def without_rows(document: Any) -> None:
    """As if no table had held a row."""
    for name in document["databases"]["apim"]["buckets"]:
        document["databases"]["apim"]["buckets"][name] = []


def test_schema_of_the_recognised_release(run: Run, run_json: RunJson, databases: Databases) -> None:
    document = run_json("verify", *databases.options)
    assert [(e["release"], e["stamped"], e["differences"], e["rows"]) for e in document["databases"]] == [
        (FIRST, None, [], None),
        (like_the_first("postgresql", "shared")[-1], None, [], None),
    ]
    result = run("verify", *databases.options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "matches" in result.stdout


def test_schema_that_differs(run: Run, run_json: RunJson, databases: Databases) -> None:
    run("adopt", *databases.options)
    databases.execute(
        "ALTER TABLE am_api DROP COLUMN api_tier, ADD COLUMN api_tier varchar(255), ADD COLUMN mine integer"
    )
    document = run_json("verify", *databases.options)
    assert document["exit_code"] == 1
    apim, shared = document["databases"]
    assert [(d["class"], d["kind"], d["name"]) for d in apim["differences"]] == [
        ("breaking", "different", "AM_API.API_TIER"),
        ("extra", "extra", "AM_API.MINE"),
    ]
    assert shared["differences"] == []
    text = run("verify", *databases.options).stdout
    assert "apim: breaking drift:\n  different column AM_API.API_TIER: expected VARCHAR(256)" in text


def test_no_release(run: Run, databases: Databases) -> None:
    databases.execute("ALTER TABLE am_api DROP COLUMN api_tier")
    result = run("verify", "--apim-url", databases.apim)
    assert result.exit_code == 3
    assert "apim is no release that we know" in result.stderr


def test_rows_unchanged_over_all_releases(run: Run, run_json: RunJson, databases: Databases, before: Path) -> None:
    assert run("upgrade", "head", *databases.options).exit_code == 0
    document = run_json("verify", *databases.options, "--against", before)
    assert document["exit_code"] == 0
    apim, shared = (entry["rows"] for entry in document["databases"])
    assert (apim["verdict"], apim["rows_compared"], apim["failures"]) == ("proven", 191 * 4, [])
    assert (shared["verdict"], shared["rows_compared"]) == ("proven", 51 * 4)


def test_one_changed_row_is_named(run: Run, run_json: RunJson, databases: Databases, before: Path) -> None:
    run("upgrade", "head", *databases.options)
    databases.execute(
        "UPDATE am_api_operation_policy_mapping SET parameters = set_byte(parameters, 0, 42) "
        "WHERE operation_policy_mapping_id = 2"
    )
    document = run_json("verify", *databases.options, "--against", before)
    assert document["exit_code"] == 1
    (failure,) = document["databases"][0]["rows"]["failures"]
    assert (failure["table"], failure["verdict"]) == ("AM_API_OPERATION_POLICY_MAPPING", "changed")
    assert failure["changed"] == [{"key": {"OPERATION_POLICY_MAPPING_ID": 2}, "columns": None}]
    assert (failure["reason"], failure["added"], failure["missing"], failure["keys"]) == ("1 changed", [], 0, [])
    assert document["databases"][1]["rows"]["verdict"] == "proven"
    assert "OPERATION_POLICY_MAPPING_ID=2" in run("verify", *databases.options, "--against", before).stdout


def test_rows_written_and_removed_are_changes(run_json: RunJson, databases: Databases, before: Path) -> None:
    databases.execute("DELETE FROM um_system_user_role", "shared")
    databases.execute("INSERT INTO am_system_apps (name, consumer_key, consumer_secret, tenant_domain) "
                      "VALUES ('new', 'new', 'new', 'new')")  # fmt: skip
    document = run_json("verify", *databases.options, "--against", before)
    assert document["exit_code"] == 1
    apim, shared = (entry["rows"]["failures"] for entry in document["databases"])
    assert [(f["table"], f["reason"]) for f in apim] == [("AM_SYSTEM_APPS", "4 rows became 5; 1 added")]
    assert [(f["table"], f["rows_before"], f["missing"]) for f in shared] == [("UM_SYSTEM_USER_ROLE", 4, 4)]


def test_no_more_rows_are_named_than_are_asked_for(run_json: RunJson, databases: Databases, before: Path) -> None:
    databases.execute("UPDATE um_user SET um_changed_time = '2001-01-01'", "shared")
    for options, named in ((("--max-rows", "1"), 1), ((), 4)):
        document = run_json("verify", *databases.options, "--against", before, *options)
        (failure,) = document["databases"][1]["rows"]["failures"]
        assert (failure["table"], len(failure["changed"])) == ("UM_USER", named)


def test_dropped_table_and_column(run: Run, run_json: RunJson, databases: Databases, before: Path) -> None:
    run("adopt", *databases.options)
    databases.execute("DROP TABLE am_system_apps")
    databases.execute("ALTER TABLE am_api DROP COLUMN api_tier")
    document = run_json("verify", *databases.options, "--against", before)
    failures = document["databases"][0]["rows"]["failures"]
    assert {(f["table"], f["reason"]) for f in failures} == {
        ("AM_SYSTEM_APPS", "the table is gone"),
        ("AM_API", "column API_TIER is gone"),
    }


def test_other_hash_proves_nothing(run: Run, run_json: RunJson, databases: Databases, before: Path) -> None:
    edit(before, lambda document: document["databases"]["apim"].update(method="md5"))
    document = run_json("verify", *databases.options, "--against", before)
    assert document["exit_code"] == 5
    assert document["databases"][0]["rows"]["verdict"] == "not proven"
    assert "hashed by md5 before" in run("verify", *databases.options, "--against", before).stdout


def test_other_dialect_proves_nothing(run_json: RunJson, databases: Databases, before: Path) -> None:
    edit(before, lambda document: document["databases"]["shared"].update(dialect="mysql"))
    document = run_json("verify", *databases.options, "--against", before)
    assert document["exit_code"] == 5
    assert document["databases"][1]["rows"]["failures"][0]["reason"] == "the snapshot is of a database on mysql"


def test_snapshot_document(run_json: RunJson, databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "file"
    document = run_json("snapshot", *databases.options, "-o", file)
    assert document["file"] == str(file)
    assert [(e["database"], e["release"], e["tables_read"], e["rows_read"]) for e in document["databases"]] == [
        ("apim", FIRST, 191, 764),
        ("shared", like_the_first("postgresql", "shared")[-1], 51, 204),
    ]
    found = snapshot.read(file)["apim"]
    assert (found.release, found.dialect, found.evidence.all_rows) == (FIRST, "postgresql", 764)
    assert found.evidence.tables["AM_API"].columns["API_ID"].generated is not None
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_snapshot_is_not_overwritten(run: Run, databases: Databases, before: Path) -> None:
    content = before.read_bytes()
    result = run("snapshot", *databases.options, "-o", before)
    assert result.exit_code == 2
    assert "is there already: name another file, or say --force" in result.stderr
    assert before.read_bytes() == content
    databases.execute("DELETE FROM am_system_apps")
    assert run("snapshot", *databases.options, "-o", before, "--force").exit_code == 0
    assert snapshot.read(before)["apim"].evidence.all_rows == 760


def test_nothing_is_written_where_one_database_fails(run: Run, databases: Databases, tmp_path: Path) -> None:
    options = ["--apim-url", databases.apim, "--shared-url", f"{databases.shared}_not_there"]
    assert run("snapshot", *options, "-o", tmp_path / "file").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there(run: Run, databases: Databases, tmp_path: Path) -> None:
    result = run("snapshot", *databases.options, "-o", tmp_path / "no" / "file")
    assert result.exit_code == 2
    assert "is no folder: make it first" in result.stderr


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def text(file: Path) -> None:
    file.write_text("no snapshot")


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncated, "is no snapshot, or a damaged one"),
        (text, "is no snapshot, or a damaged one"),
        (flipped, "is no snapshot, or a damaged one"),
        (lambda file: edit(file, lambda d: d.pop("databases")), "is no snapshot, or a damaged one"),
        (lambda file: edit(file, lambda d: d["databases"]["apim"].pop("tables")), "is no snapshot, or a damaged one"),
        (lambda file: edit(file, lambda d: d["databases"]["apim"]["tables"].clear()), "is no snapshot, or a damaged"),
        (lambda file: edit(file, without_rows, sign=False), "is no snapshot, or a damaged one"),
        (lambda file: edit(file, lambda d: d["databases"]["apim"]["buckets"].clear()), "is no snapshot, or a damaged"),
        (lambda file: file.write_bytes(gzip.compress(b"[]")), "is no snapshot, or a damaged one"),
        (lambda file: edit(file, lambda d: d.update(format=99, tool_version="7.0")), "by a newer version, 7.0"),
        (lambda file: edit(file, lambda d: d.update(format=2, tool_version="0.0")), "by an older version, 0.0"),
        (lambda file: edit(file, lambda d: d["databases"].pop("shared")), "has no shared: it has apim"),
        (Path.unlink, "can't read .*: No such file"),
    ],
)
def test_files_that_do_not_serve(
    damage: Callable[[Path], object], message: str, run_json: RunJson, databases: Databases, before: Path
) -> None:
    damage(before)
    document = run_json("verify", *databases.options, "--against", before)
    assert document["exit_code"] == 2
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(document["error"]["message"])


def test_column_of_another_type_is_not_proven(run: Run, run_json: RunJson, databases: Databases, before: Path) -> None:
    """What a number was hashed by does not take a text."""
    run("adopt", *databases.options)
    databases.execute("ALTER TABLE am_subscriber ALTER COLUMN tenant_id TYPE varchar(20)")
    document = run_json("verify", *databases.options, "--against", before, "--database", "apim")
    assert document["exit_code"] == 1  # the schema is not the release's either
    failures = {f["table"]: f for f in document["databases"][0]["rows"]["failures"]}
    assert failures["AM_SUBSCRIBER"]["verdict"] == "not proven"
    assert failures["AM_SUBSCRIBER"]["reason"] == "column TENANT_ID was INTEGER and is VARCHAR(20)"


def test_snapshot_of_an_unknown_release_blames_no_fill(
    run: Run, run_json: RunJson, databases: Databases, tmp_path: Path
) -> None:
    """What 4.3.0 fills its new column with is no change, whether or not the release was known before."""
    databases.execute("ALTER TABLE am_api DROP COLUMN api_tier")
    file = tmp_path / "unknown.snapshot"
    assert run_json("snapshot", *databases.options, "-o", file)["databases"][0]["release"] is None
    databases.execute("ALTER TABLE am_api ADD COLUMN api_tier VARCHAR(256)")
    run("upgrade", "head", *databases.options)
    rows = run_json("verify", *databases.options, "--against", file)["databases"][0]["rows"]
    assert (rows["verdict"], rows["failures"]) == ("proven", [])
