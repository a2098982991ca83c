"""python -m tests.browser FILE...: pictures of pages beside them, as `make demo` has them made."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.browser import chromium, problem

WIDTHS = {"phone": 390, "laptop": 1280}


def main(files: list[Path]) -> None:
    if told := problem():
        print(f"no pictures of the pages: {told}", file=sys.stderr)
        return
    with chromium() as browser:
        for file in files:
            for name, width in WIDTHS.items():
                browser.open(file, width).screenshot(file.with_name(f"{file.stem}-{name}.png"))
            browser.open(file, WIDTHS["laptop"], 860).screenshot(file.with_name(f"{file.stem}-head.png"), whole=False)
            browser.open(file, WIDTHS["laptop"]).pdf(file.with_suffix(".pdf"))
            print(f"{file}: pictures and PDF are beside it", file=sys.stderr)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
