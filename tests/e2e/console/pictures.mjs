// Pictures of the console for the documents. Arguments: the folder of playwright-core, Chromium, the API's URL, project, key, the
// session to show, the folder for the pictures. Prints the names of the files as JSON.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, browserPath, url, project, key, session, out] = process.argv.slice(2);
const { chromium } = (await import(pathToFileURL(join(folder, "index.js")))).default;
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const made = [];
for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, locale: "en-GB", timezoneId: "Europe/Berlin", colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}/console`);
  await page.fill("input[name=project]", project);
  await page.fill("input[name=key]", key);
  await page.press("input[name=key]", "Enter");
  for (const [name, hash, ready] of [["overview", "#/overview?range=24h", ".plot canvas"], ["session", `#/session/${session}`, ".timeline"]]) {
    await page.waitForSelector(".filters, .facts");
    await page.goto(`${url}/console${hash}`);
    await page.waitForSelector(ready);
    await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
    await page.evaluate(() => document.activeElement.blur());
    await page.waitForTimeout(300); // charts follow the width
    made.push(`console-${name}-${colorScheme}.png`);
    await page.screenshot({ path: join(out, made.at(-1)) });
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify(made));
