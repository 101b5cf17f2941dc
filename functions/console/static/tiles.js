// The figures at the top of the overview, each with its span and its change against the span before.
import { ask } from "./api.js";
import { sparkline } from "./charts.js";
import { h } from "./dom.js";
import { Feed } from "./feed.js";
import { DAY_MS, duration, HOUR_MS, MINUTE_MS, momentOf, number, percent } from "./formats.js";
import { hrefTo, kinds, span } from "./router.js";
import { t } from "./words.js";

const QUALITY = "/v1/charts/quality";
const PLAY_TIME = "/v1/charts/playTimeSum";
const WAITED = "rebufferingTimeSum";

const sum = (rows, field) => rows.reduce((total, row) => total + (row[field] ?? 0), 0);

const share = (part, whole) => (whole > 0 ? part / whole : null);

// A mean of the steps, each with the weight of its sessions. The API has medians and means by step, and no step may count twice.
export function weighted(rows, field, weight) {
  const known = rows.filter((row) => row[field] !== null && weight(row) > 0);
  const total = known.reduce((all, row) => all + weight(row), 0);
  return total > 0 ? known.reduce((all, row) => all + row[field] * weight(row), 0) / total : null;
}

// Attempts of which it is known whether they played. A session that has just begun counts as an attempt at once, and as a play
// only after the closer's next look, so all attempts would make the rate of a short span too low.
const decided = (row) => Math.min(row.playAttemptCnt, row.playSuccessCnt + row.startFailureCnt + row.exitBeforeStartCnt + row.earlyExitCnt + row.businessErrorCnt);
const judged = (row) => row.playAttemptCnt - row.earlyExitCnt - row.businessErrorCnt;

function change(now, before, { lessIsBetter = false } = {}) {
  if (now === null || before === null || before === 0) return now > 0 && before === 0 && lessIsBetter ? h("span", { class: "change worse" }, t("tile.wasNone")) : null;
  const ratio = now / before - 1;
  const isSame = Math.abs(ratio) < 0.005;
  const mood = isSame ? "same" : (ratio > 0) !== lessIsBetter ? "better" : "worse";
  const arrow = isSame ? "=" : ratio > 0 ? "▲" : "▼";
  return h("span", { class: `change ${mood}` }, h("span", { "aria-hidden": "true" }, `${arrow} `), t(isSame ? "tile.same" : ratio > 0 ? "tile.more" : "tile.less", { percent: percent(Math.abs(ratio), 0) }));
}

export function tiles({ signal, filters, everyMs }) {
  const chosen = kinds(filters);

  // The answer of a query for the span. A change is that of the steps that are over (`done`) against as many before the span.
  async function asked(path) {
    const stepMs = span(filters).isDays ? DAY_MS : path === QUALITY ? HOUR_MS : 5 * MINUTE_MS;
    const { range, before } = span(filters, Date.now(), stepMs);
    const { result } = await ask(path, { ...chosen, ...range });
    const done = result.filter((row) => momentOf(row.logDate) + stepMs <= Date.now());
    return { now: result, done, before: before ? (await ask(path, { ...chosen, ...before })).result : [] };
  }

  // `of` returns { value, sub, extra } of an answer; a value of null is shown as unknown, never as zero.
  function tile(label, load, of, every = everyMs) {
    const feed = new Feed({ signal, everyMs: every, load, draw: (answer) => {
      const { value, sub, extra } = of(answer);
      return [h("span", { class: "figure" }, value ?? "–"), h("span", { class: "sub" }, value === null ? t("tile.unknown") : sub), extra];
    } });
    return h("div", { class: "tile" }, h("dt", {}, t(label)), h("dd", {}, feed.element));
  }

  const shown = (value, format) => (value === null ? null : format(value));
  const ofRange = t(`range.${filters.range ?? "7d"}`);
  const count = (label, path, field, format) => tile(label, () => asked(path), ({ now, done, before }) => ({
    value: format(sum(now, field)), sub: [ofRange, " ", change(sum(done, field), sum(before, field))] }));
  const mean = (label, words, field, weight, format, better) => tile(label, () => asked(QUALITY), ({ now, done, before }) => ({
    value: shown(weighted(now, field, weight), format), sub: [t(words), " ", change(weighted(done, field, weight), weighted(before, field, weight), better)] }));
  const less = { lessIsBetter: true };
  const day = (back) => new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10);
  const known = (rows) => rows.reduce((total, row) => total + decided(row), 0);
  const success = (rows) => share(sum(rows, "playSuccessCnt"), known(rows));
  const failed = (rows) => share(sum(rows, "playFailureCnt"), sum(rows, "playSuccessCnt"));
  return h("dl", { class: "tiles" },
    tile("tile.viewers", () => ask("/v1/charts/currentViewers", chosen), ({ result }) => ({
      value: number(result[0]?.currentViewerCnt ?? 0), sub: t("tile.lastHour"), extra: sparkline(result.map((row) => row.currentViewerCnt).toReversed()),
    }), MINUTE_MS),
    count("tile.plays", "/v1/charts/playCnt", "playSuccessCnt", number),
    tile("tile.success", () => asked(QUALITY), ({ now, done, before }) => {
      const open = sum(now, "playAttemptCnt") - known(now);
      return { value: shown(success(now), percent),
        sub: [t("tile.ofAttempts", { count: number(known(now)) }), open > 0 && [" ", t("tile.undecided", { count: number(open) })], " ", change(success(done), success(before))] };
    }),
    tile("tile.failed", () => asked(QUALITY), ({ now, done, before }) => ({
      value: shown(failed(now), percent),
      sub: [h("a", { href: hrefTo("sessions", { ended: "play_failure" }) }, t("tile.sessions", { count: number(sum(now, "playFailureCnt")) })), " ", t("tile.ofPlays", { count: number(sum(now, "playSuccessCnt")) }), " ", change(failed(done), failed(before), less)] })),
    tile("tile.unique", () => ask("/v1/charts/uniqUserCnt", { ...chosen, startDate: day(1), endDate: day(0) }), ({ result }) => ({
      value: number(result[0]?.uniqUsers ?? 0), sub: [t("tile.todayUtc"), " ", t("tile.yesterday", { count: number(result[1]?.uniqUsers ?? 0) })],
    })),
    count("tile.playTime", PLAY_TIME, "playTimeSum", duration),
    mean("tile.start", "tile.meanOfSteps", "startTimeMedian", (row) => row.playAttemptCnt, duration, less),
    tile("tile.rebuffering", async () => [await asked(QUALITY), await asked(PLAY_TIME)], ([waits, times]) => {
      const ratio = (part) => share(sum(waits[part], WAITED), sum(waits[part], WAITED) + sum(times[part], "playTimeSum"));
      return { value: shown(ratio("now"), (value) => percent(value, 2)), sub: [t("tile.ofPlayTime"), " ", change(ratio("done"), ratio("before"), less)] };
    }),
    mean("tile.score", "tile.outOf100", "experienceScore", judged, (value) => number(value, 1)));
}
