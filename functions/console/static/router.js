// The view and its filters live in the address after `#`: a link, a reload and the way back show the same again.
// Neither the key nor the project is ever there.
import { DAY_MS, HOUR_MS, MINUTE_MS, utcDay, zoneName } from "./formats.js";
import { t } from "./words.js";

export const VIEWS = ["overview", "sessions", "contents"];
const KEPT = ["range", "from", "to", "device", "type", "live"];
export const RANGES = ["1h", "24h", "7d", "30d", "custom"];
const DAY = /^\d{4}-\d\d-\d\d$/;

export function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, id] = path.split("/").map(decodeURIComponent);
  const known = view === "session" ? id && "session" : VIEWS.find((one) => one === view);
  return { view: known || "overview", id, filters: Object.fromEntries(new URLSearchParams(query)) };
}

// The address of a view; it keeps the filters that all views share, and gets those that are given.
export function hrefTo(view, filters = {}, id = "") {
  const now = place().filters;
  const kept = Object.fromEntries(KEPT.filter((name) => now[name]).map((name) => [name, now[name]]));
  const query = new URLSearchParams(Object.entries({ ...kept, ...filters }).filter(([, value]) => value));
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${query.size ? `?${query}` : ""}`;
}

// Change filters of the shown view. `undefined` removes one.
export function setFilters(changes, { quietly = false } = {}) {
  const { view, id, filters } = place();
  const href = hrefTo(view, { ...filters, ...changes }, id);
  if (quietly) history.replaceState(null, "", href);
  else location.hash = href;
}

export const utcText = (at) => new Date(at).toISOString().slice(0, 19).concat("Z");
const day = (at) => new Date(at).toISOString().slice(0, 10);

const COMPARED = 0.75; // of a span has to be over: a part says little about the whole

// The span of time of the filters. `before` is the time before it: as many steps of `stepMs` as are over in the span; null if too few are.
export function span(filters, now = Date.now(), stepMs = DAY_MS) {
  const length = { "1h": HOUR_MS, "24h": DAY_MS }[filters.range];
  const today = Date.parse(day(now));
  let [start, end] = [today - ((filters.range === "30d" ? 30 : 7) - 1) * DAY_MS, today + DAY_MS];
  if (length) {
    end = Math.ceil(now / MINUTE_MS) * MINUTE_MS; // parts of a view that ask in the same minute share an answer
    start = end - length;
  } else if (filters.range === "custom" && DAY.test(filters.from) && DAY.test(filters.to) && filters.from <= filters.to) {
    [start, end] = [Date.parse(filters.from), Date.parse(filters.to) + DAY_MS];
  }
  const first = Math.floor(start / stepMs) * stepMs;
  const over = Math.floor((Math.min(end, now) - first) / stepMs);
  const before = over * stepMs >= COMPARED * (end - first) ? { startDate: utcText(first - over * stepMs), endDate: utcText(first - 1000) } : null;
  const range = length ? { startDate: utcText(start), endDate: utcText(end) } : { startDate: day(start), endDate: day(end - DAY_MS) };
  return { start, end, isDays: !length && end - start > DAY_MS, range, before };
}

export function kinds(filters) {
  return { ...(filters.device && { device: filters.device }), ...(filters.type && { videoType: filters.type }) };
}

// The range in words, with the zone in which its steps are cut.
export function rangeName(filters) {
  const { start, end, isDays } = span(filters);
  if (filters.range === "1h" || filters.range === "24h") return t("range.named", { range: t(`range.${filters.range}`), zone: zoneName() });
  const days = isDays ? `${utcDay(start)} – ${utcDay(end - DAY_MS)}` : utcDay(start);
  return t("range.utcDays", { days });
}
