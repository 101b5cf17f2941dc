// The newest sessions: sort them, find some of them, open one.
import { MOST_SESSIONS, SESSIONS_PATH } from "./api.js";
import { button, choice, cut, foreign, h } from "./dom.js";
import { ending, endingText, OUTCOMES, word } from "./endings.js";
import { exportButtons } from "./exports.js";
import { Feed } from "./feed.js";
import { filterBar } from "./filters.js";
import { dayAndTime, duration, MINUTE_MS, momentOf, number, siteName, systemName, zoneName } from "./formats.js";
import { listSessions } from "./listing.js";
import { hrefTo, kinds, place, setFilters, span } from "./router.js";
import { table } from "./tables.js";
import { t } from "./words.js";

const ID = /^(?:[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

const typeOf = (row) => word("deviceType", row.deviceType ?? row.device);
const errorsOf = (row) => (row.isError ? row.errorIds.join(", ") || t("session.error") : "");
const opened = (row) => hrefTo("session", place().filters, row.sessionId);

function endingOf(row) {
  if (row.unreadable) return t("session.unreadable");
  const ids = cut(errorsOf(row)).split(/(?<=[_.])/).flatMap((part) => [part, h("wbr")]); // a long id breaks between its words
  return [ending(row.outcome, row.closeReason), row.isError && h("span", { class: "error-mark" }, "✕\u00a0", h("bdi", {}, ids))];
}

const COLUMNS = [
  ["when", (row) => row.startedAt, (row) => h("a", { href: opened(row) }, dayAndTime(momentOf(row.startedAt)))],
  ["content", (row) => row.title ?? "", (row) => [h("span", { class: "title" }, row.title === undefined ? "–" : foreign(row.title)), h("div", { class: "narrow" }, endingOf(row))]],
  ["outcome", (row) => `${row.closeReason ? (row.outcome ?? "") : "~"} ${errorsOf(row)}`, endingOf],
  ["viewer", (row) => row.uuid, (row) => h("code", { title: row.uuid }, row.uuid.slice(0, 8))],
  ["system", (row) => `${row.deviceType ?? row.device} ${row.os}`, (row) => [typeOf(row), ", ", foreign(systemName(row.os))]],
  ["site", (row) => row.origin, (row) => foreign(siteName(row.origin))],
  ["waited", (row) => row.totalStartTime, (row) => duration(row.totalStartTime), true],
  ["rebuffered", (row) => row.rebufferingTime, (row) => duration(row.rebufferingTime), true],
  ["played", (row) => row.playingTime, (row) => duration(row.playingTime), true],
  ["score", (row) => row.experienceScore ?? -1, (row) => (row.experienceScore === null ? "–" : number(row.experienceScore)), true],
];

function sorted(rows, { sort = "when", order = "down" }) {
  const of = COLUMNS.find(([name]) => name === sort)?.[1] ?? COLUMNS[0][1];
  const compared = (a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b)));
  return rows.toSorted((a, b) => compared(of(a), of(b)) * (order === "up" ? 1 : -1));
}

// What is shown of a row, to be searched: each word has to be there. A text in quotes has to be a whole field.
function matches(find) {
  const textOf = (shown) => shown?.textContent ?? String(shown ?? "");
  const fields = (row) => [row.title, ...row.errorIds, row.uuid, row.sessionId, typeOf(row), systemName(row.os), siteName(row.origin), endingText(row.outcome, row.closeReason)].map(textOf);
  const whole = /^"(.+)"$/.exec(find)?.[1];
  if (whole) return (row) => fields(row).includes(whole);
  const parts = find.toLowerCase().split(/[\s,]+/).filter(Boolean);
  return (row) => {
    const all = fields(row).join("\n").toLowerCase();
    return parts.every((part) => all.includes(part));
  };
}

function found(rows, { find = "", errors, ended }) {
  const isFound = matches(find);
  const isEnded = (row) => (ended === "open" ? !row.closeReason && !row.unreadable : row.outcome === ended);
  return rows.filter((row) => (!errors || row.isError) && (!ended || isEnded(row)) && isFound(row));
}

