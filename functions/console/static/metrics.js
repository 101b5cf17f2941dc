// All figures of a session, each with its unit and a sentence.
import { foreign, h } from "./dom.js";
import { exportButtons } from "./exports.js";
import { duration, number } from "./formats.js";
import { table } from "./tables.js";
import { inLanguage, t } from "./words.js";

const ELSEWHERE = new Set(["ads", "chapters"]);
let sentences = {};

// What each figure means, in each language, as METRICS.md says it. A figure of a later release has no sentence yet.
export async function loadMeanings() {
  const answer = Object.keys(sentences).length ? null : await fetch(new URL("./metrics.json", import.meta.url)).catch(() => null);
  if (answer?.ok) sentences = await answer.json();
}

// A sentence has its code between backticks, as in METRICS.md.
function meaning(name) {
  const parts = (inLanguage(sentences[name]) ?? "").split("\x60"); // the backtick
  return h("span", { class: "meaning" }, parts.map((part, at) => (at % 2 ? h("code", {}, part) : part)));
}

// A figure as its name tells what it is: `_ms` and `_s` are durations.
export function figure(name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (name.endsWith("_ms") && typeof value === "number") return duration(value / 1000);
  if (name.endsWith("_bps") && typeof value === "number") return `${number(value / 1000)} kbit/s`;
  if (name.endsWith("_s") && typeof value === "number") return duration(value);
  if (typeof value === "number") return number(value, 3);
  return foreign(typeof value === "object" ? JSON.stringify(value) : value);
}

export function metricsTable(metrics, asked) {
  const names = Object.keys(metrics).filter((name) => !ELSEWHERE.has(name));
  const rows = () => names.map((name) => [name, typeof metrics[name] === "object" ? JSON.stringify(metrics[name]) : metrics[name]]);
  const columns = [
    { name: t("column.metric"), cell: (name) => [h("code", {}, name), " ", meaning(name)] },
    { name: t("column.value"), number: true, cell: (name) => figure(name, metrics[name]) },
  ];
  return h("div", { class: "metrics" }, table(columns, names, { caption: t("session.metrics"), isWhole: true }),
    exportButtons("metrics", () => ({ header: ["metric", "value"], rows: rows() }), asked));
}
