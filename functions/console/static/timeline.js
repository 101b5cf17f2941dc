// One viewing over the clock: lanes for what the player did, marks for errors and ends. The table of the log says the same in words.
import { button, h, svg } from "./dom.js";
import { clock, duration, momentOf } from "./formats.js";
import { has, t } from "./words.js";

const LANES = ["starting", "ad", "playing", "paused", "seeking", "rebuffering", "stalled"];
const LANE_OF = { player_start: "starting", startup: "starting", ...Object.fromEntries(LANES.map((lane) => [lane, lane])) };
const MARKS = { error: "✕", ended: "■", prev_tarck: "◀", next_track: "▶" };
const [WIDTH, LANE, TOP] = [1000, 26, 26];
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600];

// Stretches and marks of a session: its log, and the ads and stalls that the log does not have. Dates have whole seconds;
// durations are exact.
export function stretchesOf({ sessionLog, interruptions = [] }) {
  const hasContent = sessionLog.some((line) => line.actionType === "startup");
  const lanes = { ...LANE_OF, waiting: hasContent ? "stalled" : "starting" };
  return [...sessionLog, ...interruptions].map((line) => ({ line, end: momentOf(line.logDate) }))
    .toSorted((a, b) => a.end - b.end)
    .map(({ line, end }, index) => ({ index, line, end, start: end - line.actionDuration, lane: lanes[line.actionType], mark: MARKS[line.actionType] }));
}

export function timeline(all, { select, memory, hasGaps }) {
  const shown = LANES.filter((lane) => lane === "playing" || all.some((one) => one.lane === lane));
  const height = TOP + shown.length * LANE + 22;
  const start = Math.min(...all.map((one) => one.start));
  const end = Math.max(...all.map((one) => one.end), start + 1000);
  const view = memory.view?.isPart ? memory.view : { from: start, to: end }; // all of an open session grows
  memory.view = view;
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", class: "timeline-picture", role: "img", style: { height: `${height}px` } });
  const names = h("div", { class: "lanes", "aria-hidden": "true" }, shown.map((lane) => h("span", { class: `lane-name ${lane}` }, t(`lane.${lane}`))));
  const ticks = h("div", { class: "ticks", "aria-hidden": "true" });
  const shapes = new Map();
  const x = (at) => ((at - view.from) / (view.to - view.from)) * WIDTH;

  function draw() {
    picture.replaceChildren(svg("title", {}, summaryOf(all, start, end)));
    shapes.clear();
    shown.forEach((_, lane) => picture.append(svg("rect", { x: 0, y: TOP + lane * LANE, width: WIDTH, height: LANE - 4, class: "lane" })));
    for (const one of all) {
      if (one.end < view.from || one.start > view.to) continue;
      const left = Math.max(0, x(one.start));
      const shape = one.lane
        ? svg("rect", { x: left, y: TOP + shown.indexOf(one.lane) * LANE, height: LANE - 4, width: Math.max(2, Math.min(WIDTH, x(one.end)) - left), class: `stretch ${one.lane}` })
        : svg("rect", { x: x(one.end) - 1.5, y: 4, height: height - 26, width: 3, class: `mark ${one.line.actionType}` });
      shape.append(svg("title", {}, textOf(one)));
      shape.addEventListener("click", () => select(one.index));
      shapes.set(one.index, shape);
      picture.append(shape);
    }
    marks();
    scale();
    highlight(memory.selected);
  }

  // Only the times under the picture depend on its width.
  function scale() {
    const most = Math.max(2, Math.min(8, Math.floor((ticks.clientWidth || 640) / 75)));
    const step = STEPS_S.find((seconds) => (view.to - view.from) / 1000 / seconds <= most) ?? 86400;
    const first = Math.ceil(view.from / 1000 / step) * step;
    const times = [];
    for (let second = first; second * 1000 <= view.to; second += step) times.push(second * 1000);
    ticks.replaceChildren(...times.map((at) => h("span", { style: { left: `${x(at) / 10}%` } }, clock(at, step < 60))));
  }

  const flags = h("div", { class: "flags", "aria-hidden": "true" });
  function marks() {
    flags.replaceChildren(...all.filter((one) => one.mark && one.end >= view.from && one.end <= view.to)
      .map((one) => h("span", { class: `flag ${one.line.actionType}`, style: { left: `${x(one.end) / 10}%` }, title: textOf(one) }, one.mark)));
  }

  function highlight(index) {
    memory.selected = index;
    shapes.forEach((shape, at) => shape.classList.toggle("selected", at === index));
  }

  function zoom(factor, shift = 0) {
    const length = Math.max(1000, Math.min(end - start, (view.to - view.from) * factor));
    const chosen = memory.selected === undefined ? undefined : all[memory.selected];
    const middle = (factor < 1 && chosen ? (chosen.start + chosen.end) / 2 : (view.from + view.to) / 2) + shift * (view.to - view.from);
    view.from = Math.max(start, Math.min(end - length, middle - length / 2));
    view.to = view.from + length;
    view.isPart = length < end - start;
    draw();
  }

  const KEYS = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => zoom(Infinity), ArrowLeft: () => zoom(1, -0.25), ArrowRight: () => zoom(1, 0.25) };
  const frame = h("div", { class: "timeline", tabindex: "0", role: "group", "aria-label": `${t("timeline.title")}. ${t("timeline.keys")}`,
    onkeydown: (event) => {
      if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      KEYS[event.key]();
    } }, names, h("div", { class: "stage" }, flags, picture, ticks));
  const buttons = h("div", { class: "buttons" },
    button("+", KEYS["+"], { "aria-label": t("timeline.in") }), button("−", KEYS["-"], { "aria-label": t("timeline.out") }),
    button("◂", KEYS.ArrowLeft, { "aria-label": t("timeline.earlier") }), button("▸", KEYS.ArrowRight, { "aria-label": t("timeline.later") }),
    button(t("timeline.all"), KEYS[0]));
  draw();
  const sized = new ResizeObserver(() => (frame.isConnected ? scale() : sized.disconnect()));
  sized.observe(frame);
  const legend = h("p", { class: "quiet legend" }, Object.entries(MARKS).filter(([type]) => all.some((one) => one.line.actionType === type))
    .map(([type, mark]) => h("span", {}, h("span", { class: `flag-name ${type}`, "aria-hidden": "true" }, mark), ` ${t(`action.${type}`)}`)));
  const gaps = hasGaps && h("p", { class: "quiet" }, t("timeline.gaps"));
  return { element: h("div", {}, frame, h("div", { class: "under" }, buttons, legend, gaps)), highlight };
}

function textOf({ line, start, end, lane }) {
  const key = `action.${line.actionType}`;
  const name = has(key) ? t(key) : line.actionType; // one of a later release
  return lane ? `${name}: ${clock(start, true)} – ${clock(end, true)} (${duration(line.actionDuration / 1000)})` : `${name}: ${clock(end, true)}`;
}

function summaryOf(all, start, end) {
  const sums = LANES.map((lane) => [lane, all.filter((one) => one.lane === lane).reduce((sum, one) => sum + one.line.actionDuration, 0)]);
  const parts = sums.filter(([, sum]) => sum > 0).map(([lane, sum]) => `${t(`lane.${lane}`)} ${duration(sum / 1000)}`);
  const errors = all.filter((one) => one.line.actionType === "error").length;
  return `${clock(start, true)} – ${clock(end, true)}. ${parts.join(", ")}.${errors ? ` ${t("timeline.errors", { count: errors })}` : ""}`;
}
