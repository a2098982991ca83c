"""The page, in Chromium: nothing is cut off, fetched or run, whatever the names in the database are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from apim_schema import legible
from apim_schema.cli import main
from tests import browser
from tests.browser import Browser, Page
from tests.conformance.site import Site, site
from tests.releases import HEAD
from tests.servers import Server

WIDTHS = (360, 390, 768, 1280, 1920)
SCRIPT = "<script>alert(1)</script>"
IMAGE = "<img src='https://example.org/x' onerror='alert(2)'>"
RIGHT_TO_LEFT = "\u202e\u05d8\u05d1\u05dc\u05d4 \u0627\u0644\u0639\u0645\u0644\u0627\u0621"
LONG = "W" * 63
NAMES = (SCRIPT, IMAGE, RIGHT_TO_LEFT, LONG, "{{ 7 * 7 }}", "'\"&amp;</style></title>")

CUT_OFF = """[...document.querySelectorAll("body, body *")].filter(e => {
  const box = e.getBoundingClientRect();
  const inside = box.left >= -1 && box.right <= document.documentElement.clientWidth + 1;
  const whole = e.namespaceURI.endsWith("svg") || getComputedStyle(e).display.startsWith("inline")
    || e.scrollWidth <= e.clientWidth + 1;
  return box.width && !(inside && whole);
}).map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 80))"""
"""The elements that reach out of the window, or whose content reaches out of them."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if problem := browser.problem():
        pytest.skip(problem)
    with browser.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def customer(postgresql: Server) -> Iterator[Site]:
    """A database with names that no page should trust, and with what preflight forbids."""
    with site(postgresql, "apim", "4.5.0") as customer:
        for number, name in enumerate(NAMES):
            quoted = '"' + name.replace('"', '""') + '"'
            customer.execute(f"CREATE TABLE {quoted} ({quoted} INTEGER)")
            customer.execute(f"INSERT INTO {quoted} SELECT generate_series(1, {10 ** (number % 4)})")
        customer.execute("ALTER TABLE am_api ALTER COLUMN api_name TYPE varchar(999)")
        customer.execute("ANALYZE")
        yield customer