function heading(name, filters, redraw) {
  const isSorted = (filters.sort ?? "when") === name;
  const isUp = filters.order === "up";
  const sort = () => {
    setFilters({ sort: name, order: isSorted && !isUp ? "up" : undefined }, { quietly: true });
    redraw();
  };
  return { node: button([t(`column.${name}`), h("span", { "aria-hidden": "true" }, isSorted ? (isUp ? " ▲" : " ▼") : "")], sort, { class: "plain", "data-sort": name }),
    sorted: isSorted ? (isUp ? "ascending" : "descending") : null };
}

function list({ rows, isWhole }, { redraw, more, asked }) {
  const { filters } = place();
  const shown = sorted(found(rows, filters), filters);
  const columns = COLUMNS.map(([name, , cell, isNumber]) => {
    const { node, sorted: order } = heading(name, filters, redraw);
    return { name: node, sorted: order, cell, number: isNumber };
  });
  const header = ["startedAt", "logDate", "sessionId", "title", "outcome", "closeReason", "errorIds", "isError", "uuid", "os", "deviceType", "origin", "totalStartTime", "rebufferingTime", "playingTime", "experienceScore"];
  return [
    h("p", { class: "quiet", role: "status" }, t("sessions.shown", { shown: number(shown.length), loaded: number(rows.length) }), " ", byId(filters.find),
      !isWhole && [" ", t("sessions.newest", { since: dayAndTime(momentOf(rows.at(-1).startedAt)) }), " ", button(t("sessions.more"), more)], ` ${t("sessions.times", { zone: zoneName() })}`),
    shown.length ? h("div", { class: "sessions" }, table(columns, shown, { caption: t("sessions.title"), isWhole: true })) : h("p", { class: "empty" }, t("empty.found")),
    ...exportButtons("sessions", () => ({ header, rows: shown.map((row) => header.map((name) => row[name])) }), asked),
  ];
}

// A session, or a viewer's newest one, may be older than what is loaded.
function byId(text = "") {
  return ID.test(text) && h("a", { href: hrefTo("session", place().filters, text.toLowerCase()) }, t("sessions.byId"));
}

export function sessionsView({ signal }) {
  const { filters } = place();
  const query = () => ({ ...kinds(filters), ...span(filters).range, limit: MOST_SESSIONS });
  let pages = 1;
  let listed = null;
  const holder = h("div");
  const redraw = (focused) => {
    if (listed === null) return;
    const again = { redraw: () => redraw(document.activeElement?.dataset.sort), asked: [[SESSIONS_PATH, query()]], more: () => {
      pages += 1;
      feed.again();
    } };
    holder.replaceChildren(...(listed.rows.length ? list(listed, again) : [empty(filters.find)]));
    if (focused) holder.querySelector(`[data-sort="${focused}"]`)?.focus();
  };
  const filter = (name, value) => {
    setFilters({ [name]: value || undefined }, { quietly: true });
    redraw();
  };
  const find = h("input", { name: "find", type: "search", value: filters.find ?? "", spellcheck: "false", autocomplete: "off", "data-search": true, oninput: () => filter("find", find.value.trim()) });
  const errors = h("input", { type: "checkbox", checked: filters.errors === "1", onchange: () => filter("errors", errors.checked ? "1" : "") });
  const endings = [["", t("filter.all")], ["open", t("session.open")], ...OUTCOMES.map((one) => [one, t(`outcome.${one}`)])];
  const ended = choice(t("column.outcome"), endings, filters.ended ?? "", (value) => filter("ended", value));
  const feed = new Feed({ signal, everyMs: filters.live === "1" ? MINUTE_MS : 0, load: () => listSessions(query(), pages), draw: (answer) => {
    const focused = document.activeElement?.dataset.sort;
    listed = answer;
    redraw(focused);
    return holder;
  } });
  const finding = h("div", { class: "find" }, h("label", { class: "field wide" }, h("span", {}, t("sessions.find")), find), ended,
    h("label", { class: "check" }, errors, " ", t("sessions.onlyErrors")));
  return [h("h1", { tabindex: "-1" }, t("sessions.title")), filterBar(), finding, feed.element];
}

function empty(find) {
  return h("div", { class: "empty" }, h("p", {}, t("empty.sessions"), " ", byId(find)), h("p", {}, t("empty.how"), " ", h("code", {}, "POST /api/v1/sessions")));
}
