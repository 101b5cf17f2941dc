// All figures of a session, each with its unit and a sentence.
import { foreign, h } from "./dom.js";
import { exportButtons } from "./exports.js";
import { duration, number } from "./formats.js";
import { table } from "./tables.js";
import { shownLanguage, t } from "./words.js";

const ELSEWHERE = new Set(["ads", "chapters"]);
const MEANINGS = { en: "./metrics.en.json", ja: "./metrics.ja.json", ko: "./metrics.ko.json" };
const sentences = {};

// What each figure means, in the language that is shown now. A figure of a later release has no sentence yet.
export async function loadMeanings() {
  const language = shownLanguage();
  const answer = sentences[language] ? null : await fetch(new URL(MEANINGS[language], import.meta.url)).catch(() => null);
  if (answer?.ok) sentences[language] = await answer.json();
}

// A sentence has its code between backticks, as in METRICS.md.
function meaning(name) {
  const parts = (sentences[shownLanguage()]?.[name] ?? "").split("`");
  return h("span", { class: "meaning" }, parts.map((part, at) => (at % 2 ? h("code", {}, part) : part)));
}

function shown(name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (name.endsWith("_ms") && typeof value === "number") return duration(value / 1000);
  if (name.endsWith("_bps") && typeof value === "number") return `${number(value / 1000)} kbit/s`;
  if (typeof value === "number") return number(value, 3);
  return foreign(typeof value === "object" ? JSON.stringify(value) : value);
}

export function metricsTable(metrics, asked) {
  const names = Object.keys(metrics).filter((name) => !ELSEWHERE.has(name));
  const rows = () => names.map((name) => [name, typeof metrics[name] === "object" ? JSON.stringify(metrics[name]) : metrics[name]]);
  const columns = [
    { name: t("column.metric"), cell: (name) => h("code", {}, name) },
    { name: t("column.value"), number: true, cell: (name) => shown(name, metrics[name]) },
    { name: t("column.meaning"), cell: meaning },
  ];
  return h("div", { class: "metrics" }, table(columns, names, { caption: t("session.metrics"), isWhole: true }),
    exportButtons("metrics", () => ({ header: ["metric", "value"], rows: rows() }), asked));
}