@pytest.fixture(scope="module")
def pages(customer: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of a plan, of one that is forbidden, of an upgrade that fails, and of one that is done."""
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name}.html" for name in ("plan", "forbidden", "failed", "done")}
    toml = folder / "deployment.toml"
    toml.write_text(f'[apim.ai]\ntoken = "{SCRIPT}"\nendpoint = "x"\n[indexing]\nre_indexing = 1\n')
    assert apim_schema(customer, "plan", "--html", files["plan"]).exit_code == 0
    row = "SELECT api_uuid, %s, %s, '', 'carbon.super' FROM am_api LIMIT 1"
    insert = "INSERT INTO am_api_endpoints (api_uuid, endpoint_uuid, endpoint_name, endpoint_config, organization) "
    with customer.connection() as connection:
        connection.exec_driver_sql(insert + row, (SCRIPT * 5, IMAGE + LONG * 3))
    assert apim_schema(customer, "plan", "--html", files["forbidden"]).exit_code == 1
    assert apim_schema(customer, "upgrade", "head", "--report", files["failed"]).exit_code == 3
    customer.execute("DELETE FROM am_api_endpoints WHERE length(endpoint_uuid) > 100")
    assert apim_schema(customer, "upgrade", "head", "--report", files["done"]).exit_code == 0
    return files


def apim_schema(customer: Site, verb: str, *options: object) -> Result:
    return CliRunner().invoke(main, [verb, "--apim-url", customer.url, *map(str, options)])


@pytest.mark.parametrize("name", ["plan", "forbidden", "failed", "done"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_fetched_or_run(
    name: str, scheme: str, width: int, pages: dict[str, Path], chromium: Browser
) -> None:
    page = chromium.open(pages[name], width, prefers_color_scheme=scheme)
    for opened in (False, True):
        page.evaluate(f"document.querySelectorAll('details').forEach(e => e.open = {str(opened).lower()})")
        assert cut_off(page) == []
    assert page.requests == [pages[name].as_uri()]
    assert page.console == []
    assert page.evaluate("document.querySelectorAll('script, img, link, iframe, object').length") == 0


@pytest.mark.parametrize("name", ["plan", "done"])
def test_it_prints_with_every_statement_in_sight(name: str, pages: dict[str, Path], chromium: Browser) -> None:
    page = chromium.open(pages[name], 720)
    page.media("print")
    assert cut_off(page) == []
    hidden = "[...document.querySelectorAll('.st pre')].filter(e => !e.checkVisibility({contentVisibilityAuto: true}))"
    assert page.evaluate("document.querySelectorAll('.st pre').length") > 10
    assert page.evaluate(f"{hidden}.length") == 0


def test_names_are_shown_as_they_are(pages: dict[str, Path], chromium: Browser) -> None:
    """But for what nobody sees: the mark that turns the direction of writing is shown as an escape."""
    page = chromium.open(pages["plan"], 1280)
    shown = page.evaluate("[...document.querySelectorAll('bdi')].map(e => e.textContent.toUpperCase())")
    for name in NAMES:
        assert any(legible.line(name).upper() in text for text in shown), name


def test_drift_has_its_class_and_the_reason(pages: dict[str, Path], chromium: Browser) -> None:
    for name in ("plan", "done"):
        page = chromium.open(pages[name], 1280)
        rows = page.evaluate("[...document.querySelectorAll('tr')].map(e => e.innerText.replaceAll(/\\s+/g, ' '))")
        (found,) = [row for row in rows if "AM_API.API_NAME" in row]
        assert "harmless VARCHAR(256)" in found
        assert "VARCHAR(999)" in found


def test_what_would_be_cut_off_is_found(pages: dict[str, Path], chromium: Browser) -> None:
    """The check itself: one line that may not break, one box that is too narrow, one picture from elsewhere."""
    page = chromium.open(pages["plan"], 390)
    page.evaluate("document.querySelector('.says').style.whiteSpace = 'nowrap'")
    assert any(found.startswith("P.says") for found in cut_off(page))
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://example.org/x.png'}))")
    page.evaluate("new Promise(resolve => setTimeout(resolve, 100))")
    assert page.console != []


def test_the_head_says_how_it_stands(pages: dict[str, Path], chromium: Browser) -> None:
    """On a laptop's screen, without a scroll."""
    told = {
        "plan": "Nothing stands in the way",
        "forbidden": "It must not run yet",
        "failed": "It has failed",
        "done": f"Done: the schema is {HEAD}",
    }
    for name, words in told.items():
        page = chromium.open(pages[name], 1280, 800)
        assert words in page.evaluate("document.querySelector('.verdict').textContent")
        for part in (".verdict", ".figures"):
            assert page.evaluate(f"document.querySelector('{part}').getBoundingClientRect().bottom") < 800


def test_after_an_upgrade_it_has_what_each_statement_took(pages: dict[str, Path], chromium: Browser) -> None:
    page = chromium.open(pages["done"], 1280)
    times = page.evaluate("[...document.querySelectorAll('.st .time')].map(e => e.textContent.trim())")
    assert len(times) > 10
    assert all(time.endswith(("ms", "s")) for time in times)
    widths = page.evaluate("[...document.querySelectorAll('.timeline rect')].map(e => +e.getAttribute('width'))")
    assert 99 < sum(widths) < 103
    rows = page.evaluate("[...document.querySelectorAll('td.drawn .bar i')].map(e => parseFloat(e.style.width))")
    assert max(rows) == 100
    assert "AM_API" in page.evaluate(
        "document.getElementById('apim-rows').nextElementSibling.nextElementSibling.textContent"
    )


def cut_off(page: Page) -> list[str]:
    found: list[str] = page.evaluate(CUT_OFF)
    return found
