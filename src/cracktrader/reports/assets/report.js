"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;
  const charts = [];
  const PAGE = matchMedia("(max-width: 640px)").matches ? 10 : 100;
  const PIXELS_PER_TRADE = 8; // closer together, markers hide the candles
  const trades = figures.trips.map((row) => Object.fromEntries(figures.trip_columns.map((name, i) => [name, row[i]])));
  let shown = trades;

  /* ---------- words ---------- */
  const formats = new Map();
  function number(value, digits, sign) {
    if (value === null || value === undefined) return "–";
    const key = `${digits}${sign}`;
    if (!formats.has(key)) {
      formats.set(key, new Intl.NumberFormat("en-US", {
        minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: sign ? "exceptZero" : "negative",
      }));
    }
    return formats.get(key).format(value).replace("-", "−");
  }
  const percent = (value, sign) => (value === null ? "–" : `${number(value * 100, 2, sign)} %`);
  const money = (value) => number(value, value !== 0 && Math.abs(value) < 1 ? smallDigits(value) : 2, true);
  const smallDigits = (value) => Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(value)))));
  const amount = (value) => (value === null ? "–" : Number(value.toPrecision(8)).toLocaleString("en-US", { maximumFractionDigits: 10 }));
  const moment = (seconds) => (seconds === null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " "));
  const digitsOf = (trade) => figures.instruments[trade.instrument].digits;
  const stateOf = (trade) => (trade.exit === null ? "open" : trade.pnl > 0 ? "won" : "lost");

  /* ---------- colours ---------- */
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const tint = (name, alpha) => `rgba(${colour(name).split(" ").join(",")},${alpha})`;
  function layout() {
    const line = colour("--line");
    return {
      layout: {
        background: { type: "solid", color: colour("--card") }, textColor: colour("--quiet"), attributionLogo: true,
        fontFamily: getComputedStyle(document.body).fontFamily, panes: { separatorColor: line, enableResize: false },
      },
      grid: { vertLines: { color: colour("--soft") }, horzLines: { color: colour("--soft") } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    };
  }
  function repaint() {
    for (const chart of charts) { chart.api.applyOptions(layout()); chart.paint(); }
  }
  function setTheme(name) {
    if (name === "auto") root.removeAttribute("data-theme"); else root.dataset.theme = name;
    for (const button of document.querySelectorAll(".theme button")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === name));
    }
    repaint();
  }
  for (const button of document.querySelectorAll(".theme button")) {
    button.addEventListener("click", () => setTheme(button.dataset.theme));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  /* ---------- charts ---------- */
  const LW = window.LightweightCharts;
  function makeChart(element) {
    return LW.createChart(element, {
      autoSize: true,
      ...layout(),
      timeScale: {
        ...layout().timeScale, minBarSpacing: 0.001, enableConflation: true, timeVisible: true, secondsVisible: false,
      },
      localization: { locale: "en-US", timeFormatter: (time) => `${moment(time)} UTC` },
      handleScroll: { vertTouchDrag: false },
      crosshair: { mode: LW.CrosshairMode.Normal },
    });
  }
  function done(element) { element.dataset.ready = "true"; }

  function drawEquity() {
    const element = byId("equity");
    const { time, value, held, drawdown } = figures.equity;
    if (!time.length) { element.textContent = "The run has no bars."; return; }
    const chart = makeChart(element);
    const points = (values) => values.map((v, i) => ({ time: time[i], value: v }));
    const plain = { priceLineVisible: false, lastValueVisible: true };
    const money2 = { type: "custom", minMove: 1e-8, formatter: (v) => number(v, v !== 0 && Math.abs(v) < 10 ? 4 : Math.abs(v) < 1000 ? 2 : 0) };
    const own = chart.addSeries(LW.LineSeries, { ...plain, lineWidth: 2, priceFormat: money2 });
    const other = held.length ? chart.addSeries(LW.LineSeries, { ...plain, lineWidth: 1, lineStyle: LW.LineStyle.Dashed, priceFormat: money2 }) : null;
    const share = { type: "custom", minMove: 1e-6, formatter: (v) => `${number(v * 100, 1)} %` };
    const fall = chart.addSeries(LW.AreaSeries, { ...plain, lineWidth: 1, invertFilledArea: true, priceFormat: share }, 1);
    own.setData(points(value));
    if (other) other.setData(points(held));
    fall.setData(points(drawdown));
    chart.panes()[0].setStretchFactor(7);
    chart.panes()[1].setStretchFactor(3);
    const paint = () => {
      own.applyOptions({ color: colour("--accent") });
      if (other) other.applyOptions({ color: colour("--held") });
      fall.applyOptions({ lineColor: colour("--down"), topColor: tint("--loss-rgb", 0.08), bottomColor: tint("--loss-rgb", 0.4) });
    };
    charts.push({ api: chart, paint });
    paint();
    chart.timeScale().fitContent();
    byId("equity-fit").addEventListener("click", () => chart.timeScale().fitContent());
    const log = byId("equity-log");
    if (Math.min(...value) <= 0) log.disabled = true;
    log.addEventListener("click", () => {
      const on = log.getAttribute("aria-pressed") !== "true";
      log.setAttribute("aria-pressed", String(on));
      own.priceScale().applyOptions({ mode: on ? LW.PriceScaleMode.Logarithmic : LW.PriceScaleMode.Normal });
    });
    done(element);
  }

  let price = null;
  function drawPrice() {
    const element = byId("price");
    const drawable = figures.instruments.map((instrument, i) => [instrument, i]).filter(([instrument]) => instrument.time.length);
    if (!drawable.length) { element.textContent = "The run kept no candles."; return; }
    const chart = makeChart(element);
    const candles = chart.addSeries(LW.CandlestickSeries, { priceLineVisible: false });
    const volume = chart.addSeries(LW.HistogramSeries, { priceFormat: { type: "volume" }, priceLineVisible: false, lastValueVisible: false }, 1);
    const beam = chart.addSeries(LW.LineSeries, { lineWidth: 3, lineStyle: LW.LineStyle.Dotted, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false });
    const markers = LW.createSeriesMarkers(candles, []);
    chart.panes()[0].setStretchFactor(8);
    chart.panes()[1].setStretchFactor(2);
    price = { chart, candles, volume, beam, markers, current: -1, selected: null };
    const paint = () => {
      const up = colour("--up"), down = colour("--down");
      candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false });
      setVolume();
      drawMarkers();
      if (price.selected) beam.applyOptions({ color: colour(price.selected.pnl > 0 ? "--gain" : "--loss") });
    };
    charts.push({ api: chart, paint });
    const picker = byId("instrument");
    for (const [instrument, i] of drawable) picker.add(new Option(`${instrument.symbol} ${instrument.timeframe}`, String(i)));
    picker.closest("label").hidden = drawable.length < 2;
    picker.addEventListener("change", () => { choose(Number(picker.value)); whole(); });
    byId("price-fit").addEventListener("click", whole);
    let pending = 0;
    chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      cancelAnimationFrame(pending);
      pending = requestAnimationFrame(drawMarkers);
    });
    const first = trades.length ? trades[0].instrument : drawable[0][1];
    choose(figures.instruments[first].time.length ? first : drawable[0][1]);
    paint();
    whole();
    done(element);
  }
  const instrument = () => figures.instruments[price.current];
  function whole() { price.chart.timeScale().fitContent(); }
  function setVolume() {
    const { time, open, close, volume } = instrument();
    const up = tint("--gain-rgb", 0.45), down = tint("--loss-rgb", 0.45);
    price.volume.setData(time.map((t, i) => ({ time: t, value: volume[i] || 0, color: close[i] >= open[i] ? up : down })));
  }
  function choose(index) {
    if (price.current === index) return;
    price.current = index;
    byId("instrument").value = String(index);
    const { time, open, high, low, close, digits } = instrument();
    price.beam.setData([]);
    price.candles.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
    price.candles.setData(time.map((t, i) => ({ time: t, open: open[i], high: high[i], low: low[i], close: close[i] })));
    setVolume();
    price.trades = trades.filter((trade) => trade.instrument === index);
    drawMarkers();
  }
  function drawMarkers() {
    const range = price.chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const { time, merged, timeframe } = instrument();
    const inside = (at) => at !== null && at >= range.from && at <= range.to;
    const visible = price.trades.filter((trade) => inside(trade.entry_candle) || inside(trade.exit_candle));
    const crowded = visible.length * PIXELS_PER_TRADE > byId("price").clientWidth;
    const marked = crowded ? visible.filter((trade) => trade === price.selected) : visible;
    const entry = colour("--accent"), exit = colour("--ink");
    const points = [];
    for (const trade of marked) {
      const long = trade.side === "long", chosen = trade === price.selected, size = chosen ? 2 : 1;
      points.push({ at: trade.entry_candle, time: time[trade.entry_candle], position: long ? "belowBar" : "aboveBar", shape: long ? "arrowUp" : "arrowDown", color: entry, size, text: chosen ? `#${trade.number}` : "" });
      if (trade.exit !== null) points.push({ at: trade.exit_candle, time: time[trade.exit_candle], position: long ? "aboveBar" : "belowBar", shape: "circle", color: exit, size, text: chosen ? percent(trade.return, true) : "" });
    }
    points.sort((a, b) => a.at - b.at);
    price.markers.setMarkers(points);
    const notes = [];
    if (merged > 1) notes.push(`each candle shown is ${merged} × ${timeframe}`);
    if (crowded) notes.push(`${number(visible.length, 0)} trades here: zoom in to see them`);
    byId("marker-note").textContent = notes.join(" · ");
  }
  function select(trade, fromList) {
    if (!price || trade.entry_candle === null) return;
    choose(trade.instrument);
    price.selected = trade;
    const { time } = instrument();
    const end = trade.exit === null ? time.length - 1 : trade.exit_candle;
    const margin = Math.max(30, Math.round((end - trade.entry_candle) * 0.6));
    price.chart.timeScale().setVisibleLogicalRange({ from: trade.entry_candle - margin, to: end + margin });
    price.beam.applyOptions({ color: colour(trade.pnl > 0 ? "--gain" : "--loss") });
    price.beam.setData(end > trade.entry_candle && trade.exit_price !== null
      ? [{ time: time[trade.entry_candle], value: trade.entry_price }, { time: time[end], value: trade.exit_price }] : []);
    drawMarkers();
    tell(trade);
    for (const row of document.querySelectorAll("#trade-list tbody tr")) {
      const isCurrent = Number(row.dataset.number) === trade.number;
      row.toggleAttribute("aria-current", false);
      if (isCurrent) row.setAttribute("aria-current", "true");
    }
    step();
    if (fromList) byId("price").scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
  function tell(trade) {
    const note = byId("trade-note"), strong = document.createElement("b");
    strong.textContent = `Trade ${trade.number}: ${trade.side} ${amount(trade.amount)} ${instrument().symbol}`;
    const digits = digitsOf(trade);
    const way = trade.exit === null
      ? `in at ${number(trade.entry_price, digits)} on ${moment(trade.entry)}, still open`
      : `${number(trade.entry_price, digits)} → ${number(trade.exit_price, digits)}, ${moment(trade.entry)} → ${moment(trade.exit)} UTC, ${money(trade.pnl)} ${figures.currency} (${percent(trade.return, true)})${trade.exit_reason ? `, exit: ${trade.exit_reason}` : ""}`;
    note.replaceChildren(strong, `, ${way}`);
  }
  function step() {
    const at = shown.indexOf(price && price.selected);
    byId("trade-previous").disabled = !price || !shown.length || at === 0;
    byId("trade-next").disabled = !price || !shown.length || at === shown.length - 1;
  }
  byId("trade-previous").addEventListener("click", () => move(-1));
  byId("trade-next").addEventListener("click", () => move(1));
  function move(by) {
    const at = shown.indexOf(price.selected);
    const next = shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by];
    if (next) select(next, false);
  }

  /* ---------- trade list ---------- */
  const years = new Set(trades.flatMap((trade) => [trade.entry, trade.exit]).filter(Boolean).map((time) => moment(time).slice(0, 4)));
  const brief = (seconds) => (years.size > 1 ? moment(seconds) : moment(seconds).slice(5));
  const several = figures.instruments.length > 1;
  const reasons = trades.some((trade) => trade.entry_reason);
  const signed = (value, text) => {
    const cell = document.createElement("span");
    cell.className = value > 0 ? "gain" : value < 0 ? "loss" : "";
    if (value) {
      const arrow = document.createElement("span");
      arrow.className = "arrow"; arrow.ariaHidden = "true"; arrow.textContent = value > 0 ? "▲ " : "▼ ";
      cell.append(arrow);
    }
    cell.append(text);
    return cell;
  };
  const columns = [
    { key: "number", label: "Trade", cell: lead, lead: true },
    ...(several ? [{ key: "instrument", label: "Symbol", cell: (t) => figures.instruments[t.instrument].symbol, text: true }] : []),
    { key: "side", label: "Side", cell: (t) => t.side, text: true, wide: true },
    { key: "entry", label: "Entry (UTC)", short: "Entry", cell: (t) => brief(t.entry), text: true, line: years.size > 1 },
    { key: "exit", label: "Exit (UTC)", short: "Exit", cell: (t) => (t.exit === null ? "open" : brief(t.exit)), text: true, line: years.size > 1 },
    { key: "amount", label: "Amount", cell: (t) => amount(t.amount) },
    { key: "entry_price", label: "In at", cell: (t) => number(t.entry_price, digitsOf(t)) },
    { key: "exit_price", label: "Out at", cell: (t) => number(t.exit_price, digitsOf(t)) },
    { key: "pnl", label: figures.currency ? `Net ${figures.currency}` : "Net profit", cell: (t) => signed(t.pnl, money(t.pnl)) },
    { key: "return", label: "Return", cell: (t) => percent(t.return, true), wide: true },
    { key: "bars", label: "Bars", cell: (t) => number(t.bars, 0) },
    { key: "fee", label: "Fees", cell: (t) => number(t.fee, Math.abs(t.fee) < 1 ? 4 : 2) },
    { key: "adverse", label: "Worst", cell: (t) => percent(t.adverse, true) },
    { key: "favorable", label: "Best", cell: (t) => percent(t.favorable, true) },
    ...(reasons ? [{ key: "entry_reason", label: "Why in", cell: (t) => t.entry_reason || "–", text: true }] : []),
    { key: "exit_reason", label: "Why out", cell: (t) => t.exit_reason || "–", text: true },
  ];
  const sorting = { key: "number", up: true };
  let limit = PAGE;
  function lead(trade) {
    const gist = document.createElement("span"), button = jump(trade), both = new DocumentFragment();
    gist.className = "gist";
    gist.append(`${trade.side} `, signed(trade.return, percent(trade.return, true)));
    both.append(button, gist);
    return both;
  }
  function jump(trade) {
    const button = document.createElement("button");
    button.type = "button"; button.className = "jump"; button.textContent = `#${trade.number}`;
    button.ariaLabel = `Show trade ${trade.number} in the chart`;
    return button;
  }
  function arrange() {
    const wanted = byId("trade-filter").value;
    shown = trades.filter((trade) => wanted === "all" || stateOf(trade) === wanted);
    const { key, up } = sorting;
    const rank = (a, b) => {
      if (a === b) return 0;
      if (a === null) return 1;
      if (b === null) return -1;
      return (a < b ? -1 : 1) * (up ? 1 : -1);
    };
    shown.sort((a, b) => rank(a[key], b[key]) || a.number - b.number);
  }
  function drawList() {
    arrange();
    const body = document.querySelector("#trade-list tbody");
    const rows = shown.slice(0, limit).map((trade) => {
      const row = document.createElement("tr");
      row.dataset.number = String(trade.number);
      if (price && price.selected === trade) row.setAttribute("aria-current", "true");
      for (const column of columns) {
        const cell = row.insertCell();
        cell.className = [column.text ? "text" : "", column.lead ? "lead-cell" : "", column.wide ? "wide-only" : "", column.line ? "line" : ""].join(" ").trim();
        if (!column.lead) cell.dataset.label = column.short || column.label;
        cell.append(column.cell(trade));
      }
      return row;
    });
    body.replaceChildren(...rows);
    if (!rows.length) {
      const cell = body.insertRow().insertCell();
      cell.colSpan = columns.length; cell.className = "text lead-cell";
      cell.textContent = trades.length ? "No trade of this kind." : "The strategy made no trade.";
    }
    const more = byId("trade-more");
    more.hidden = shown.length <= limit;
    more.textContent = `Show more (${number(shown.length - limit, 0)} left)`;
    for (const th of document.querySelectorAll("#trade-list th")) {
      const isKey = th.dataset.key === sorting.key;
      if (isKey) th.setAttribute("aria-sort", sorting.up ? "ascending" : "descending"); else th.removeAttribute("aria-sort");
      th.querySelector(".sorted").textContent = isKey ? (sorting.up ? " ↑" : " ↓") : "";
    }
    step();
  }
  function drawHead() {
    const row = document.querySelector("#trade-list thead").insertRow();
    for (const column of columns) {
      const th = document.createElement("th"), button = document.createElement("button"), mark = document.createElement("span");
      th.scope = "col"; th.dataset.key = column.key; th.className = column.text ? "text" : "";
      mark.className = "sorted"; mark.ariaHidden = "true";
      button.type = "button"; button.append(column.label, mark);
      button.addEventListener("click", () => {
        // Numbers are asked for from the top, names and times from the start.
        sorting.up = sorting.key === column.key ? !sorting.up : Boolean(column.text || column.lead);
        sorting.key = column.key;
        limit = PAGE;
        drawList();
      });
      th.append(button);
      row.append(th);
    }
  }
  document.querySelector("#trade-list tbody").addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-number]");
    if (row && !String(getSelection())) select(trades[Number(row.dataset.number) - 1], true);
  });
  byId("trade-filter").addEventListener("change", () => { limit = PAGE; drawList(); });
  byId("trade-more").addEventListener("click", () => { limit += PAGE * 5; drawList(); });
  byId("trade-csv").addEventListener("click", () => {
    const quote = (value) => {
      let text = value === null ? "" : String(value);
      if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`; // no formulas in spreadsheets
      return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const keys = ["number", "symbol", "side", "entry", "exit", "entry_price", "exit_price", "amount", "pnl", "return", "bars", "fee", "adverse", "favorable", "entry_reason", "exit_reason"];
    const line = (trade) => keys.map((key) => {
      if (key === "symbol") return quote(figures.instruments[trade.instrument].symbol);
      if (key === "entry" || key === "exit") return trade[key] === null ? "" : new Date(trade[key] * 1000).toISOString();
      return quote(trade[key]);
    }).join(",");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([[keys.join(","), ...shown.map(line)].join("\n"), "\n"], { type: "text/csv" }));
    link.download = "trades.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  drawHead();
  drawEquity();
  drawPrice();
  drawList();
})();
