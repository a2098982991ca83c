"""The demo, as one would start it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apim_schema.demo import server
from tests import picture, schemas
from tests.cli.test_upgrade import heed_ctrl_c
from tests.releases import FIRST, after

COMMAND = [sys.executable, "-c", "from apim_schema.cli import main; main()", "demo"]

PICTURE = Path(__file__).parents[2] / "docs" / "demo.svg"


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """One demo at a time, whichever worker runs it: what it leaves behind is looked for where all of them work."""
    with (Path(tempfile.gettempdir()) / f"apim-schema-tests-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def left() -> set[Path]:
    return set(Path("/tmp").glob("apim-schema-demo-*"))


def shape(text: str) -> list[str]:
    """Lines without what differs by the run or the newest release: seconds, statements, how wide a column is."""
    varies = rf"{'|'.join(map(re.escape, after(FIRST)))}|\b\d+\.\d\b(?!\.)|(?<![\d,.])\d{{1,3}}(?![\d,.])"
    return [" ".join(re.sub(varies, "#", line).split()) for line in text.splitlines()]


def test_demo_tells_the_whole_story(tmp_path: Path) -> None:
    before = left()
    command = [*COMMAND, "--format", "json", "--pages", str(tmp_path / "pages")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    assert (done.returncode, document["exit_code"]) == (0, 0), done.stderr
    schemas.validate(document)
    assert [step["exit_code"] for step in document["steps"]] == [0, 0, 0, 0, 0, 1, 0]
    assert "$ apim-schema upgrade head --env demo" in done.stderr
    assert "OPERATION_POLICY_MAPPING_ID=2" in done.stderr
    assert "300,764 rows" in done.stderr
    assert left() <= before
    assert "Nothing stands in the way" in (tmp_path / "pages" / "review.html").read_text()
    assert "Done: the schema is" in (tmp_path / "pages" / "report.html").read_text()
    drawn = picture.lines(PICTURE.read_text(encoding="utf-8"))
    assert len(drawn) > 30
    assert " ".join(shape("\n".join(drawn))) in " ".join(shape(done.stderr))


def test_the_picture_stands_alone() -> None:
    """It needs no network and no font, and names no folder of the machine that it was made on."""
    text = PICTURE.read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org/|www\.textualize\.io)|@font-face|/(?:tmp|home|root)\b", text)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.kill)])
def test_stopped_demo_leaves_nothing(number: signal.Signals) -> None:
    before = left()
    process = subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("$ apim-schema snapshot"):
            break
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert left() <= before


def test_story_that_does_not_hold_is_said() -> None:
    """A change that changes nothing is not caught, and the demo says so."""
    program = (
        "from apim_schema.demo import story; story.CHANGE = 'SELECT 1'; story.BULK = {}\n"
        "from apim_schema.cli import main; main(['demo'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The demo failed" in done.stdout


def test_copied_binaries_run(tmp_path: Path) -> None:
    """Root's checkout may lie in a home that the server's account can't enter: then the binaries are copied."""
    copied = server._copied(server._binaries(), tmp_path)
    assert copied.is_relative_to(tmp_path)
    done = subprocess.run([copied / "initdb", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL" in done.stdout
