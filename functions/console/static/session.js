// One viewing: what it was, how it went, and where it went wrong.
import { alike, troubleOf } from "./alike.js";
import { ask, SESSIONS_PATH } from "./api.js";
import { cut, foreign, foreignLink, h } from "./dom.js";
import { ending, word } from "./endings.js";
import { exportButtons } from "./exports.js";
import { Feed } from "./feed.js";
import { dayAndTime, duration, MINUTE_MS, momentOf, number, systemName, zoneName } from "./formats.js";
import { figure, loadMeanings, metricsTable } from "./metrics.js";
import { hrefTo, place } from "./router.js";
import { table } from "./tables.js";
import { stretchesOf, timeline } from "./timeline.js";
import { verdict } from "./verdict.js";
import { t } from "./words.js";

const WHOLE_LOG = 60; // lines; a longer log scrolls in its frame
const ofMs = (value) => duration(typeof value === "number" ? value / 1000 : null);

function facts({ media, user, player, metrics, uuid, sessionId, startedAt, startTime }) {
  const rows = [
    ["fact.outcome", ending(metrics.outcome, metrics.close_reason)],
    ["fact.closed", metrics.close_reason ? word("close", metrics.close_reason) : t("session.notClosed")],
    ["fact.score", metrics.experience_score === null || metrics.experience_score === undefined ? "–" : number(metrics.experience_score, 1)],
    ["fact.content", foreignLink(String(media.url ?? ""), media.name || media.id)],
    ["fact.type", word("type", media.videoType)],
    ["fact.length", Number(media.length) > 0 ? duration(Number(media.length)) : "–"],
    ["fact.begin", dayAndTime(momentOf(startedAt))],
    ["fact.start", duration(startTime.totalStartTimeSum)],
    ["fact.waited", t("fact.waits", { buffered: ofMs(metrics.total_buffer_duration_ms), stalls: metrics.stall_events ?? "–", stalled: ofMs(metrics.total_stall_duration_ms) })],
    ["fact.player", foreign(`${player.playerName} ${player.playerVersion}`)],
    ["fact.system", foreign(systemName(user.os))],
    ["fact.browser", foreign(user.browser)],
    ["fact.device", word("deviceType", user.deviceType ?? user.device)],
    ["fact.site", foreignLink(user.origin)],
    ["fact.page", foreignLink(user.visitedPage)],
    ["fact.viewer", h("code", {}, uuid)],
    ["fact.session", h("code", {}, sessionId)],
  ];
  return h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", { class: name === "fact.viewer" || name === "fact.session" ? "id" : null }, h("dt", {}, t(name)), h("dd", {}, value || "–"))));
}

function errorTable(errors) {
  if (!errors.length) return h("p", { class: "quiet" }, t("session.noErrors"));
  return table([
    { name: t("column.at"), cell: (row) => dayAndTime(momentOf(row.logDate)) },
    { name: t("column.position"), cell: (row) => row.videoTime },
    { name: t("column.errorId"), cell: (row) => (row.errorId === null ? "–" : foreign(row.errorId)) },
    { name: t("column.source"), cell: (row) => foreign(row.errorSource) },
  ], errors, { caption: t("session.errors") });
}

// Ads or chapters, with the figures that at least one of them has.
function partsTable(parts, title) {
  if (!parts?.length) return h("p", { class: "quiet" }, t("session.none"));
  const names = [...new Set(parts.flatMap(Object.keys))].filter((name) => parts.some((part) => (part[name] ?? null) !== null));
  const columns = names.map((name) => ({ name: word("part", name.replace(/_m?s$/, "")), number: /_m?s$/.test(name), cell: (part) => figure(name, part[name]) }));
  return table(columns, parts, { caption: title });
}

