"""The rest of a product upgrade: what is to be done for the releases passed, and what a deployment.toml has of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apim_schema import product, toml
from tests.cli.conftest import Databases
from tests.releases import RELEASES

RunJson = Callable[..., Any]

OLD = """\
[apim.token.revocation]
notifier_impl = "org.wso2.carbon.apimgt.keymgt.events.TokenRevocationNotifierImpl"
[apim.key_manager]
enable_apikey_subscription_validation = true
[integration.transaction_counter]
enable = true
[apim.ai]
endpoint = "https://dev-tools.example"
token = "s3cret"
[apim.analytics]
auth_token = "s3cret"
[indexing]
re_indexing = 3
"""


def file(tmp_path: Path, text: str) -> toml.File:
    path = tmp_path / "deployment.toml"
    path.write_text(text)
    return toml.read(path, "")


def problems(tmp_path: Path, text: str, *releases: str) -> list[str]:
    return [finding.problem for finding in product.examine(file(tmp_path, text), releases)]


@pytest.mark.parametrize(
    ("release", "told"),
    [
        ("4.3.0", ["notifier_impl of "]),
        ("4.4.0", ["enable_apikey_subscription_validation", "[integration.transaction_counter]", "[apim.ai] endpoint"]),
        ("4.5.0", ["[apim.ai] token"]),
        ("4.6.0", ["[apim.analytics] auth_token"]),
        ("4.7.0", ["does not say how secrets are encrypted"]),
    ],
)
def test_a_file_is_told_what_a_release_has_no_more(release: str, told: list[str], tmp_path: Path) -> None:
    found = problems(tmp_path, OLD, release)
    assert len(found) == len(told) + 1
    for words, problem in zip(told, found, strict=False):
        assert words in problem
        assert release in problem
    assert "re_indexing in [indexing]" in found[-1]
    assert not any("s3cret" in problem for problem in found)


def test_the_line_is_named(tmp_path: Path) -> None:
    assert any("(line 4)" in problem for problem in problems(tmp_path, OLD, "4.4.0"))


NEW = """\
[apim.token.revocation]
notifier_impl = "org.wso2.carbon.apimgt.notification.TokenRevocationNotifierImpl"
[apim.key_manager]
enable_lightweight_apikey_generation = true
[apim.transaction_counter]
enable = true
[apim.ai]
key = "s3cret"
[apim.analytics]
type = "moesif"
"""


def test_a_new_file_is_told_nothing(tmp_path: Path) -> None:
    assert problems(tmp_path, NEW, "4.3.0", "4.4.0", "4.5.0", "4.6.0") == []


@pytest.mark.parametrize(
    "kept",
    [
        '[system.parameter]\n"org.wso2.CipherTransformation" = "RSA/ECB/OAEPwithSHA1andMGF1Padding"\n',
        "[system.parameter.org.wso2]\nCipherTransformation = 'RSA'\n",
    ],
)
def test_a_file_that_keeps_the_old_encryption_is_told_nothing_of_it(kept: str, tmp_path: Path) -> None:
    assert problems(tmp_path, kept, "4.7.0") == []


def test_tasks_are_of_the_releases_passed() -> None:
    every = {task.release for task in product.tasks(RELEASES[1:])}
    assert every >= {"", "4.3.0", "4.7.0"}
    assert {task.release for task in product.tasks(("4.4.0",))} == {"", "4.4.0"}
    assert [task.part for task in product.tasks(RELEASES)] == sorted(
        (task.part for task in product.tasks(RELEASES)), key=product.PARTS.index
    )


def test_of_a_release_that_nothing_is_known_of_that_is_said() -> None:
    assert any("Nothing is known here" in task.text for task in product.tasks(("9.9.9",)))
    assert "no date is known" in str(product.age("9.9.9", {}, date(2026, 1, 1)))


@pytest.mark.parametrize(
    ("until", "soon", "told"),
    [
        (None, False, "4.4.0, published 2024-10-25 (1 year 2 months ago)"),
        (date(2026, 1, 31), True, "supported until 2026-01-31 (30 days left)"),
        (date(2028, 1, 1), False, "supported until 2028-01-01 (2 years left)"),
        (date(2025, 12, 31), True, "support ended 2025-12-31 (1 day ago)"),
    ],
)
def test_the_age_of_a_release(until: date | None, soon: bool, told: str) -> None:
    found = product.age("4.4.0", {"4.4.0": until} if until else {}, date(2026, 1, 1))
    assert (found.soon, told in str(found)) == (soon, True), str(found)


def test_plan_looks_at_the_deployment_toml_that_names_the_databases(
    run_json: RunJson, databases: Databases, tmp_path: Path
) -> None:
    tables = "".join(
        f'[database.{name}]\ntype = "postgre"\nurl = "{jdbc(url)}"\nusername = "postgres"\npassword = "x"\n'
        for name, url in (("apim_db", databases.apim), ("shared_db", databases.shared))
    )
    path = tmp_path / "deployment.toml"
    path.write_text(OLD + tables)
    (apim, _) = run_json("plan", "--deployment-toml", path)["databases"]
    found = [finding["problem"] for finding in apim["findings"]]
    assert any(f"[apim.ai] token of {path} (line 9) is called key from 4.5.0 on" in problem for problem in found)
    (tmp_path / "environments.toml").write_text(f'[prod]\ndeployment_toml = "{path}"\n')
    (apim, _) = run_json("plan", "--env", "prod", "--environments", tmp_path / "environments.toml")["databases"]
    assert [finding["problem"] for finding in apim["findings"]] == found


def jdbc(url: str) -> str:
    return "jdbc:postgresql://" + url.partition("@")[2]
