// The way in: a project's id and its API key.
import { ApiError, project, signIn } from "./api.js";
import { h } from "./dom.js";
import { failureText } from "./feed.js";
import { t } from "./words.js";

export function signInView({ notice, done }) {
  const isLocal = location.hostname === "127.0.0.1";
  const name = h("input", { name: "project", autocomplete: "username", required: true, spellcheck: "false", autocapitalize: "off", value: isLocal ? "demo" : "" });
  const key = h("input", { name: "key", type: "password", autocomplete: "current-password", required: true });
  const failure = h("p", { class: "failure", role: "alert" }, notice ?? "");
  const send = h("button", { class: "primary" }, t("signIn.send"));
  const form = h("form", { class: "sign-in", onsubmit: async (event) => {
    event.preventDefault();
    failure.textContent = "";
    send.disabled = true;
    try {
      await signIn(name.value.trim(), key.value.trim());
      key.value = "";
      done();
    } catch (error) {
      failure.textContent = error instanceof ApiError && error.status === 401 ? error.message : failureText(error);
      key.focus();
    } finally {
      send.disabled = false;
    }
  } },
  h("label", { class: "field" }, h("span", {}, t("signIn.project")), name),
  h("label", { class: "field" }, h("span", {}, t("signIn.key")), key),
  failure, send,
  h("p", { class: "quiet" }, t("signIn.kept")),
  isLocal && h("p", { class: "quiet" }, t("signIn.local"), " ", h("code", {}, "mediabeat status --key")));
  return [h("h1", { tabindex: "-1" }, t("signIn.title")), form];
}

export const isSignedIn = () => project() !== null;
