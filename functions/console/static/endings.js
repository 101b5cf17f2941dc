// How a session ended, in the same words wherever it is told.
import { foreign, h } from "./dom.js";
import { has, t } from "./words.js";

export const OUTCOMES = ["played", "play_failure", "start_failure", "exit_before_start", "early_exit", "business_error"];

// The word for a value of the API. A value of a later release is shown as it is.
export function word(group, value) {
  return has(`${group}.${value}`) ? t(`${group}.${value}`) : foreign(value);
}

export function endingText(outcome, closeReason) {
  if (!closeReason) return t("session.open");
  return outcome ? word("outcome", outcome) : t("session.closed");
}

export function ending(outcome, closeReason) {
  return h("span", { class: `outcome ${closeReason ? (outcome ?? "") : "open"}` }, endingText(outcome, closeReason));
}
