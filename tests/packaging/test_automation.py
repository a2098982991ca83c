"""The Dockerfile, the Job and the workflow of the docs, held against the files, options and settings that there are.

No engine builds or runs them here.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from apim_schema.cli import main
from apim_schema.errors import Exit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
CONTAINERS, PULL_REQUESTS = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("containers", "pull-requests"))
DOCKERFILE = re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def documents(page: str) -> list[Any]:
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return list(yaml.safe_load_all(block))


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def understood(arguments: list[str]) -> dict[str, Any]:
    """The values of the options, once the command line has taken all arguments; nothing is run, no log is begun."""
    name, *rest = arguments
    verb = main.commands[name]
    context = verb.make_context(name, [argument for argument in rest if not argument.startswith("--log-file=")])
    values, _, _ = verb.make_parser(click.Context(verb)).parse_args(rest)
    assert context.params
    return {option.opts[0]: values.get(option.name or "") for option in verb.params}


def test_the_image_is_made_of_what_the_wheel_needs() -> None:
    (own, *folders), (between,) = (
        [found.split() for found in instructions("COPY") if found.startswith("--from") == staged]
        for staged in (False, True)
    )
    copied = {*own[:-1], *(source for source, _ in folders)}
    assert all((ROOT / source).exists() for source in copied)
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["only-include"], *wheel["force-include"], PROJECT["project"]["readme"], "pyproject.toml"}
    assert {Path(name).parts[0] for name in needed | {*PROJECT["project"]["license-files"]}} == copied
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == copied
    assert between == ["--from=build", "/opt/apim-schema", "/opt/apim-schema"]


def test_the_image_has_every_driver_and_is_not_root() -> None:
    (extras,) = re.findall(r"pip install .*'\.\[(.*)\]'", DOCKERFILE)
    assert set(extras.split(",")) == {"mysql", "postgresql", "oracle", "mssql"}
    assert {"libodbc2", "tdsodbc"} <= set(DOCKERFILE.split())  # pyodbc brings neither
    assert instructions("ENTRYPOINT") == ['["apim-schema"]']
    assert int(instructions("USER")[-1]) > 0
    assert instructions("STOPSIGNAL") == ["SIGINT"]
    assert len(set(instructions("FROM"))) == 2  # one base: a virtual environment is tied to its Python
    assert len({found.split()[0] for found in instructions("FROM")}) == 1


def test_the_job() -> None:
    configured, job = documents(CONTAINERS)
    spec, (container,) = job["spec"]["template"]["spec"], job["spec"]["template"]["spec"]["containers"]
    assert (job["spec"]["backoffLimit"], spec["restartPolicy"]) == (0, "Never")
    assert job["spec"]["activeDeadlineSeconds"] > spec["terminationGracePeriodSeconds"] > 30
    assert str(spec["securityContext"]["fsGroup"]) == instructions("USER")[-1]
    mounted = {Path(mount["mountPath"]) for mount in container["volumeMounts"]}
    parameters = understood(container["args"])
    environments = tomllib.loads(configured["data"][Path(parameters["--environments"]).name])
    assert set(environments) == set(parameters["--env"])
    assert {Path(parameters[name]).parent for name in ("--report", "--log-file")} <= mounted
    settings = [table for env in environments.values() for table in env.values()]
    variables = {found["name"]: found["valueFrom"]["secretKeyRef"]["key"] for found in container["env"]}
    assert {table["password_env"] for table in settings} == set(variables)
    assert not any(re.search(r"://[^/]*:[^/]*@", table["url"]) for table in settings)
    (secret,) = re.findall(r"kubectl create secret generic (.*)", CONTAINERS)
    assert set(re.findall(r"--from-file=(\w+)=", secret)) == set(variables.values())
    assert Path(parameters["--environments"]).parent in mounted


def test_every_exit_code_of_an_upgrade_is_told_of_the_job() -> None:
    listed = re.findall(r"^\| ([\d, ]+) \| (?:Complete|Failed)", CONTAINERS, re.MULTILINE)
    codes = {int(code) for line in listed for code in line.split(",")}
    assert codes == {*map(int, Exit), 128 + 9}


def test_the_workflow() -> None:
    (workflow,) = documents(PULL_REQUESTS)
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    (job,) = workflow["jobs"].values()
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", name) for name in used)
    scripts = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    (command,) = re.findall(r"^apim-schema (.*?) > plan.txt", scripts, re.MULTILINE)
    assert understood(shlex.split(command))["--html"] == "review.html"
    assert "${{" not in scripts  # an expression in a script is code that an author of a pull request may write
    assert not re.search(r"--(apim|shared)-url", scripts)


@pytest.mark.parametrize("page", [CONTAINERS, PULL_REQUESTS], ids=["containers", "pull-requests"])
def test_commands_in_the_image_are_understood(page: str) -> None:
    flat = page.replace("\\\n", " ")
    for command in re.findall(r"^docker run .*?registry\.example/apim-schema:\S+ (.*)$", flat, re.MULTILINE):
        understood(shlex.split(command))
