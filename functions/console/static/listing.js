// The list of sessions, page after page: one answer has at most the newest hundred of a span.
import { ask, MOST_SESSIONS, SESSIONS_PATH } from "./api.js";
import { momentOf } from "./formats.js";
import { utcText } from "./router.js";

// The newest sessions of a query, up to `pages` answers of them. `isWhole`: there are no older ones in the span.
export async function listSessions(query, pages) {
  const rows = new Map();
  let { endDate } = query;
  for (let page = 1; ; page += 1) {
    const { result } = await ask(SESSIONS_PATH, { ...query, endDate, limit: MOST_SESSIONS });
    const known = rows.size;
    for (const row of result) rows.set(row.sessionId, row);
    const isWhole = result.length < MOST_SESSIONS;
    if (isWhole || page >= pages || rows.size === known) return { rows: [...rows.values()], isWhole };
    endDate = utcText(momentOf(result.at(-1).startedAt) + 1000); // the dates of rows have whole seconds
  }
}
