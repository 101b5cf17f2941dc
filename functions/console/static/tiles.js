// The figures at the top of the overview, each with its span and its change against the span before.
import { ask } from "./api.js";
import { sparkline } from "./charts.js";
import { h } from "./dom.js";
import { Feed } from "./feed.js";
import { DAY_MS, duration, MINUTE_MS, number, percent } from "./formats.js";
import { kinds, span } from "./router.js";
import { t } from "./words.js";

const sum = (rows, field) => rows.reduce((total, row) => total + (row[field] ?? 0), 0);

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

function change(now, before, { lessIsBetter = false, isNeutral = false } = {}) {
  if (now === null || before === null || before === 0) return null;
  const ratio = now / before - 1;
  const isSame = Math.abs(ratio) < 0.005;
  const mood = isSame || isNeutral ? "same" : (ratio > 0) !== lessIsBetter ? "better" : "worse";
  const arrow = isSame ? "=" : ratio > 0 ? "▲" : "▼";
  return h("span", { class: `change ${mood}` }, h("span", { "aria-hidden": "true" }, `${arrow} `), t(isSame ? "tile.same" : ratio > 0 ? "tile.more" : "tile.less", { percent: percent(Math.abs(ratio), 0) }));
}

export function tiles({ signal, filters, everyMs }) {
  const chosen = kinds(filters);
  const now = (path) => ask(path, { ...chosen, ...span(filters).range }).then((answer) => answer.result);
  const before = (path) => ask(path, { ...chosen, ...span(filters).before }).then((answer) => answer.result);
  const quality = async () => ({ now: await now("/v1/charts/quality"), before: await before("/v1/charts/quality") });

  // `of` returns { value, sub, extra } of an answer; a value of null is shown as unknown, never as zero.
  function tile(label, load, of, every = everyMs) {
    const feed = new Feed({ signal, everyMs: every, load, draw: (answer) => {
      const { value, sub, extra } = of(answer);
      return [h("span", { class: "figure" }, value ?? "–"), h("span", { class: "sub" }, value === null ? t("tile.unknown") : sub), extra];
    } });
    return h("div", { class: "tile" }, h("dt", {}, t(label)), h("dd", {}, feed.element));
  }

  const ofRange = t("tile.range", { range: t(`range.${filters.range ?? "7d"}`) });
  const versus = (...one) => [ofRange, " ", change(...one)];
  const day = (back) => new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10);
  const share = (rows, times) => {
    const [waited, played] = [sum(rows, "rebufferingTimeSum"), sum(times, "playTimeSum")];
    return waited + played > 0 ? waited / (waited + played) : null;
  };
  return h("dl", { class: "tiles" },
    tile("tile.viewers", () => ask("/v1/charts/currentViewers", chosen), ({ result }) => ({
      value: number(result[0]?.currentViewerCnt ?? 0), sub: t("tile.lastHour"), extra: sparkline(result.map((row) => row.currentViewerCnt).toReversed()),
    }), MINUTE_MS),
    tile("tile.plays", quality, (q) => ({ value: number(sum(q.now, "playSuccessCnt")),
      sub: versus(sum(q.now, "playSuccessCnt"), sum(q.before, "playSuccessCnt")) })),
    tile("tile.success", quality, (q) => {
      const known = (rows) => rows.reduce((total, row) => total + decided(row), 0);
      const [value, old] = [q.now, q.before].map((rows) => (known(rows) ? sum(rows, "playSuccessCnt") / known(rows) : null));
      const open = sum(q.now, "playAttemptCnt") - known(q.now);
      return { value: value === null ? null : percent(value),
        sub: [t("tile.ofAttempts", { count: number(known(q.now)) }), open > 0 && [" ", t("tile.undecided", { count: number(open) })], " ", change(value, old)] };
    }),
    tile("tile.unique", () => ask("/v1/charts/uniqUserCnt", { ...chosen, startDate: day(1), endDate: day(0) }), ({ result }) => ({
      value: number(result[0]?.uniqUsers ?? 0), sub: [t("tile.todayUtc"), " ", t("tile.yesterday", { count: number(result[1]?.uniqUsers ?? 0) })],
    })),
    tile("tile.playTime", async () => ({ now: await now("/v1/charts/playTimeSum"), before: await before("/v1/charts/playTimeSum") }),
      (times) => ({ value: duration(sum(times.now, "playTimeSum")), sub: versus(sum(times.now, "playTimeSum"), sum(times.before, "playTimeSum")) })),
    tile("tile.start", quality, (q) => {
      const [value, old] = [q.now, q.before].map((rows) => weighted(rows, "startTimeMedian", (row) => row.playAttemptCnt));
      return { value: value === null ? null : duration(value), sub: [t("tile.meanOfSteps"), " ", change(value, old, { lessIsBetter: true })] };
    }),
    tile("tile.rebuffering", async () => ({ ...(await quality()), times: await now("/v1/charts/playTimeSum"), old: await before("/v1/charts/playTimeSum") }),
      (all) => {
        const [value, old] = [share(all.now, all.times), share(all.before, all.old)];
        return { value: value === null ? null : percent(value, 2), sub: [t("tile.ofPlayTime"), " ", change(value, old, { lessIsBetter: true })] };
      }),
    tile("tile.score", quality, (q) => {
      const [value, old] = [q.now, q.before].map((rows) => weighted(rows, "experienceScore", judged));
      return { value: value === null ? null : number(value, 1), sub: [t("tile.outOf100"), " ", change(value, old)] };
    }));
}
