// Charts over time, drawn by uPlot: bars or lines, one cursor for all of a group, a sentence and a table for everybody else.
import { button, h } from "./dom.js";
import { exportButtons } from "./exports.js";
import { chosenZone } from "./choices.js";
import { clock, dayAndClock, duration, utcDay } from "./formats.js";
import { table } from "./tables.js";
import { t } from "./words.js";

const CHART_HEIGHT = 150;
const HOURS = [1, 2, 3, 6, 12, 24, 48, ...[1e2, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap((one) => [one, 2.5 * one, 5 * one])];
const SECONDS_OF_TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, ...HOURS.map((hours) => hours * 3600)];
const DAYS = [1, 2, 5, 7, 14, 30, 60].map((days) => days * 86400);

// A colour of the style sheet as the canvas needs it: that of the theme that is shown.
function colour(name) {
  const probe = h("i", { hidden: true, style: { color: `var(${name})` } });
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function timeName(at, isDays) {
  return isDays ? utcDay(at) : dayAndClock(at);
}

function stacked(rows) {
  const below = rows[0].map(() => 0);
  return rows.map((row) => row.map((value, at) => (below[at] += value ?? 0)));
}

// The last step that is over: an unfinished one looks like a drop.
function lastDone({ times }) {
  const stepMs = times.length > 1 ? times[1] - times[0] : 0;
  return Math.max(0, times.findLastIndex((at) => at + stepMs <= Date.now()));
}

// What a chart shows, in words: of stacked outcomes the good and the bad one.
function sentence(chart) {
  const { times, series, format, isDays, isStacked } = chart;
  const last = lastDone(chart);
  return series.slice(0, isStacked ? 2 : 1).map(({ label, values }) => {
    const known = values.map((value, at) => [value, at]).filter(([value]) => value !== null);
    if (!known.some(([value]) => value > 0)) return isStacked && label !== series[0].label ? "" : t("chart.nothing");
    const done = known.filter(([, at]) => at <= last);
    const [most, mostAt] = known.reduce((best, one) => (one[0] > best[0] ? one : best));
    const [latest, latestAt] = done.at(-1) ?? known[0];
    const least = Math.min(...(done.length ? done : known).map(([value]) => value));
    return t("chart.summary", { name: label, most: format(most), mostAt: timeName(times[mostAt], isDays), least: format(least), latest: format(latest), latestAt: timeName(times[latestAt], isDays) });
  }).join(" ");
}

// Draws as soon as the place has a width, and again when width or theme change.
function drawn(place, chart, group, signal) {
  const { times, series, isStacked, isDays, format } = chart;
  const raw = series.map((one) => one.values);
  const shown = isStacked ? stacked(raw) : raw;
  const order = series.map((_, at) => at);
  if (isStacked) order.reverse(); // the highest sum first, the others before it
  const shownValue = (value) => (value === null || value === undefined ? "–" : format(value));
  let plot = null;
  const draw = () => {
    plot?.destroy();
    const bars = uPlot.paths.bars({ size: [0.8, 60], align: 1 });
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const font = '12px system-ui, "Noto Sans CJK JP", "Noto Sans CJK KR", sans-serif';
    plot = new uPlot({
      width: place.clientWidth,
      height: CHART_HEIGHT,
      padding: [null, 40, null, null], // the last time needs room
      cursor: { sync: group ? { key: group, setSeries: false } : undefined, drag: { x: false, y: false } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), isDays ? "UTC" : chosenZone()),
      scales: { x: { time: true, range: chart.domain ? () => chart.domain.map((at) => at / 1000) : undefined },
        y: { range: (_, low, high) => [0, Math.max(chart.least ?? 4, high * 1.05)] } },
      axes: [
        { ...axis, font, space: 70, incrs: isDays ? DAYS : undefined, values: (_, splits) => splits.map((s) => (isDays ? utcDay(s * 1000) : clock(s * 1000))) },
        { ...axis, font, size: 80, incrs: format === duration ? SECONDS_OF_TIMES : undefined, values: (_, splits) => splits.map((value) => format(value)) },
      ],
      series: [
        { label: t("chart.time"), value: (_, s) => timeName(s === null ? times[lastDone(chart)] : s * 1000, isDays) },
        ...order.map((at) => ({
          label: series[at].label,
          stroke: colour(series[at].colour),
          fill: chart.isLine ? undefined : colour(series[at].colour),
          width: chart.isLine ? 2 : 0,
          paths: chart.isLine ? undefined : bars,
          points: { show: chart.isLine && times.length < 3 },
          value: (_, __, ___, index) => shownValue(raw[at][index ?? lastDone(chart)]), // without a cursor, the latest
        })),
      ],
    }, [times.map((time) => time / 1000), ...order.map((at) => shown[at])], place);
  };
  let width = 0;
  const sized = new ResizeObserver(() => {
    if (!place.isConnected) sized.disconnect();
    else if (place.clientWidth && place.clientWidth !== width) {
      width = place.clientWidth;
      plot ? plot.setSize({ width, height: CHART_HEIGHT }) : draw();
    }
  });
  sized.observe(place);
  addEventListener("mediabeat-theme", () => plot && place.isConnected && draw(), { signal });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot && place.isConnected && draw(), { signal });
}

// `chart`: title, times (epoch ms, oldest first), series [{ label, values, colour }], format, isDays, isStacked, isLine, domain.
export function chartFigure(chart, { asked, group, signal, memory }) {
  const header = [t("chart.time"), ...chart.series.map((one) => one.label)];
  const rows = () => chart.times.map((at, index) => [chart.isDays ? new Date(at).toISOString().slice(0, 10) : new Date(at).toISOString(),
    ...chart.series.map((one) => one.values[index])]);
  const columns = [
    { name: header[0], cell: (index) => timeName(chart.times[index], chart.isDays) },
    ...chart.series.map((one) => ({ name: one.label, number: true, cell: (index) => (one.values[index] === null ? "–" : chart.format(one.values[index])) })),
  ];
  const place = h("div", { class: "plot", "aria-hidden": "true" });
  const asTable = h("div", { hidden: !memory.isTable });
  const fill = () => asTable.replaceChildren(table(columns, chart.times.map((_, index) => index).reverse(), { caption: chart.title }));
  if (memory.isTable) fill();
  const toggle = button(t("chart.table"), () => {
    memory.isTable = !memory.isTable;
    asTable.hidden = !memory.isTable;
    toggle.setAttribute("aria-expanded", String(memory.isTable));
    if (memory.isTable) fill();
  }, { "aria-expanded": String(Boolean(memory.isTable)), "aria-label": `${t("chart.table")}: ${chart.title}` });
  const hasPlot = typeof uPlot === "function" && chart.series.some((one) => one.values.some(Boolean));
  if (hasPlot) drawn(place, chart, group, signal);
  const [buttons, command] = exportButtons(chart.name, () => ({ header, rows: rows() }), asked);
  return h("figure", { class: "chart" },
    h("figcaption", {}, h("h3", {}, chart.title), h("p", { class: "quiet" }, sentence(chart), chart.note ? ` ${chart.note}` : "")),
    hasPlot && place, h("div", { class: "under" }, toggle, buttons), command, asTable);
}

// Bars of the last hour in a tile.
export function sparkline(values) {
  const most = Math.max(1, ...values);
  return h("div", { class: "spark", "aria-hidden": "true" },
    values.map((value) => h("span", { style: { "--share": `${(value / most) * 100}%` } })));
}
