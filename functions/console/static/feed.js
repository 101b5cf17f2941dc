// A part of a view that shows the answer to a question, and asks again. It fails alone: the old figures stay, with their age.
import { ApiError } from "./api.js";
import { h } from "./dom.js";
import { ago, MINUTE_MS } from "./formats.js";
import { t } from "./words.js";

const LONGEST_PAUSE_MS = 5 * MINUTE_MS;

let signedOut = () => {};

export function onSignedOut(callback) {
  signedOut = callback;
}

export function failureText(error, againAt) {
  if (!(error instanceof ApiError)) return t("failed.page", { message: String(error?.message ?? error) });
  const again = againAt ? t("failed.again", { seconds: Math.max(1, Math.round((againAt - Date.now()) / 1000)) }) : "";
  if (error.status === 0) return `${t("failed.offline")} ${again}`;
  if (error.status === 429) return `${t("failed.tooMany")} ${again}`;
  return `${t("failed.answer", { status: error.status, message: error.message })} ${again}`;
}

// `load` returns a promise of the answer, `draw` shows it in `body`. `signal` ends it. `everyMs` of 0 asks only on demand.
export class Feed {
  constructor({ load, draw, signal, everyMs = 0, label = "" }) {
    Object.assign(this, { load, draw, signal, everyMs });
    this.note = h("p", { class: "note", role: "status" });
    this.body = h("div", { class: "body", "aria-busy": "true" }, h("p", { class: "quiet" }, t("state.loading")));
    this.element = h("div", { class: "feed", "aria-label": label || null }, this.note, this.body);
    this.memory = {}; // what the reader has opened in this part stays open
    this.newest = 0;
    this.failures = 0;
    this.shownAt = null;
    this.dueAt = 0;
    document.addEventListener("visibilitychange", () => this.plan(), { signal });
    addEventListener("online", () => this.again(), { signal });
    addEventListener("mediabeat-refresh", () => this.again(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
    this.again();
  }

  async again() {
    if (this.signal.aborted || this.isAsking) return;
    clearTimeout(this.timer);
    const turn = (this.newest += 1);
    this.isAsking = true;
    let answer;
    let failure = null;
    try {
      answer = await this.load();
    } catch (error) {
      failure = error;
    }
    this.isAsking = false;
    if (this.signal.aborted || turn !== this.newest) return;
    try {
      if (!failure) this.show(answer);
    } catch (error) {
      failure = error; // the answer is not as the page expects it
    }
    if (failure) this.failed(failure);
    this.plan();
  }

  show(answer) {
    const now = Date.now();
    this.dueAt = this.everyMs ? now + this.everyMs : 0;
    const focused = this.focusable().indexOf(document.activeElement);
    const scrolled = new Map(this.frames().map(([name, one]) => [name, [one.scrollLeft, one.scrollTop]]));
    const nodes = [this.draw(answer, this.memory)].flat().filter(Boolean);
    [this.failures, this.shownAt] = [0, now];
    this.note.textContent = "";
    this.body.setAttribute("aria-busy", "false");
    this.body.replaceChildren(...nodes);
    if (focused >= 0) this.focusable()[focused]?.focus({ preventScroll: true });
    for (const [name, one] of this.frames()) one.scrollTo(...(scrolled.get(name) ?? [0, 0]));
  }

  // Tables that scroll, by their names.
  frames() {
    return [...this.body.querySelectorAll(".scroll")].map((one) => [one.getAttribute("aria-label"), one]);
  }

  focusable() {
    return [...this.body.querySelectorAll("a, button, input, select, [tabindex]")];
  }

  failed(error) {
    if (error.status === 401) {
      signedOut();
      return;
    }
    this.failures += 1;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(error.retryAfterS ?? 0, 5 * 2 ** (this.failures - 1)) * 1000);
    const triesAgain = error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
    this.dueAt = triesAgain ? Date.now() + pause : 0;
    const age = this.shownAt ? ` ${t("failed.old", { age: ago(this.shownAt) })}` : "";
    this.note.textContent = failureText(error, this.dueAt) + age;
    this.body.setAttribute("aria-busy", "false");
    if (!this.shownAt) this.body.replaceChildren();
  }

  // Nothing is asked while nobody looks.
  plan() {
    clearTimeout(this.timer);
    if (this.signal.aborted || !this.dueAt || document.visibilityState !== "visible") return;
    this.timer = setTimeout(() => this.again(), Math.max(0, this.dueAt - Date.now()));
  }
}
