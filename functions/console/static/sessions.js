// The newest sessions: sort them, find some of them, open one.
import { ask, MOST_SESSIONS, SESSIONS_PATH } from "./api.js";
import { button, choice, foreign, h } from "./dom.js";
import { ending, OUTCOMES, word } from "./endings.js";
import { exportButtons } from "./exports.js";
import { Feed } from "./feed.js";
import { filterBar } from "./filters.js";
import { dayAndTime, duration, MINUTE_MS, momentOf, number, zoneName } from "./formats.js";
import { hrefTo, kinds, place, setFilters, span } from "./router.js";
import { table } from "./tables.js";
import { t } from "./words.js";

const SESSION = /^(?:[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

const systemOf = (row) => `${row.deviceType ?? row.device} ${row.os}`;
const errorsOf = (row) => (row.isError ? row.errorIds.join(", ") || t("session.error") : "");
const seconds = (value) => duration(value);
const COLUMNS = [
  ["when", (row) => row.logDate, (row) => h("a", { href: hrefTo("session", {}, row.sessionId ?? row.uuid) }, dayAndTime(momentOf(row.logDate)))],
  ["content", (row) => row.title ?? "", (row) => h("span", { class: "title" }, row.title === undefined ? "–" : foreign(row.title))],
  ["outcome", (row) => row.outcome ?? row.closeReason ?? "", (row) => (row.unreadable ? t("session.unreadable") : ending(row.outcome, row.closeReason))],
  ["error", errorsOf, (row) => row.isError && h("span", { class: "error-mark" }, "✕\u00a0", foreign(errorsOf(row)))],
  ["viewer", (row) => row.uuid, (row) => h("code", { title: row.uuid }, row.uuid.slice(0, 8))],
  ["system", systemOf, (row) => [word("deviceType", row.deviceType ?? row.device), ", ", foreign(row.os.replace(" / ", " "))]],
  ["site", (row) => row.origin, (row) => foreign(row.origin.replace(/^https?:\/\//, ""))],
  ["waited", (row) => row.totalStartTime, (row) => seconds(row.totalStartTime), true],
  ["rebuffered", (row) => row.rebufferingTime, (row) => seconds(row.rebufferingTime), true],
  ["played", (row) => row.playingTime, (row) => seconds(row.playingTime), true],
  ["score", (row) => row.experienceScore ?? -1, (row) => (row.experienceScore === null ? "–" : number(row.experienceScore)), true],
];

function sorted(rows, { sort = "when", order = "down" }) {
  const of = COLUMNS.find(([name]) => name === sort)?.[1] ?? COLUMNS[0][1];
  const compared = (a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b)));
  return rows.toSorted((a, b) => compared(of(a), of(b)) * (order === "up" ? 1 : -1));
}

function found(rows, { find = "", errors, ended }) {
  const text = find.toLowerCase();
  const isFound = (row) => [row.uuid, row.sessionId, row.title, ...row.errorIds, row.os, row.deviceType, row.origin, row.logDate].some((one) => String(one ?? "").toLowerCase().includes(text));
  return rows.filter((row) => (!errors || row.isError) && (!ended || (ended === "open" ? !row.closeReason && !row.unreadable : row.outcome === ended)) && (!text || isFound(row)));
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

function list(rows, redraw, asked) {
  const { filters } = place();
  const shown = sorted(found(rows, filters), filters);
  const columns = COLUMNS.map(([name, , cell, isNumber]) => {
    const { node, sorted: order } = heading(name, filters, redraw);
    return { name: node, sorted: order, cell, number: isNumber };
  });
  const header = ["logDate", "sessionId", "title", "outcome", "closeReason", "errorIds", "isError", "uuid", "os", "deviceType", "origin", "totalStartTime", "rebufferingTime", "playingTime", "experienceScore"];
  return [
    h("p", { class: "quiet", role: "status" }, t("sessions.shown", { shown: number(shown.length), loaded: number(rows.length) }),
      rows.length === MOST_SESSIONS ? ` ${t("sessions.newest", { limit: number(MOST_SESSIONS) })}` : "", ` ${t("sessions.times", { zone: zoneName() })}`),
    shown.length ? table(columns, shown, { caption: t("sessions.title"), isWhole: true }) : h("p", { class: "empty" }, t("empty.found")),
    ...exportButtons("sessions", () => ({ header, rows: shown.map((row) => header.map((name) => row[name])) }), asked),
  ];
}

export function sessionsView({ signal }) {
  const { filters } = place();
  const query = () => ({ ...kinds(filters), ...span(filters).range, limit: MOST_SESSIONS });
  const failure = h("span", { class: "failure", role: "alert" });
  const id = h("input", { name: "id", type: "search", spellcheck: "false", autocomplete: "off", "data-search": true });
  const open = h("form", { class: "by-id", onsubmit: (event) => {
    event.preventDefault();
    const text = id.value.trim();
    if (SESSION.test(text)) location.hash = hrefTo("session", {}, text.toLowerCase());
    else failure.textContent = t("sessions.noId");
  } }, h("label", { class: "field" }, h("span", {}, t("sessions.open")), id), h("button", {}, t("sessions.show")), failure);
  let rows = null;
  const holder = h("div");
  const redraw = (focused) => {
    if (rows === null) return;
    holder.replaceChildren(...(rows.length ? list(rows, () => redraw(document.activeElement?.dataset.sort), [[SESSIONS_PATH, query()]]) : [empty()]));
    if (focused) holder.querySelector(`[data-sort="${focused}"]`)?.focus();
  };
  const find = h("input", { type: "search", value: filters.find ?? "", oninput: () => {
    setFilters({ find: find.value || undefined }, { quietly: true });
    redraw();
  } });
  const errors = h("input", { type: "checkbox", checked: filters.errors === "1", onchange: () => {
    setFilters({ errors: errors.checked ? "1" : undefined }, { quietly: true });
    redraw();
  } });
  const ended = choice(t("column.outcome"), [["", t("filter.all")], ["open", t("session.open")], ...OUTCOMES.map((one) => [one, t(`outcome.${one}`)])], filters.ended ?? "", (value) => {
    setFilters({ ended: value || undefined }, { quietly: true });
    redraw();
  });
  const feed = new Feed({ signal, everyMs: filters.live === "1" ? MINUTE_MS : 0, load: () => ask(SESSIONS_PATH, query()), draw: ({ result }) => {
    const focused = document.activeElement?.dataset.sort;
    rows = result;
    redraw(focused);
    return holder;
  } });
  const finding = h("div", { class: "find" }, h("label", { class: "field" }, h("span", {}, t("sessions.find")), find), ended,
    h("label", { class: "check" }, errors, " ", t("sessions.onlyErrors")));
  return [h("h1", { tabindex: "-1" }, t("sessions.title")), filterBar(), h("div", { class: "searches" }, finding, open), feed.element];
}

function empty() {
  return h("div", { class: "empty" }, h("p", {}, t("empty.sessions")), h("p", {}, t("empty.how"), " ", h("code", {}, "POST /api/v1/sessions")));
}
