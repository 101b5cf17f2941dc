// The ten contents that were played most often, and the ten that were played longest.
import { ask } from "./api.js";
import { beginning, foreign, h } from "./dom.js";
import { exportButtons } from "./exports.js";
import { Feed } from "./feed.js";
import { duration, number } from "./formats.js";
import { barCell, table } from "./tables.js";
import { hrefTo } from "./router.js";
import { t } from "./words.js";

export const contentColumns = (row) => [
  { name: t("content.title"), cell: (one) => h("a", { href: hrefTo("sessions", { find: `"${beginning(one.title || one.contentsKey)}"` }) }, foreign(one.title || one.contentsKey)) },
  { name: t("content.type"), cell: (one) => t(`type.${one.videoType}`) },
  ...row,
];

export const playsColumn = (most) => ({ name: t("content.plays"), number: true, cell: (row) => barCell(number(row.playCount), row.playCount / most) });
export const timeColumn = (most) => ({ name: t("content.time"), number: true, cell: (row) => barCell(duration(row.playTime), row.playTime / most) });

export function topTables({ signal, query, everyMs }) {
  const one = (path, title, field, column) => new Feed({ signal, everyMs, load: () => ask(path, query()), draw: ({ result }) => {
    if (!result.length) return h("div", { class: "empty" }, h("h3", {}, title), h("p", {}, t("empty.contents")));
    const most = Math.max(1, ...result.map((row) => row[field]));
    const header = ["contentsKey", "title", "videoType", field];
    return [h("h3", {}, title), table(contentColumns([column(most)]), result, { caption: title }),
      ...exportButtons(path.split("/").at(-1), () => ({ header, rows: result.map((row) => header.map((name) => row[name])) }), [[path, query()]])];
  } }).element;
  return h("div", { class: "two" },
    one("/v1/contentsSummary/playCountTop10", t("top.plays"), "playCount", playsColumn),
    one("/v1/contentsSummary/playTimeTop10", t("top.time"), "playTime", timeColumn));
}
