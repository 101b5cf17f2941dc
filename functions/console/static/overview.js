// The overview: who is watching now, what was watched, how well.
import { ask } from "./api.js";
import { chartFigure } from "./charts.js";
import { h } from "./dom.js";
import { Feed } from "./feed.js";
import { filterBar } from "./filters.js";
import { DAY_MS, duration, MINUTE_MS, momentOf, number } from "./formats.js";
import { kinds, place, span } from "./router.js";
import { tiles } from "./tiles.js";
import { topTables } from "./top_tables.js";
import { t } from "./words.js";

const PLAYS = [["chart.attempts", "--attempts", (row) => row.playAttemptCnt], ["chart.plays", "--plays", (row) => row.playSuccessCnt]];
const ENDINGS = [
  ["outcome.played", "--good", (row) => Math.max(0, row.playSuccessCnt - row.playFailureCnt)],
  ["outcome.play_failure", "--bad", (row) => row.playFailureCnt],
  ["outcome.start_failure", "--fail", (row) => row.startFailureCnt],
  ["outcome.exit_before_start", "--warn", (row) => row.exitBeforeStartCnt],
  ["outcome.early_exit", "--soft", (row) => row.earlyExitCnt],
  ["outcome.business_error", "--other", (row) => row.businessErrorCnt],
];

const series = (kindsOf, rows) => kindsOf.map(([label, colour, of]) => ({ label: t(label), colour, values: rows.map(of) }));

export function overviewView({ signal }) {
  const { filters } = place();
  const chosen = kinds(filters);
  const everyMs = filters.live === "1" ? MINUTE_MS : 0;
  const query = () => ({ ...chosen, ...span(filters).range });

  // A chart of a query. `of` returns title, series and format from the rows, oldest first.
  function chartCard(path, of, { every = everyMs, asks = query, grouped = true } = {}) {
    return new Feed({ signal, everyMs: every, label: path, load: () => ask(path, asks()),
      draw: (answer, memory) => {
        const rows = answer.result.toReversed();
        const isDays = answer.message.endsWith("(1d)");
        const { start, end } = span(filters);
        const steps = { times: rows.map((row) => momentOf(row.logDate)), isDays, domain: grouped ? [Math.min(start, momentOf(rows[0]?.logDate ?? "9999-12-31 00:00:00")), isDays ? end : Math.max(end, Date.now())] : undefined };
        return chartFigure({ name: path.split("/").at(-1), ...steps, ...of(rows, isDays) },
          { asked: [[path, asks()]], group: grouped ? "overview" : null, signal, memory });
      } }).element;
  }

  const one = (label, colour, field, format) => (rows) => ({ title: t(label), format,
    series: [{ label: t(label), colour, values: rows.map((row) => row[field]) }] });
  const isLong = () => span(filters).end - span(filters).start > DAY_MS;
  const charts = [
    chartCard("/v1/charts/currentViewers", (rows) => ({ ...one("chart.viewers", "--viewers", "currentViewerCnt", number)(rows), isLine: true, note: t("chart.lastHour") }),
      { every: MINUTE_MS, asks: () => chosen, grouped: false }),
    isLong()
      ? chartCard("/v1/charts/quality", (rows) => ({ title: t("chart.attemptsAndPlays"), format: number, series: series(PLAYS, rows), isLine: rows.length > 2 }))
      : chartCard("/v1/charts/playCnt", one("chart.plays", "--plays", "playSuccessCnt", number)),
    chartCard("/v1/charts/playTimeSum", one("chart.playTime", "--time", "playTimeSum", duration)),
    chartCard("/v1/charts/uniqUserCnt", (rows) => ({ ...one("chart.unique", "--unique", "uniqUsers", number)(rows), note: t("chart.byStart") })),
    chartCard("/v1/charts/quality", (rows) => ({ title: t("chart.outcomes"), format: number, series: series(ENDINGS, rows), isStacked: true, note: t("chart.whenClosed") })),
  ];
  return [
    h("h1", { tabindex: "-1" }, t("overview.title")), filterBar(),
    h("section", { "aria-label": t("overview.figures") }, h("h2", { class: "hidden" }, t("overview.figures")), tiles({ signal, filters, everyMs })),
    h("section", { class: "charts", "aria-label": t("overview.charts") }, h("h2", {}, t("overview.charts")), charts),
    h("section", { "aria-label": t("overview.top") }, h("h2", {}, t("overview.top")), topTables({ signal, query, everyMs })),
  ];
}
