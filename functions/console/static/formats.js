// Numbers, durations and times as the reader's language writes them, in the chosen time zone.
import { chosenZone } from "./choices.js";
import { shownLanguage, shownLocale, t } from "./words.js";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

// To make a formatter takes as long as a hundred uses of it, and a long session has thousands of times and durations.
const made = new Map();
function formatter(Kind, options) {
  const key = [Kind.name, shownLocale(), JSON.stringify(options)].join(" ");
  if (!made.has(key)) made.set(key, new Kind(shownLocale(), options));
  return made.get(key);
}

export function number(value, digits = 0) {
  return formatter(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value);
}

export function percent(ratio, digits = 1) {
  return formatter(Intl.NumberFormat, { style: "percent", maximumFractionDigits: digits }).format(ratio);
}

// Japanese: the narrow form has Latin units, the short one has spaces.
const joined = (text) => (shownLanguage() === "ja" ? text.replaceAll(" ", "") : text);

function unit(value, name, digits = 0) {
  const unitDisplay = shownLanguage() === "ja" ? "short" : "narrow";
  return joined(formatter(Intl.NumberFormat, { style: "unit", unit: name, unitDisplay, maximumFractionDigits: digits }).format(value));
}

function two(large, largeUnit, small, smallUnit) {
  return small ? joined(`${unit(large, largeUnit)} ${unit(small, smallUnit)}`) : unit(large, largeUnit);
}

// 3.2s, 4m 10s, 5h 3m, 1,204h, 3.2秒, 4分10秒: time that was watched is counted in hours, not in days.
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–"; // unknown is not zero
  const whole = Math.round(seconds);
  if (whole < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  if (whole < 3600) return two(Math.floor(whole / 60), "minute", whole % 60, "second");
  if (whole < 86400) return two(Math.floor(whole / 3600), "hour", Math.floor(whole / 60) % 60, "minute");
  return unit(whole / 3600, "hour");
}

// `Tizen / 7.0` as people say it.
export function systemName(os) {
  return os.replace(" / ", " ");
}

export function siteName(origin) {
  return origin.replace(/^https?:\/\//, "");
}

// The API writes moments in UTC as `YYYY-MM-DD HH:mm:ss`.
export function momentOf(text) {
  return Date.parse(`${text.replace(" ", "T")}Z`);
}

function dated(at, options, zone) {
  return formatter(Intl.DateTimeFormat, { timeZone: zone, ...options }).format(at);
}

export function dayAndTime(at) {
  return dated(at, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }, chosenZone());
}

export function dayAndClock(at) {
  return dated(at, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, chosenZone());
}

export function clock(at, seconds = false) {
  return dated(at, { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, hourCycle: "h23" }, chosenZone());
}

// A bucket of a whole day is a UTC day, whatever zone is chosen.
export function utcDay(at) {
  return dated(at, { month: "short", day: "numeric" }, "UTC");
}

export function zoneName() {
  return chosenZone() === "UTC" ? "UTC" : t("zone.named", { zone: chosenZone() });
}

export function ago(at) {
  const seconds = Math.round((Date.now() - at) / 1000);
  const relative = new Intl.RelativeTimeFormat(shownLocale(), { numeric: "always" });
  return joined(seconds < 90 ? relative.format(-seconds, "second") : relative.format(-Math.round(seconds / 60), "minute"));
}
