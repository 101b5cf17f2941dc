// Is it only this session, and since when? The newest sessions are searched for the same trouble, group by group.
import { MOST_SESSIONS, SESSIONS_PATH } from "./api.js";
import { beginning, cut, foreign, h } from "./dom.js";
import { word } from "./endings.js";
import { exportButtons } from "./exports.js";
import { Feed } from "./feed.js";
import { DAY_MS, dayAndTime, momentOf, number, siteName, systemName } from "./formats.js";
import { listSessions } from "./listing.js";
import { hrefTo, utcText } from "./router.js";
import { table } from "./tables.js";
import { gap, phrase, shownLocale, t } from "./words.js";

const PAGES = 4;
const TROUBLES = ["play_failure", "start_failure", "exit_before_start", "business_error"];

// What went wrong, the sessions of the list that have it too, and the filters that show them. None if nothing did.
export function troubleOf({ error, metrics }) {
  const id = beginning(error.findLast((one) => one.errorId)?.errorId);
  if (id) return { key: `id ${id}`, name: foreign(id), filters: { find: `"${id}"` }, isIn: (row) => row.errorIds.includes(id) };
  if (error.length) return { key: "error", name: t("session.error"), filters: { errors: "1" }, isIn: (row) => row.isError };
  const { outcome } = metrics;
  return TROUBLES.includes(outcome) ? { key: outcome, name: word("outcome", outcome), filters: { ended: outcome }, isIn: (row) => row.outcome === outcome } : null;
}

// The groups that this session belongs to. `find` is what the view of sessions searches for.
function groupsOf({ uuid, user, media }) {
  const title = beginning(media.name || media.id);
  const system = systemName(user.os);
  const site = siteName(user.origin);
  const isOfTitle = (row) => row.title === title;
  const isOfSystem = (row) => row.os === user.os;
  return [
    { name: t("filter.all"), shown: "", isIn: () => true },
    { name: t("fact.viewer"), shown: uuid.slice(0, 8), find: uuid, isIn: (row) => row.uuid === uuid },
    { name: t("fact.content"), shown: title, find: `"${title}"`, isIn: isOfTitle },
    { name: t("fact.system"), shown: system, find: `"${system}"`, isIn: isOfSystem },
    site && { name: t("fact.site"), shown: site, find: `"${site}"`, isIn: (row) => row.origin === user.origin },
    { name: t("alike.both"), shown: `${system}, ${title}`, isIn: (row) => isOfTitle(row) && isOfSystem(row) },
  ].filter(Boolean);
}

// The last seven days, if the session began in them; else the days before and after it: as a query, and as filters of the list,
// whose seven days begin at midnight.
function daysAround(begin, now = Date.now()) {
  const isRecent = now - begin < 6 * DAY_MS;
  const [startDate, endDate] = (isRecent ? [now - 7 * DAY_MS, now] : [begin - DAY_MS, begin + DAY_MS]).map(utcText);
  const days = isRecent ? { range: "7d" } : { range: "custom", from: startDate.slice(0, 10), to: endDate.slice(0, 10) };
  return { query: { startDate, endDate, limit: MOST_SESSIONS }, list: (filters) => hrefTo("sessions", { ...days, device: "", type: "", ...filters }) };
}

const timeOf = (date) => (date ? dayAndTime(momentOf(date)) : "–");

function listed(texts) {
  const parts = new Intl.ListFormat(shownLocale(), { type: "conjunction" }).formatToParts(texts);
  return parts.map(({ type, value }) => (type === "element" ? foreign(value) : value));
}

// The list may not say yet, or not any more, that this session has it.
function compared(rows, since, { sessionId }, trouble, groups) {
  const hasIt = (row) => row.sessionId === sessionId || trouble.isIn(row);
  const lines = groups.map((group) => {
    const inGroup = rows.filter(group.isIn);
    const withIt = inGroup.filter(hasIt);
    const dates = withIt.map((row) => row.logDate).toSorted();
    return { ...group, sessions: inGroup.length, withIt: withIt.length, first: dates[0], latest: dates.at(-1) };
  });
  const [all, ...groupsOfIt] = lines;
  const viewers = new Set(rows.filter(hasIt).map((row) => row.uuid)).size;
  const values = { count: number(all.withIt), total: number(all.sessions), since: dayAndTime(since), viewers: number(viewers), first: timeOf(all.first), trouble: h("strong", {}, trouble.name) };
  const shared = groupsOfIt.filter((group) => group.find && all.withIt > 1 && group.withIt === all.withIt);
  const others = rows.filter((row) => row.sessionId !== sessionId && trouble.isIn(row)).length;
  const says = h("p", {}, phrase(others ? "alike.others" : "alike.only", values),
    shared.length > 0 && [gap(), phrase("alike.shared", { list: listed(shared.map((group) => group.shown)) })]);
  return { lines, says };
}

export function alike(result, trouble, { begin, signal }) {
  const { query, list } = daysAround(begin);
  const link = (href, words) => h("li", {}, h("a", { href }, words));
  const links = h("ul", {}, trouble && link(list(trouble.filters), t("alike.list")), link(list({ find: result.uuid }), t("alike.viewer")),
    link(hrefTo("overview", { range: "7d", device: result.user.device, type: "" }), t("alike.overview")));
  if (!trouble) return [links];
  const header = ["group", "of", "sessions", "withIt", "first", "latest"];
  const columns = [
    { name: t("alike.among"), cell: ({ name, shown, find }) => [`${name} `, find ? h("a", { href: list({ find }) }, foreign(shown)) : foreign(shown)] },
    { name: t("sessions.title"), number: true, cell: (line) => number(line.sessions) },
    { name: t("alike.with"), number: true, cell: (line) => number(line.withIt) },
    { name: t("alike.first"), cell: (line) => timeOf(line.first) },
    { name: t("alike.latest"), cell: (line) => timeOf(line.latest) },
  ];
  const feed = new Feed({ signal, load: () => listSessions(query, PAGES), draw: ({ rows, isWhole }) => {
    const since = isWhole ? Date.parse(query.startDate) : momentOf(rows.at(-1).startedAt);
    const { lines, says } = compared(rows, since, result, trouble, groupsOf(result));
    const cells = () => lines.map((line) => [line.name, cut(line.shown), line.sessions, line.withIt, line.first, line.latest]);
    return [says, table(columns, lines, { caption: t("alike.title") }), ...exportButtons("alike", () => ({ header, rows: cells() }), [[SESSIONS_PATH, query]])];
  } });
  return [feed.element, links];
}
