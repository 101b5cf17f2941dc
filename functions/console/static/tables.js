// Tables: cells with bars, and a frame that scrolls on a narrow screen.
import { h } from "./dom.js";

// `columns`: { name, cell(row), number }. A cell is a node or a text.
export function table(columns, rows, { caption, isWhole = false, rowAttributes = () => ({}) } = {}) {
  const head = columns.map((column) => h("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": column.sorted }, column.name));
  const body = rows.map((row, index) => h("tr", rowAttributes(row, index), columns.map((column, at) => {
    const name = at === 0 ? "th" : "td";
    return h(name, { scope: at === 0 ? "row" : null, class: column.number ? "number" : null }, column.cell(row, index));
  })));
  const shown = h("table", {}, caption && h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  return h("div", { class: isWhole ? "scroll whole" : "scroll", tabindex: "0", role: "group", "aria-label": caption }, shown);
}

// A number with a bar behind it, as long as its share of the largest.
export function barCell(text, share) {
  return h("span", { class: "bar", style: { "--share": `${Math.max(0, Math.min(1, share)) * 100}%` } }, text);
}
