// All figures of a session, each with its unit.
import { foreign, h } from "./dom.js";
import { exportButtons } from "./exports.js";
import { duration, number } from "./formats.js";
import { table } from "./tables.js";
import { t } from "./words.js";

const ELSEWHERE = new Set(["ads", "chapters"]);

function shown(name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (name.endsWith("_ms") && typeof value === "number") return duration(value / 1000);
  if (name.endsWith("_bps") && typeof value === "number") return `${number(value / 1000)} kbit/s`;
  if (typeof value === "number") return number(value, 3);
  return foreign(typeof value === "object" ? JSON.stringify(value) : value);
}

const halves = (names) => [names.slice(0, Math.ceil(names.length / 2)), names.slice(Math.ceil(names.length / 2))];

export function metricsTable(metrics, asked) {
  const names = Object.keys(metrics).filter((name) => !ELSEWHERE.has(name));
  const rows = () => names.map((name) => [name, typeof metrics[name] === "object" ? JSON.stringify(metrics[name]) : metrics[name]]);
  return h("div", { class: "metrics" },
    h("div", { class: "columns" }, halves(names).map((half) => table([{ name: t("column.metric"), cell: (name) => h("code", {}, name) }, { name: t("column.value"), number: true, cell: (name) => shown(name, metrics[name]) }], half, { caption: t("session.metrics"), isWhole: true }))),
    exportButtons("metrics", () => ({ header: ["metric", "value"], rows: rows() }), asked));
}
