// The bar above a view: which span of time, which devices, which type of video, and when to ask again.
import { forgetAnswers } from "./api.js";
import { button, choice, h } from "./dom.js";
import { place, RANGES, rangeName, setFilters, span } from "./router.js";
import { t } from "./words.js";

function dates(filters) {
  const today = new Date().toISOString().slice(0, 10);
  const changed = () => {
    to.setCustomValidity(from.value > to.value ? t("filter.order") : "");
    if (from.reportValidity() && to.reportValidity() && from.value && to.value) setFilters({ from: from.value, to: to.value });
  };
  const from = h("input", { type: "date", max: today, value: filters.from ?? "", onchange: changed });
  const to = h("input", { type: "date", max: today, value: filters.to ?? "", onchange: changed });
  return [h("label", { class: "field" }, h("span", {}, t("filter.from")), from), h("label", { class: "field" }, h("span", {}, t("filter.to")), to)];
}

export function filterBar({ types = true, live = true } = {}) {
  const { filters } = place();
  const range = choice(t("filter.range"), RANGES.map((one) => [one, t(`range.${one}`)]), filters.range ?? "7d", (value) => {
    const { startDate, endDate } = span(filters).range;
    setFilters({ range: value === "7d" ? undefined : value, ...(value === "custom" && { from: startDate.slice(0, 10), to: endDate.slice(0, 10) }) });
  });
  const device = choice(t("filter.device"), [["", t("filter.all")], ["PC", t("device.PC")], ["Mobile", t("device.Mobile")]], filters.device ?? "",
    (value) => setFilters({ device: value || undefined }));
  const type = choice(t("filter.type"), [["", t("filter.all")], ["VOD", t("type.VOD")], ["LIVE", t("type.LIVE")]], filters.type ?? "",
    (value) => setFilters({ type: value || undefined }));
  const asks = h("label", { class: "check" }, h("input", { type: "checkbox", checked: filters.live === "1",
    onchange: (event) => setFilters({ live: event.target.checked ? "1" : undefined }) }), " ", t("filter.live"));
  const again = button(t("filter.refresh"), () => {
    forgetAnswers();
    dispatchEvent(new Event("mediabeat-refresh"));
  });
  return h("section", { class: "filters", "aria-label": t("filter.title") }, range, filters.range === "custom" && dates(filters), types && device, types && type,
    h("span", { class: "asks" }, live && asks, again), h("p", { class: "quiet span" }, rangeName(filters)));
}
