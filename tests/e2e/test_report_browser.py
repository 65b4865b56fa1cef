"""The report opened in a real browser, from disk: drawn, silent, offline, fit for a phone."""

import os
import shutil

import backtrader as bt
import pytest

from cracktrader.candles.samples import sample_candles
from cracktrader.feeds.candle import CandleFeed
from cracktrader.reports.provenance import RunMeta
from cracktrader.reports.recorder import RunRecorder
from cracktrader.reports.write import write_run

pytestmark = pytest.mark.browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
HOSTILE = (
    "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
)


def missing(reason):
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        missing("playwright is not installed")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing(f"no Chromium was found (looked for {', '.join(PROGRAMS)})")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield started
        started.close()


class Reverse(bt.Strategy):
    """Changes sides every fifty bars in two markets."""

    params = (("note", HOSTILE),)

    def next(self):
        if len(self) % 50 == 0:
            for feed in self.datas:
                size = 0.05 + abs(self.getposition(feed).size)
                way = self.sell if self.getposition(feed).size > 0 else self.buy
                way(feed, size=size).addinfo(reason=HOSTILE)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    candles = sample_candles().take(slice(0, 3000))
    cerebro = bt.Cerebro(stdstats=False)
    for name in ("BTC/USDT", HOSTILE):
        cerebro.adddata(CandleFeed(dataname=candles, ccxt_timeframe="1m"), name=name)
    cerebro.broker.setcommission(0.001)
    cerebro.broker.setcash(10_000)
    cerebro.addstrategy(Reverse)
    cerebro.addanalyzer(RunRecorder)
    (strategy,) = cerebro.run()
    meta = RunMeta.of(strategy, strategy=HOSTILE, currency="USDT")
    return write_run(tmp_path_factory.mktemp("run") / "result", strategy, meta).report


class Visit:
    """An open report, and everything it said or asked for."""

    def __init__(self, browser, report, *, viewport=DESKTOP, scheme="light"):
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, reduced_motion="reduce", accept_downloads=True
        )
        self.page = context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(report.as_uri())
        self.page.locator("#price[data-ready]").wait_for()

    def colours(self, chart):
        """How many different pixels the largest canvas of *chart* has."""
        return self.page.locator(f"{chart} canvas").evaluate_all(
            """canvases => Math.max(...canvases.map(canvas => {
                const {width, height} = canvas;
                const bytes = canvas.getContext('2d').getImageData(0, 0, width, height).data;
                return new Set(new Uint32Array(bytes.buffer)).size;
            }))"""
        )

    def width(self):
        return self.page.evaluate("document.documentElement.scrollWidth")


@pytest.fixture(params=[(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")])
def visit(request, browser, report):
    viewport, scheme = request.param
    opened = Visit(browser, report, viewport=viewport, scheme=scheme)
    yield opened
    opened.page.context.close()


def test_it_is_drawn_silent_and_offline_and_no_wider_than_the_screen(visit, report):
    assert visit.colours("#equity") > 10
    assert visit.colours("#price") > 10
    visit.page.mouse.wheel(0, 20_000)
    assert visit.said == []
    assert visit.asked == [report.as_uri()]
    assert visit.width() == visit.page.viewport_size["width"]


def test_hostile_names_are_shown_and_not_run(visit):
    assert visit.page.title() != "taken"
    assert visit.page.locator("h1").inner_text() == HOSTILE
    assert visit.page.locator("img").count() == 0


def test_choosing_a_trade_moves_the_chart_to_it(visit):
    page = visit.page
    note = page.locator("#trade-note")
    page.get_by_role("button", name="Show trade 4 in the chart").click()
    assert note.inner_text().startswith("Trade 4: ")
    assert page.locator("#trade-list tr[aria-current=true]").get_attribute("data-number") == "4"
    page.get_by_role("button", name="Next trade").click()
    assert note.inner_text().startswith("Trade 5: ")
    assert visit.said == []


@pytest.fixture
def desk(browser, report):
    opened = Visit(browser, report)
    yield opened
    opened.page.context.close()


def first_trade(page):
    return page.locator("#trade-list tbody tr").first.get_attribute("data-number")


def test_the_trade_list_sorts_filters_and_downloads(desk, tmp_path):
    page = desk.page
    page.get_by_role("button", name="Net USDT").click()
    best = first_trade(page)
    head = page.locator("#trade-list th[aria-sort]")
    assert head.get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="Net USDT").click()
    assert first_trade(page) != best
    page.locator("#trade-filter").select_option("open")
    assert page.locator("#trade-list tbody tr").count() == 2
    with page.expect_download() as download:
        page.locator("#trade-csv").click()
    download.value.save_as(tmp_path / "trades.csv")
    lines = (tmp_path / "trades.csv").read_text().splitlines()
    assert lines[0].startswith("number,symbol,side,entry,exit,")
    assert len(lines) == 3
    assert desk.said == []


def test_markets_scales_and_colours_can_be_switched(desk):
    page = desk.page
    page.locator("#instrument").select_option("1")
    page.locator("#equity-log").click()
    assert page.locator("#equity-log").get_attribute("aria-pressed") == "true"
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert desk.colours("#price") > 10
    assert desk.said == []


CONTRAST = """() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parts(getComputedStyle(at).backgroundColor);
      if (a > 0) layers.push([r, g, b, a]);
      if (a === 1) break;
    }
    const blend = (base, [r, g, b, a]) => [r, g, b].map((v, i) => v * a + base[i] * (1 - a));
    return layers.reverse().reduce(blend, [255, 255, 255]);
  };
  const without = 'script, noscript, style, .hidden, .chart, option, button:disabled';
  const isText = (node) => node.nodeType === 3 && node.textContent.trim();
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some(isText)) continue;
    if (element.closest(without) || !element.checkVisibility()) continue;
    const front = light(parts(getComputedStyle(element).color));
    const back = light(behind(element));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const name = `${element.tagName} ${element.className} ${element.textContent.slice(0, 30)}`;
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${name}`);
  }
  return poor;
}"""


def test_every_text_has_enough_contrast(visit):
    assert visit.page.evaluate(CONTRAST) == []
