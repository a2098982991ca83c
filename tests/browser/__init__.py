"""Chromium without a window, for pages that must read well in a real browser: unpacked by `fetch.sh`, or installed.

It is driven by the DevTools protocol over a pair of pipes, so that no port is open and no library is needed:
https://chromedevtools.github.io/devtools-protocol/.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

HOME = Path(__file__).parents[2] / ".browser" / "chromium"
UNPACKED = HOME / "usr" / "lib" / "chromium" / "chromium-headless-shell"
INSTALLED = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none"),
)
LAUNCHER = """\
import fcntl, os, sys
pipes = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for number, pipe in enumerate(pipes, 3):
    os.dup2(pipe, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Puts the pipes where the browser looks for them, on descriptors 3 and 4, whichever they have been."""
FONTS = """\
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir>
<alias><family>system-ui</family><prefer><family>Inter</family><family>DejaVu Sans</family></prefer></alias>
<alias><family>ui-monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>"""
"""The families that a page asks for by what they are."""


def problem() -> str | None:
    """Why there is no browser, None if there is one."""
    return None if _program() else f"no {UNPACKED.relative_to(HOME.parents[1])}: run make .browser/chromium.stamp"


def _program() -> str | None:
    return str(UNPACKED) if UNPACKED.is_file() else next(filter(None, map(shutil.which, INSTALLED)), None)


def _environment(folder: str) -> dict[str, str]:
    """Libraries and fonts of the unpacked packages; its own home, so that nothing of the user's is read or written."""
    own = {"HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder}
    if not UNPACKED.is_file():
        return os.environ | own
    libraries = next((HOME / "usr" / "lib").glob("*-linux-gnu*"))
    fonts = Path(folder) / "fonts.conf"
    fonts.write_text(FONTS.format(fonts=HOME / "usr" / "share" / "fonts", cache=folder))
    return os.environ | own | {
        "LD_LIBRARY_PATH": f"{libraries}:{libraries / 'pulseaudio'}", "FONTCONFIG_FILE": str(fonts)
    }  # fmt: skip


@dataclass
class Page:
    """An open page: what it asked for, what its console said, and what can be asked of it."""

    _browser: Browser
    _session: str
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def screenshot(self, path: Path, whole: bool = True) -> None:
        """Writes a picture of the page, or only of what is in sight."""
        data = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def pdf(self, path: Path) -> None:
        """Prints the page on A4."""
        size = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
        path.write_bytes(base64.b64decode(self._call("Page.printToPDF", printBackground=True, **size)["data"]))

    def media(self, media: str = "", **features: str) -> None:
        """Shows it as on this medium and with these preferences, such as prefers_color_scheme."""
        told = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._call("Emulation.setEmulatedMedia", media=media, features=told)

    def _call(self, method: str, **parameters: Any) -> Any:
        return self._browser.call(method, self._session, **parameters)


class Browser:
    """A running Chromium."""

    def __init__(self, out: IO[bytes], back: IO[bytes]) -> None:
        self._out, self._back, self._number = out, back, 0
        self._pages: dict[str, Page] = {}
        self._waiting: list[dict[str, Any]] = []

    def open(self, path: Path, width: int, height: int = 900, scale: float = 1, **features: str) -> Page:
        """Opens a file in a window of this many CSS pixels and waits until it has loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", session, **size)
        page.media(**features)
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable", session)
        self.call("Page.navigate", session, url=path.resolve().as_uri())
        self._wait_for("Page.loadEventFired", session)
        page.evaluate("document.fonts.ready.then(() => 0)")
        return page

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._out.write(json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        self._out.flush()
        while (answer := self._read()).get("id") != self._number:
            self._waiting.append(answer)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _wait_for(self, event: str, session: str) -> None:
        while not any(m.get("method") == event and m.get("sessionId") == session for m in self._waiting):
            self._waiting.append(self._read())
        self._waiting.clear()

    def _read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._back.read(1)) not in (b"\0", b""):
            message += byte
        assert byte, "the browser has ended"
        found: dict[str, Any] = json.loads(message)
        self._note(found)
        return found

    def _note(self, message: dict[str, Any]) -> None:
        """Keeps what a page asks for and what is wrong with it, whenever that is told."""
        page, told = self._pages.get(message.get("sessionId", "")), message.get("params", {})
        if page is None:
            return
        if message.get("method") == "Network.requestWillBeSent":
            page.requests.append(told["request"]["url"])
        elif message.get("method") in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            page.console.append(json.dumps(told))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Starts a browser and ends it."""
    program = _program()
    assert program, problem()
    (their_in, out), (back, their_out) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(their_in), str(their_out), program, *OPTIONS,
             f"--user-data-dir={folder}"],
            pass_fds=(their_in, their_out), env=_environment(folder), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(their_in)
        os.close(their_out)
        with os.fdopen(out, "wb") as writer, os.fdopen(back, "rb") as reader:
            browser = Browser(writer, reader)
            try:
                yield browser
                browser.call("Browser.close")
            finally:
                process.kill()
                process.wait()
