// What a reader sees and does in the console, in Chromium. One JSON object: for each scene, what was there.
// Arguments: the folder of playwright-core, Chromium, the API's URL, project, key, the file of axe-core, sessions as JSON.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, browserPath, url, project, key, axePath, sessionsJson] = process.argv.slice(2);
const sessions = JSON.parse(sessionsJson);
const { chromium } = (await import(pathToFileURL(join(folder, "index.js")))).default;
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const seen = {};

// A reader with a browser of their own. Everything that the browser complains about is kept.
async function reader(options = {}) {
  const context = await browser.newContext({ locale: "en-US", timezoneId: "Europe/Berlin", acceptDownloads: true, ...options });
  context.setDefaultTimeout(90_000); // other tests may keep the machine busy
  const page = await context.newPage();
  const kept = { problems: [], urls: [], answers: {}, headers: [], open: 0 };
  page.on("request", () => (kept.open += 1));
  for (const over of ["requestfinished", "requestfailed"]) page.on(over, () => (kept.open -= 1));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && kept.problems.push(message.text()));
  page.on("pageerror", (error) => kept.problems.push(String(error)));
  page.on("request", (request) => {
    kept.urls.push(request.url());
    if (request.headers()["x-api-key"]) kept.headers.push(new URL(request.url()).origin);
  });
  page.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith("/v1/")) kept.answers[response.url()] = await response.json().catch(() => null);
  });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`refused: ${event.violatedDirective}`)));
  return { page, context, kept };
}

const settled = (page) => page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector('[aria-busy="true"]'));

async function open(page, hash = "") {
  await page.goto(`${url}/console${hash}`);
  await page.waitForSelector("main h1");
}

async function signIn(page, hash = "") {
  await open(page, hash);
  await page.fill("input[name=project]", project);
  await page.fill("input[name=key]", key);
  await page.press("input[name=key]", "Enter");
  await page.waitForSelector(".filters, .facts, .feed");
  await settled(page);
}

const texts = (page, selector) => page.$$eval(selector, (found) => found.map((one) => one.innerText.trim()));

const scenes = [];

function scene(name, work, options) {
  scenes.push(async () => {
    const { page, context, kept } = await reader(options);
    seen[name] = { ...(await work(page, kept)), problems: kept.problems };
    await context.close();
  });
}

scene("signing in", async (page, kept) => {
  await open(page);
  await page.fill("input[name=project]", project);
  await page.fill("input[name=key]", "mb_wrong");
  await page.press("input[name=key]", "Enter");
  await page.waitForFunction(() => document.querySelector(".failure").textContent);
  const refusal = await page.innerText(".failure");
  await page.fill("input[name=key]", key);
  await page.press("input[name=key]", "Enter");
  await page.waitForSelector(".tiles");
  await settled(page);
  const where = await page.evaluate(() => ({ local: { ...localStorage }, session: { ...sessionStorage }, html: document.documentElement.outerHTML,
    href: location.href, cookie: document.cookie, values: [...document.querySelectorAll("input")].map((one) => one.value) }));
  const requests = kept.urls.length;
  await page.click("footer button:last-of-type");
  await page.waitForSelector("input[name=key]");
  const after = await page.evaluate(() => ({ ...sessionStorage }));
  return { refusal, where, after, requests, urls: kept.urls, origins: [...new Set(kept.headers)] };
});

scene("overview", async (page, kept) => {
  await signIn(page, "#/overview?range=30d");
  const names = await texts(page, ".tile dt");
  const figures = await texts(page, ".tile .figure");
  await page.waitForSelector(".plot canvas");
  await page.click('figure button[aria-expanded="false"]');
  return { tiles: Object.fromEntries(names.map((name, at) => [name, figures[at]])), answers: kept.answers, canvases: (await page.$$(".plot canvas")).length,
    rows: await texts(page, "figure .scroll tbody tr"), top: await texts(page, ".two table tbody th"), queries: kept.urls.filter((one) => one.includes("/v1/")) };
});