function logTable(log, picture, memory) {
  const rows = [];
  const mark = (index) => rows.forEach((row, at) => {
    row.classList.toggle("selected", at === index);
    row.querySelector("button").setAttribute("aria-pressed", String(at === index));
  });
  const select = (index, scrolls) => {
    mark(index);
    picture().highlight(index);
    if (scrolls) rows[index]?.scrollIntoView({ block: "nearest" });
  };
  const element = table([
    { name: t("column.ended"), cell: (line, index) => h("button", { type: "button", class: "plain", "aria-pressed": "false", onclick: () => select(index, false) }, dayAndTime(momentOf(line.logDate))) },
    { name: t("column.action"), cell: (line) => word("action", line.actionType) },
    { name: t("column.position"), cell: (line) => line.videoTime },
    { name: t("column.duration"), number: true, cell: (line) => duration(line.actionDuration / 1000) },
  ], log, { caption: t("session.log"), isWhole: log.length <= WHOLE_LOG, rowAttributes: (line) => ({ class: `action-${line.actionType}` }) });
  rows.push(...element.querySelectorAll("tbody tr"));
  mark(memory.selected);
  return { element, select };
}

export function sessionView({ signal }) {
  const { id, filters } = place();
  const path = `${SESSIONS_PATH}/${encodeURIComponent(id)}`;
  const title = h("h1", { tabindex: "-1" }, t("session.title"));
  const feed = new Feed({ signal, load: async () => {
    const [answer] = await Promise.all([ask(path), loadMeanings()]);
    return answer;
  }, draw: ({ result }, memory) => {
    if (id !== result.sessionId) history.replaceState(null, "", hrefTo("session", filters, result.sessionId));
    memory.isNewest ??= id === result.uuid;
    const isOpen = !result.metrics.close_reason;
    feed.everyMs = isOpen ? MINUTE_MS : 0;
    feed.dueAt = isOpen ? Date.now() + MINUTE_MS : 0;
    title.replaceChildren(t("session.title"), ": ", h("bdi", {}, cut(result.media.name || result.media.id)));
    const stretches = stretchesOf(result);
    const log = stretches.map((one) => one.line);
    const begin = stretches[0]?.start ?? Date.now();
    let picture = null;
    const lines = logTable(log, () => picture, memory);
    if (log.length) picture = timeline(stretches, { memory, select: (index) => lines.select(index, true), hasGaps: !result.interruptions });
    const trouble = troubleOf(result);
    if (!memory.alike || memory.trouble !== trouble?.key) { // it is asked once, and not each minute
      memory.leaving?.abort();
      memory.leaving = new AbortController();
      memory.trouble = trouble?.key;
      memory.alike = alike(result, trouble, { begin, signal: AbortSignal.any([signal, memory.leaving.signal]) });
    }
    const header = ["logDate", "videoTime", "actionType", "actionDuration"];
    const asked = [[`${SESSIONS_PATH}/${result.sessionId}`, {}]];
    const { ads, chapters } = result.metrics;
    return [
      result.asOf && h("p", { class: "warning" }, t("session.asOf", { time: dayAndTime(momentOf(result.asOf)) })),
      memory.isNewest && h("p", { class: "warning" }, t("session.newest"), " ", h("a", { href: hrefTo("sessions", { find: result.uuid }) }, t("alike.viewer"))),
      verdict(result, stretches),
      facts(result),
      h("section", { "aria-label": t("timeline.title") }, h("h2", {}, t("timeline.title")), h("p", { class: "quiet" }, t("sessions.times", { zone: zoneName() })), picture?.element ?? h("p", { class: "empty" }, t("session.noLog"))),
      h("section", { "aria-label": t("session.errors") }, h("h2", {}, t("session.errors")), errorTable(result.error)),
      h("section", { "aria-label": t("alike.title") }, h("h2", {}, t("alike.title")), memory.alike),
      h("section", { "aria-label": t("session.log") }, h("h2", {}, t("session.log")),
        result.sessionLogTotal && h("p", { class: "warning" }, t("session.cut", { total: number(result.sessionLogTotal) })),
        log.length > 0 && lines.element,
        ...exportButtons("session-log", () => ({ header, rows: log.map((line) => header.map((name) => line[name])) }), asked)),
      h("section", { "aria-label": t("session.metrics") }, h("h2", {}, t("session.metrics")), metricsTable(result.metrics, asked)),
      h("section", { "aria-label": t("session.ads") }, h("h2", {}, t("session.ads")), partsTable(ads, t("session.ads"))),
      h("section", { "aria-label": t("session.chapters") }, h("h2", {}, t("session.chapters")), partsTable(chapters, t("session.chapters"))),
    ];
  } });
  return [h("p", {}, h("a", { href: hrefTo("sessions", filters) }, `← ${t("sessions.title")}`)), title, feed.element];
}
