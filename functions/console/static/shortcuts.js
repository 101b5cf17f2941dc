// Single keys for those who want them: off while somebody types, and off for good in the dialog.
import { choices, choose } from "./choices.js";
import { button, h } from "./dom.js";
import { t } from "./words.js";

const KEYS = [["j", "key.next"], ["k", "key.previous"], ["Enter", "key.open"], ["/", "key.search"], ["?", "key.help"]];

function move(step) {
  const links = [...document.querySelectorAll("main tbody a, main tbody button.plain")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + step))].focus();
}

export function showHelp() {
  const isOn = h("input", { type: "checkbox", checked: choices.shortcuts === "on", onchange: () => choose("shortcuts", isOn.checked ? "on" : "off") });
  const dialog = h("dialog", { "aria-label": t("key.title"), onclose: () => dialog.remove() }, h("h2", {}, t("key.title")),
    h("dl", { class: "keys" }, KEYS.map(([key, name]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(name))))),
    h("label", { class: "check" }, isOn, " ", t("key.on")), h("p", {}, button(t("key.close"), () => dialog.close())));
  document.body.append(dialog);
  dialog.showModal();
}

export function listenToKeys() {
  const actions = { j: () => move(1), k: () => move(-1), "/": () => document.querySelector("[data-search]")?.focus(), "?": showHelp };
  addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, select, textarea, dialog");
    if (choices.shortcuts !== "on" || isTyping || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
}
