// What the browser tests share: a browser without a screen, cases as tests/run counts
// them, axe on a page. Called as a program by test_*.py, which starts the portal.
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(path.join(top, "build/browser/package.json"));
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

export const url = process.env.PORTAL_URL;
export const password = process.env.PORTAL_PASSWORD || "right password";
export const phone = { width: 360, height: 740 };
export const desk = { width: 1440, height: 900 };
const WAIT_MS = 15000;

let failed = 0;

export function check(name, good, detail = "") {
	if (!good)
		failed++;
	const text = String(detail).replace(/\s+/g, " ").slice(0, 1500);
	console.log(good ? `ok ${name}` : `not ok ${name}: ${text}`);
	return good;
}

export const equal = (name, got, want) =>
	check(name, got === want, `got ${JSON.stringify(got)}, wanted ${JSON.stringify(want)}`);

export async function test(name, run) {
	try {
		await run();
	} catch (e) {
		check(name, false, e.stack);
	}
}

// A browser with its own cookies. Whatever a page complains of, and whatever it loads
// from elsewhere, is kept in page.troubles.
export async function open(browser, options = {}) {
	const context = await browser.newContext({
		ignoreHTTPSErrors: true, locale: "en", viewport: desk, acceptDownloads: true, ...options });
	const page = await context.newPage();

	context.setDefaultTimeout(WAIT_MS);
	page.troubles = [];
	page.on("console", (m) => {
		if (m.type() === "error" && !/status of (4|5)\d\d/.test(m.text()))
			page.troubles.push(`${page.url()}: ${m.text()}`);
	});
	page.on("pageerror", (e) => page.troubles.push(`${page.url()}: ${e.message}`));
	page.on("request", (r) => {
		if (!r.url().startsWith(url + "/") && !r.url().startsWith("data:"))
			page.troubles.push(`loads ${r.url()}`);
	});
	return page;
}

export async function logIn(page, user, at = "/login") {
	await page.goto(url + at);
	await page.fill("#user", user);
	await page.fill("#password", password);
	await page.click("main form button");
}

// Findings of axe that a person who cannot see or use a mouse would stumble over.
export async function findings(page) {
	await page.evaluate(axeSource);
	const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));

	return result.violations.map((v) => ({
		impact: v.impact, id: v.id, where: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)) }));
}

export const isTooWide = (page) => page.evaluate(
	() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

export async function main(run) {
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });

	try {
		await run(browser);
	} finally {
		await browser.close();
	}
	process.exit(failed ? 1 : 0);
}
