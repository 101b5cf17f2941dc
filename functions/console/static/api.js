// The queries of the API, with the reader's key. The key is in this module and in the tab's sessionStorage, and goes only into the
// header `x-api-key` of requests to the page's own origin.
export const SESSIONS_PATH = "/v1/sessionRecent";
export const MOST_SESSIONS = 100; // that one answer lists

const PLACE_OF_KEY = "mediabeat.key";
const AT_ONCE = 4; // a new AWS account runs ten functions at the same moment, and players need them too
const SHARED_MS = 3_000; // parts of a view that ask the same share an answer

let credentials = read();
const waiting = [];
let running = 0;
const recent = new Map();

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE_OF_KEY));
  } catch {
    return null;
  }
}

export class ApiError extends Error {
  constructor(status, message, retryAfterS = 0) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export function project() {
  return credentials?.project ?? null;
}

export function signOut() {
  credentials = null;
  recent.clear();
  sessionStorage.removeItem(PLACE_OF_KEY);
}

// Keeps the project and the key if the API accepts them. Throws ApiError.
export async function signIn(projectId, key) {
  await send(`${location.origin}/v1/charts/currentViewers`, { project: projectId, key });
  credentials = { project: projectId, key };
  sessionStorage.setItem(PLACE_OF_KEY, JSON.stringify(credentials));
}

export function addressOf(path, query = {}) {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined));
  return `${location.origin}${path}${given.size ? `?${given}` : ""}`;
}

// The same question for a shell, with the name of a variable in place of the key.
export function curlOf(path, query) {
  const quoted = (value) => value.replace(/[^\w.~:/?&=%+,@-]/g, "");
  return `curl "${quoted(addressOf(path, query))}" -H "x-api-key: $KEY" -H "x-project-id: ${quoted(project() ?? "")}"`;
}

// The API's answer. Throws ApiError; status 0 means that nothing answered.
export function ask(path, query = {}) {
  const address = addressOf(path, query);
  const shared = recent.get(address);
  if (shared && Date.now() - shared.at < SHARED_MS) return shared.answer;
  const answer = inTurn(() => send(address, credentials ?? {}));
  recent.set(address, { at: Date.now(), answer });
  answer.catch(() => recent.delete(address));
  for (const [other, { at }] of recent) if (Date.now() - at > SHARED_MS) recent.delete(other);
  return answer;
}

export function forgetAnswers() {
  recent.clear();
}

async function inTurn(work) {
  if (running >= AT_ONCE) await new Promise((resume) => waiting.push(resume));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

async function send(address, { project: projectId = "", key = "" }) {
  let answer;
  try {
    const headers = { "x-api-key": key, "x-project-id": projectId };
    answer = await fetch(address, { headers, credentials: "omit", redirect: "error", cache: "no-store", referrerPolicy: "no-referrer" });
  } catch {
    throw new ApiError(0, "");
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  throw new ApiError(answer.status, String(body.message ?? answer.statusText), Number(answer.headers.get("retry-after")) || 0);
}
