// What is shown, as CSV, and the request that asks for it.
import { curlOf, project } from "./api.js";
import { button, h } from "./dom.js";
import { t } from "./words.js";

// A spreadsheet would run a text that begins like a formula.
function cell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "");
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function csvOf(header, rows) {
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n").concat("\r\n");
}

function save(name, text) {
  const href = URL.createObjectURL(new Blob([`\ufeff${text}`], { type: "text/csv" }));
  const link = h("a", { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

// Two buttons under every table and chart. `table` returns the header and the rows that are shown; `asked` is path and query.
export function exportButtons(name, table, asked) {
  const command = h("pre", { class: "command", hidden: true, tabindex: "0" });
  const copied = h("span", { role: "status", class: "quiet" });
  const csv = button(t("export.csv"), () => {
    const { header, rows } = table();
    save(`${project() ?? "mediabeat"}-${name}.csv`, csvOf(header, rows));
  }, { "aria-label": `${t("export.csv")}: ${name}` });
  const curl = button("curl", async () => {
    command.hidden = !command.hidden;
    curl.setAttribute("aria-expanded", String(!command.hidden));
    command.textContent = asked.map(([path, query]) => curlOf(path, query)).join("\n");
    if (command.hidden) return;
    const isCopied = await navigator.clipboard?.writeText(command.textContent).then(() => true, () => false);
    copied.textContent = isCopied ? t("export.copied") : "";
  }, { "aria-expanded": "false", "aria-label": `curl: ${name}` });
  return [h("span", { class: "buttons" }, csv, curl, copied), command];
}
