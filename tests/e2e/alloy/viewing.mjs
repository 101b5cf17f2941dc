// A viewing on a page with Adobe's Web SDK, in Chromium. One JSON line: what the page sent, what its calls came to, its session.
// Arguments: the folder of playwright-core, Chromium, the page's URL with the API in its query, the project, the organisation.
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [folder, browserPath, url, project, org] = process.argv.slice(2);
const { chromium } = (await import(pathToFileURL(join(folder, "index.js")))).default;
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const page = await browser.newPage();
const problems = [];
page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
page.on("pageerror", (error) => problems.push(String(error)));
await page.clock.install();
await page.goto(url);
await page.clock.pauseAt(Date.now() + 1_000); // from here on, time passes only in wait()

await page.evaluate(([project, org]) => {
  window.playhead = 0;
  window.outcomes = [];
  window.told = (name, promise) =>
    promise.then((value) => (outcomes.push([name, "resolved"]), value), (error) => outcomes.push([name, String(error)]));
  window.event = (type, mediaCollection = {}) =>
    told(type, alloy("sendMediaEvent", { playerId: "p1", xdm: { eventType: `media.${type}`, mediaCollection } }));
  alloy("configure", {
    edgeDomain: "edge.player.test",
    datastreamId: project,
    orgId: org,
    thirdPartyCookiesEnabled: false,
    streamingMedia: { channel: "web", playerName: "page", appVersion: "1.0", mainPingInterval: 10, adPingInterval: 10 },
  });
}, [project, org]);

const wait = async (seconds, moves = true) => {
  for (let passed = 0; passed < seconds; passed += 0.5) {
    if (moves) await page.evaluate(() => { window.playhead += 0.5; });
    await page.clock.runFor(500);
    // The page's clock stands still until a ping is answered: alloy counts the seconds to the next one from then on.
    while (await page.evaluate(() => window.unanswered)) await setTimeout(10);
  }
};
const event = (type, collection) => page.evaluate(([type, collection]) => event(type, collection), [type, collection]);

await page.evaluate(() => told("getIdentity", alloy("getIdentity")));
const { sessionId } = await page.evaluate(() =>
  told("createMediaSession", alloy("createMediaSession", {
    playerId: "p1",
    getPlayerDetails: () => ({
      playhead: Math.floor(window.playhead),
      qoeDataDetails: { bitrate: 2000000, droppedFrames: 3, framesPerSecond: 25, timeToStart: 40 },
    }),
    xdm: {
      eventType: "media.sessionStart",
      mediaCollection: { sessionDetails: { name: "film", length: 90, contentType: "vod", friendlyName: "Film" } },
    },
  })));
await event("adBreakStart", { advertisingPodDetails: { index: 1, offset: 0, friendlyName: "pre" } });
await event("adStart", { advertisingDetails: { name: "ad-1", friendlyName: "Ad", length: 5, podPosition: 1 } });
await wait(5, false);
await event("adComplete");
await event("adBreakComplete");
await event("play");
await event("chapterStart", { chapterDetails: { index: 1, offset: 0, length: 30, friendlyName: "one" } });
await wait(10);
await event("statesUpdate", { statesStart: [{ name: "mute" }] });
await wait(20);
await event("statesUpdate", { statesEnd: [{ name: "mute" }] });
await event("chapterComplete");
await event("pauseStart");
await wait(4, false);
await event("play");
await wait(40);
await event("sessionComplete");
await event("sessionEnd");
const after = JSON.parse(JSON.stringify(await page.evaluate(() => outcomes)));
await wait(1, false);
await event("play"); // after the end: 410
const [sent, outcomes] = await page.evaluate(() => [window.eval("sent"), outcomes]);
console.log(JSON.stringify({ sessionId, sent, outcomes: after, late: outcomes.slice(after.length), problems, cookies: await page.context().cookies() }));
await browser.close();
