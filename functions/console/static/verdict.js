// What happened in a session, in a sentence or two: the first thing that support wants to know.
import { foreign, h } from "./dom.js";
import { duration, momentOf, number } from "./formats.js";
import { OUTCOMES, word } from "./endings.js";
import { gap, phrase, t } from "./words.js";

const sumOf = (lines) => lines.reduce((sum, line) => sum + line.actionDuration, 0) / 1000;

export function verdict({ metrics, error, startTime }, stretches) {
  const last = error.at(-1);
  const kind = !metrics.close_reason ? "open" : OUTCOMES.includes(metrics.outcome) ? metrics.outcome : "closed";
  const [begin, end] = [Math.min(...stretches.map((one) => one.start)), Math.max(...stretches.map((one) => one.end))];
  const values = {
    played: duration(metrics.content_time_spent_ms === null ? null : metrics.content_time_spent_ms / 1000),
    took: duration(stretches.length ? (end - begin) / 1000 : startTime.totalStartTimeSum),
    position: last?.videoTime ?? stretches.at(-1)?.line.videoTime ?? "–",
    error: last?.errorId ? h("strong", {}, foreign(last.errorId)) : t("verdict.noId"),
    reason: word("close", metrics.close_reason),
  };
  const waits = stretches.map((one) => one.line).filter((line) => line.actionType === "rebuffering");
  const more = [];
  if (waits.length) more.push(gap(), t("verdict.rebuffered", { count: number(waits.length), time: duration(sumOf(waits)) }));
  if (metrics.stall_events) more.push(gap(), t("verdict.stalled", { count: number(metrics.stall_events), time: duration(metrics.total_stall_duration_ms / 1000) }));
  if (last && !["play_failure", "start_failure", "business_error"].includes(kind)) {
    const wentOn = stretches.some((one) => one.lane === "playing" && one.end > momentOf(last.logDate)); // an error cuts a stretch of playing
    more.push(gap(), ...phrase(wentOn ? "verdict.error" : "verdict.reported", values));
  }
  return h("p", { class: `verdict ${kind}` }, phrase(`verdict.${kind}`, values), more);
}
