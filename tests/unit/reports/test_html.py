"""The report is one safe, self-contained, repeatable file."""

import html.parser
import json
import re

import pytest
from tests.unit.reports.runs import (
    DAY,
    make_fill,
    make_instrument,
    make_order,
    make_result,
    run_strategy,
)

from cracktrader.reports.html import embed_json, render_html
from cracktrader.reports.metrics import compute
from cracktrader.reports.provenance import RunMeta
from cracktrader.reports.result import RunResult

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u2028"


def page_of(result):
    return render_html(result, compute(result))


class Elements(html.parser.HTMLParser):
    """Every start tag with its attributes, and the text of scripts."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def page(result):
    return page_of(result)


def test_the_same_result_gives_the_same_page(page, tmp_path, result):
    again = RunResult.from_recorder(
        run_strategy().analyzers.recorder, RunMeta.of(run_strategy(bars=30), currency="USDT")
    )
    assert page_of(again) == page
    assert page_of(RunResult.load(result.save(tmp_path / "run"))) == page


def test_it_asks_nothing_of_the_network(page):
    for tag, attributes in Elements(page).tags:
        assert "src" not in attributes, tag
        if tag == "link":
            assert attributes["href"] == "data:,"
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_only_our_scripts_may_run(page):
    policy = next(
        attributes["content"]
        for tag, attributes in Elements(page).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-\S+' 'sha256-\S+';", policy)
    assert sum(tag == "script" for tag, _ in Elements(page).tags) == 3


def test_hostile_text_stays_text():
    meta = RunMeta(
        strategy=HOSTILE,
        mode=HOSTILE,
        currency=HOSTILE,
        params={HOSTILE: HOSTILE},
        assumptions={HOSTILE: HOSTILE},
        versions={HOSTILE: HOSTILE},
        warnings=(HOSTILE,),
        code_hash=HOSTILE,
    )
    fills = (
        make_fill(opened=1.0, symbol=HOSTILE),
        make_fill(closed=-1.0, at=1, symbol=HOSTILE, order=2),
    )
    orders = (
        make_order(1, reason=HOSTILE, symbol=HOSTILE),
        make_order(2, reason=HOSTILE, status=HOSTILE, type=HOSTILE),
        make_order(3, reason=HOSTILE, filled=0.0),
    )
    instrument = make_instrument(symbol=HOSTILE, market=HOSTILE, timeframe=HOSTILE)
    page = page_of(make_result(meta=meta, fills=fills, orders=orders, instruments=(instrument,)))
    elements = Elements(page)
    assert sum(tag == "script" for tag, _ in elements.tags) == 3
    assert not any(tag == "img" for tag, _ in elements.tags)
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)
    assert "<script>alert" not in page


def test_embedded_json_survives_and_cannot_end_its_element():
    value = {"a": HOSTILE, "b": "<!--\u2029"}
    text = embed_json(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_the_verdict_the_warnings_and_the_basis_are_in_the_page(page, result):
    for words in ("Verdict", "Buy &amp; hold", "Before you believe it", "Monthly returns"):
        assert words in page
    assert result.run_id in page
    assert result.data_hash in page
    assert result.config_hash in page
    assert "https://www.tradingview.com/" in page


def test_months_are_coloured_by_size_and_years_added_up():
    values = [10_000.0 * 1.001**n for n in range(31)] + [9_000.0] * 30
    page = page_of(make_result(values, step=DAY))
    cells = re.findall(r'<td data-step="(-?\d)"( class="sum")?>([^<]*)</td>', page)
    steps = [int(step) for step, _, text in cells if text]
    assert steps == [1, -5, 0]
    assert cells[-1][2] == "\u221210.0\u00a0%"


@pytest.mark.parametrize(
    "result",
    [
        make_result([]),
        make_result(),
        make_result([0.0, -1.0]),
        make_result(instruments=(make_instrument(), make_instrument(symbol="ETH/USDT"))),
        make_result(fills=(make_fill(opened=1.0),), orders=(make_order(),)),
    ],
    ids=["no bars", "no candles", "ruined", "two markets", "no closed trade"],
)
def test_thin_results_have_a_page_too(result):
    page = page_of(result)
    assert "Verdict" in page
    assert not re.search(
        r"\b(?:nan|inf|None)\b", page[page.index("<body>") : page.index("<script")]
    )