scene("hostile strings", async (page, kept) => {
  await signIn(page, `#/session/${sessions.hostile}`);
  const detail = { title: await page.innerText("h1"), text: await page.innerText("main"), links: await page.$$eval("main a", (found) => found.map((one) => one.getAttribute("href"))) };
  await page.goto(`${url}/console#/contents?range=24h`);
  await page.waitForSelector("main tbody th");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click('button[aria-label="as CSV: contents"]')]);
  const csv = (await (await download.createReadStream()).toArray()).join("");
  await page.click('button[aria-label="curl: contents"]');
  const curl = await page.innerText("pre.command");
  const contents = await page.innerText("main");
  await page.goto(`${url}/console#/overview?range=24h`);
  await settled(page);
  await page.goto(`${url}/console#/sessions?range=24h`);
  await page.waitForSelector("main tbody a");
  const list = await page.innerText("main tbody");
  const made = await page.$$eval("img, script:not([src^='console/']), iframe, object, main svg script", (found) => found.length);
  return { ...detail, list, csv, curl, contents, made, alerts: await page.evaluate(() => window.hacked ?? null) };
});

scene("one session", async (page, kept) => {
  await signIn(page, "#/sessions");
  await page.click(`main tbody a[href*="${sessions.watched}"]`);
  await page.waitForSelector(".timeline");
  const [lines, stretches] = [await texts(page, 'section[aria-label="Log"] tbody tr'), await page.$$eval(".timeline-picture .stretch, .timeline-picture .mark", (found) => found.length)];
  await page.click('section[aria-label="Log"] tbody tr:nth-child(3) button');
  const marked = await page.$$eval(".timeline-picture .selected title", (found) => found.map((one) => one.textContent));
  await page.click(".timeline-picture .stretch");
  const row = await page.$$eval('section[aria-label="Log"] tbody tr', (rows) => rows.findIndex((one) => one.classList.contains("selected")));
  await page.focus(".timeline");
  await page.keyboard.press("+");
  const zoomed = await page.$$eval(".timeline-picture .stretch, .timeline-picture .mark", (found) => found.length);
  await page.keyboard.press("0");
  await settled(page);
  const alike = 'section[aria-label="Is it only this session?"]';
  const [verdict, told, groups] = [await page.innerText(".verdict"), await page.innerText(`${alike} .body p`), await texts(page, `${alike} tbody tr`)];
  return { verdict, told, groups, lines, stretches, marked, row, zoomed, lanes: await texts(page, ".lane-name"), href: page.url(), text: await page.innerText("main"), answer: kept.answers[`${url}/v1/sessionRecent/${sessions.watched}`] };
});

// Answers as an open session, earlier releases and damage make them, out of the watched session.
scene("odd answers", async (page) => {
  const changes = {};
  await page.route(/\/v1\/sessionRecent/, async (route) => {
    const response = await route.fetch();
    const { result } = await response.json();
    await route.fulfill({ response, json: { code: 200, result: Array.isArray(result) ? changes.list(result) : changes.one(result) } });
  });
  const failed = ({ error }) => [{ ...error[0], errorId: "E9" }];
  const open = (one) => ({ ...one, metrics: { ...one.metrics, close_reason: null, outcome: null } });
  const filled = ({ sessionLog: [first, ...others] }) => [...Array(40).fill(first), ...others];
  const alike = 'section[aria-label="Is it only this session?"]';
  const log = 'section[aria-label="Log"]';
  const told = () => page.innerText(`${alike} .body p`);
  const show = async (hash) => {
    await page.goto("about:blank");
    await page.goto(`${url}/console${hash}`);
    await settled(page);
  };

  let known = [];
  changes.list = (rows) => (known = rows);
  changes.one = (one) => open({ ...one, error: [], sessionLog: filled(one) });
  await signIn(page, `#/session/${sessions.watched}`);
  const before = await page.$$eval(`${alike} table`, (found) => found.length);
  await page.click(`${log} tbody tr:nth-child(9) button`);
  changes.one = (one) => open({ ...one, error: failed(one), sessionLog: filled(one).filter((line) => line.logDate <= one.error[0].logDate) });
  await page.waitForTimeout(3_100); // answers are shared for three seconds
  await page.evaluate(() => dispatchEvent(new Event("mediabeat-refresh")));
  await page.waitForSelector(`${alike} table`);
  await settled(page);
  const failing = { before, verdict: await page.innerText(".verdict"), told: await told(),
    pressed: await page.$$eval(`${log} tbody button`, (found) => found.findIndex((one) => one.getAttribute("aria-pressed") === "true")) };

  const logDate = new Date(Date.now() - 20 * 86_400_000).toISOString().slice(0, 19).replace("T", " ");
  changes.one = (one) => ({ ...one, error: failed(one), media: { ...one.media, name: "😀".repeat(300) },
    sessionLog: one.sessionLog.map((line) => ({ ...line, logDate })), interruptions: undefined });
  changes.list = () => known.filter((row) => row.sessionId !== sessions.watched)
    .map((row, at) => ({ ...row, title: "😀".repeat(200), errorIds: at ? [] : ["E9"] }));
  await show(`#/session/${sessions.watched}`);
  const another = { told: await told(), groups: await texts(page, `${alike} tbody tr`), day: logDate.slice(0, 10),
    lists: await page.$$eval(`${alike} a[href^="#/sessions"]`, (found) => found.map((one) => Object.fromEntries(new URLSearchParams(one.hash.split("?")[1])))) };

  changes.list = () => [{ ...known[0], outcome: null, closeReason: null, unreadable: true }];
  await show("#/sessions?ended=open");
  const unreadable = await page.$$eval("main tbody tr", (rows) => rows.length);
  changes.list = () => [{}];
  await show("#/sessions");
  return { failing, another, unreadable, note: await page.innerText(".feed .note") };
});

