// All contents of a span, page by page, as the API sorts them.
import { ask } from "./api.js";
import { h } from "./dom.js";
import { exportButtons } from "./exports.js";
import { Feed } from "./feed.js";
import { filterBar } from "./filters.js";
import { MINUTE_MS, number } from "./formats.js";
import { hrefTo, kinds, place, span } from "./router.js";
import { table } from "./tables.js";
import { contentColumns, playsColumn, timeColumn } from "./top_tables.js";
import { t } from "./words.js";

const CONTENTS_PATH = "/v1/contentsSummary";
const PER_PAGE = 50;

export function contentsView({ signal }) {
  const { filters } = place();
  const page = Math.max(1, Number.parseInt(filters.page, 10) || 1);
  const query = () => ({ ...kinds(filters), ...span(filters).range, pageNo: page, limit: PER_PAGE });
  const turn = (to, name, isThere) => (isThere ? h("a", { href: hrefTo("contents", { page: to > 1 ? to : undefined }) }, name) : null);
  const feed = new Feed({ signal, everyMs: filters.live === "1" ? MINUTE_MS : 0, load: () => ask(CONTENTS_PATH, query()), draw: ({ result: { totalCount, list } }) => {
    if (!list.length) return h("p", { class: "empty" }, t("empty.contents"));
    const [plays, time] = ["playCount", "playTime"].map((field) => Math.max(1, ...list.map((row) => row[field])));
    const header = ["contentsKey", "title", "url", "videoType", "playCount", "playTime"];
    const first = (page - 1) * PER_PAGE;
    return [
      h("p", { class: "quiet" }, t("content.shown", { first: number(first + 1), last: number(first + list.length), total: number(totalCount) })),
      table(contentColumns([playsColumn(plays), timeColumn(time)]), list, { caption: t("contents.title"), isWhole: true }),
      h("nav", { class: "pages", "aria-label": t("content.pages") }, turn(page - 1, t("content.previous"), page > 1), turn(page + 1, t("content.next"), first + list.length < totalCount)),
      ...exportButtons("contents", () => ({ header, rows: list.map((row) => header.map((name) => row[name])) }), [[CONTENTS_PATH, query()]]),
    ];
  } });
  return [h("h1", { tabindex: "-1" }, t("contents.title")), filterBar(), feed.element];
}