scene("filters", async (page, kept) => {
  await signIn(page, "#/sessions?device=Mobile&range=24h");
  const values = () => page.$$eval(".filters select", (found) => found.map((one) => one.value));
  const linked = await values();
  await page.reload();
  await settled(page);
  const reloaded = await values();
  await page.focus(".filters select >> nth=1");
  await page.selectOption(".filters select >> nth=1", "PC");
  await page.waitForFunction(() => location.hash.includes("device=PC"));
  await settled(page);
  const focused = await page.evaluate(() => [...document.querySelectorAll(".filters select")].indexOf(document.activeElement));
  await page.goBack();
  await settled(page);
  const back = await values();
  await page.fill(".find input[type=search]", "nobody has this");
  const none = await page.innerText(".feed");
  const { hash } = new URL(page.url());
  const found = {};
  for (const ended of ["", "open", "played"]) {
    await page.goto(`${url}/console#/sessions?range=30d&ended=${ended}`);
    await settled(page);
    found[ended] = await texts(page, "main tbody tr");
  }
  for (const find of ["clickme, PLAYED", '"ClickMe"', '"Click"', sessions.watched, "0".repeat(48)]) {
    await page.fill(".find input[type=search]", find);
    found[find] = await texts(page, "main tbody tr");
  }
  found.byId = await page.getAttribute('p[role="status"] a', "href");
  return { linked, reloaded, back, focused, none, hash, found };
});

scene("many sessions", async (page) => {
  const date = (at) => new Date(at).toISOString().slice(0, 19).replace("T", " ");
  const begun = Math.floor(Date.now() / 1000) * 1000;
  const asked = [];
  await page.route("**/v1/sessionRecent?*", async (route) => {
    const { result: [one] } = await (await route.fetch()).json();
    const all = Array.from({ length: 250 }, (_, at) => ({ ...one, sessionId: String(at).padStart(48, "0"), startedAt: date(begun - at * 30_000) }));
    const end = new URL(route.request().url()).searchParams.get("endDate");
    asked.push(end);
    const until = end.includes("T") ? date(Date.parse(end)) : "9999";
    await route.fulfill({ json: { code: 200, message: "sessionRecent (1d)", result: all.filter((row) => row.startedAt <= until).slice(0, 100) } });
  });
  await signIn(page, "#/sessions");
  const shown = [];
  for (;;) {
    shown.push((await page.$$eval("main tbody a", (found) => found.map((one) => one.getAttribute("href")))));
    const more = page.locator("button:has-text('load 100 more')");
    if (!(await more.count())) break;
    await more.click();
    await page.waitForFunction((known) => document.querySelectorAll("main tbody a").length > known, shown.at(-1).length);
  }
  return { loaded: shown.map((links) => [links.length, new Set(links).size]), asked };
});

scene("a failing query", async (page, kept) => {
  let fails = true;
  await page.route("**/v1/charts/uniqUserCnt*", (route) => (fails ? route.fulfill({ status: 503, headers: { "retry-after": "1" }, json: { code: 503, message: "the table refuses" } }) : route.continue()));
  await signIn(page);
  const notes = await texts(page, ".note:not(:empty)");
  const figures = await texts(page, ".tile .figure");
  fails = false;
  await page.click("text=Refresh >> nth=-1");
  await page.waitForFunction(() => document.querySelectorAll(".note:not(:empty)").length === 0);
  while (kept.open) await page.waitForTimeout(100); // other parts still ask
  const again = await texts(page, ".tile .figure");
  await page.route("**/v1/**", (route) => route.fulfill({ status: 401, json: { code: 401, message: "no" } }));
  await page.waitForTimeout(3_100); // answers are shared for three seconds
  await page.click("text=Refresh >> nth=-1");
  await page.waitForSelector("input[name=key]");
  return { notes, figures, again, told: await page.innerText(".failure"), stored: await page.evaluate(() => ({ ...sessionStorage })) };
});

scene("hidden", async (page, kept) => {
  await page.clock.install();
  await signIn(page, "#/overview?live=1");
  const asked = () => kept.urls.filter((one) => one.includes("/v1/")).length;
  const show = (state) => page.evaluate((now) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
  await show("hidden");
  const before = asked();
  await page.clock.runFor(600_000);
  const hidden = asked() - before;
  await show("visible");
  await page.clock.runFor(1_000);
  for (let tries = 0; tries < 200 && asked() - before - hidden < 8; tries += 1) await new Promise((resume) => setTimeout(resume, 100));
  return { hidden, visible: asked() - before - hidden };
});

for (const [language, locale] of [["en", "en-GB"], ["ja", "ja-JP"], ["ko", "ko-KR"]]) {
  scene(`in ${language}`, async (page) => {
    const shown = [];
    await signIn(page, "#/overview");
    for (const hash of ["#/overview", "#/sessions", `#/session/${sessions.watched}`, "#/contents"]) {
      await page.goto(`${url}/console${hash}`);
      await settled(page);
      shown.push(await page.innerText("body"));
    }
    return { shown, lang: await page.evaluate(() => document.documentElement.lang) };
  }, { locale });
}

scene("zones", async (page) => {
  await signIn(page, `#/session/${sessions.late}`);
  const tokyo = await texts(page, 'section[aria-label="Log"] tbody th');
  await page.selectOption("footer select >> nth=1", "UTC");
  await settled(page);
  const utc = await texts(page, 'section[aria-label="Log"] tbody th');
  await page.goto(`${url}/console#/overview`);
  await settled(page);
  return { tokyo, utc, range: await page.innerText(".filters .span"), kept: await page.evaluate(() => ({ ...localStorage })) };
}, { timezoneId: "Asia/Tokyo", locale: "en-GB" });

scene("keyboard", async (page) => {
  await open(page);
  const press = async (...keys) => {
    for (const one of keys) await page.keyboard.press(one);
  };
  await press("Tab");
  const skip = await page.evaluate(() => document.activeElement.className);
  await press("Tab", "Control+A");
  await page.keyboard.type(project);
  await press("Tab");
  await page.keyboard.type(key);
  await press("Enter");
  await page.waitForSelector(".filters");
  await settled(page);
  const heading = await page.evaluate(() => document.activeElement.tagName);
  await press("?");
  const help = await page.innerText("dialog");
  await press("Escape");
  await page.focus("header nav a >> nth=1");
  await press("Enter");
  await page.waitForSelector("main tbody a");
  await press("/");
  const search = await page.evaluate(() => document.activeElement.name);
  await press("Escape");
  await page.focus("h1");
  await press("j", "j", "k");
  const row = await page.evaluate(() => [...document.querySelectorAll("main tbody a")].indexOf(document.activeElement));
  await press("Enter");
  await page.waitForSelector(".timeline");
  return { skip, heading, help, search, row, hash: new URL(page.url()).hash };
});

scene("320 pixels", async (page) => {
  await signIn(page);
  const wide = [];
  for (const hash of ["#/overview", "#/sessions", `#/session/${sessions.hostile}`, "#/contents"]) {
    await page.goto(`${url}/console${hash}`);
    await settled(page);
    await page.waitForTimeout(100); // charts follow the width
    wide.push(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
  }
  return { wide };
}, { viewport: { width: 320, height: 640 } });

scene("axe", async (page) => {
  const found = {};
  const check = async (name) => {
    await page.addScriptTag({ path: axePath });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(50);
      const { violations } = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
      found[`${name}, ${colorScheme}`] = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
    }
  };
  await open(page);
  await check("sign in");
  await signIn(page);
  await check("overview");
  for (const [name, hash] of [["sessions", "#/sessions"], ["session", `#/session/${sessions.watched}`], ["contents", "#/contents"]]) {
    await page.goto(`${url}/console${hash}`);
    await settled(page);
    await check(name);
  }
  return { found };
}, { bypassCSP: true });

// Readers wait for the API most of the time, so some of them look at once.
await Promise.all([1, 2, 3].map(async () => {
  for (let next = scenes.pop(); next; next = scenes.pop()) await next();
}));
await browser.close();
console.log(JSON.stringify(seen));
