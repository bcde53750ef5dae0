// Every page in both languages, light and dark, narrow and wide: nothing that axe calls
// serious or critical, nothing to be scrolled sideways, nothing from elsewhere. Then by
// keyboard alone, without scripts, and with them.
import { check, desk, equal, findings, isTooWide, logIn, main, open, phone, test, url, password }
	from "./lib.mjs";

const LINK = "abcdefghijklmnopqrstuvwx23";
const EXPIRED = "expiredexpiredexpiredexp22";
const SERIAL = "1f00aa5511bb";
const PERSON = "0123456789abcdef0123456789abcdef";
const PIN = "7KQM-2FXA-WB3R-HTD5-6NPV-YJC4";

// A form with a password that is sent before the page is looked at.
const sent = (path, button = "main form button") => ({ path, send: async (page) => {
	await page.fill("#password", password);
	await page.click(button);
	await page.waitForSelector("#pin");
} });

const own = ["/", "/enroll", "/history", "/renew", `/certificate/${SERIAL}`, `/revoke/${SERIAL}`,
	`/request/${PERSON}-1`, `/l/${LINK}`, `/l/${EXPIRED}`, `/l/${"z".repeat(26)}`, "/install",
	"/install/outlook-windows", "/install/outlook-mac", "/install/iphone", "/install/android",
	"/install/thunderbird", "/help", "/nowhere", sent(`/l/${LINK}`), sent("/renew"),
	sent(`/certificate/${SERIAL}`)];
const others = ["/helpdesk", "/helpdesk?q=an", `/helpdesk/person/${PERSON}`,
	`/helpdesk/request/${PERSON}-1`, "/helpdesk/explain?address=a@example.com", "/approve"];
const users = [["anna.muster", own], ["none.user", ["/", "/renew", "/history"]],
	["soon.user", ["/"]], ["ended.user", ["/"]], ["waiting.user", ["/", `/request/${PERSON}-1`]],
	["failed.user", [`/request/${PERSON}-1`]], ["chief", others]];

async function look(page, name, wrong) {
	await page.setViewportSize(phone);
	if (await isTooWide(page))
		wrong.push(`${name}: wider than 360 px`);
	await page.setViewportSize(desk);
	if (await isTooWide(page))
		wrong.push(`${name}: wider than 1440 px`);
	if (/portal\.(?!js)[a-z]/.test(await page.innerText("body")))
		wrong.push(`${name}: a text is missing`);
	for (const scheme of ["light", "dark"]) {
		await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
		await page.evaluate(() => document.querySelectorAll("details").forEach(
			(d) => { d.open = true; }));
		for (const f of await findings(page)) {
			if (["serious", "critical"].includes(f.impact))
				wrong.push(`${name} ${scheme}: ${f.impact} ${f.id} ${f.where}`);
			else
				console.log(`note ${name} ${scheme}: ${f.impact} ${f.id} ${f.where[0]}`);
		}
	}
}

async function everyPage(browser, locale) {
	const wrong = [];
	let n = 0;

	for (const [user, pages] of users) {
		const page = await open(browser, { locale });
		await page.goto(url + "/login");
		if (user === "anna.muster")
			await look(page, "/login", wrong);
		await page.fill("#user", user);
		await page.fill("#password", user === "chief" ? "wrong" : password);
		await page.click("main form button");
		if (user === "chief") {
			await look(page, "/login refused", wrong);
			await logIn(page, user);
			await look(page, "/factor", wrong);
			await page.fill("#code", "123456");
			await page.click("main form button");
		}
		for (const one of pages) {
			const path = one.path || one;

			await page.goto(url + path);
			if (one.send)
				await one.send(page);
			await look(page, `${user} ${path}${one.send ? " sent" : ""}`, wrong);
			n++;
		}
		wrong.push(...page.troubles);
		await page.context().close();
	}
	check(`${locale}: ${n} pages without a serious finding, none too wide, nothing foreign`,
		wrong.length === 0, wrong.join(" | "));
}

// The second factor's pages, which only somebody without one sees.
async function setup(browser) {
	const page = await open(browser);
	const wrong = [];

	await logIn(page, "setup.user");
	check("who needs a second factor is told", await page.isVisible("a[href='/factor/setup']"),
		page.url());
	await look(page, "/ before a second factor", wrong);
	await page.click("nav a[href='/helpdesk']");
	check("and led to it", page.url().includes("/factor/setup"), page.url());
	await look(page, "/factor/setup", wrong);
	await page.fill("#setup", "setupcode");
	await page.click("main form button");
	await page.waitForSelector("svg.qr");
	await look(page, "/factor/confirm", wrong);
	await page.fill("#code", "000000");
	await page.click("main form button");
	await page.waitForSelector("#problem");
	check("a wrong code shows picture and secret again", await page.isVisible("svg.qr"), "");
	await page.fill("#code", "123456");
	await page.click("main form button");
	await page.waitForURL(url + "/helpdesk");
	check("pages of the second factor", wrong.length === 0, wrong.join(" | "));
	await page.context().close();
}

// --- keyboard alone -----------------------------------------------------------------------

// Presses Tab until the element has the focus; how often, or -1.
async function tabTo(page, selector, most = 60) {
	for (let i = 1; i <= most; i++) {
		await page.keyboard.press("Tab");
		if (await page.evaluate((s) => document.activeElement.matches(s), selector))
			return i;
	}
	return -1;
}

async function keyboard(browser) {
	const page = await open(browser);

	await page.goto(`${url}/l/${LINK}`);
	equal("the first stop skips the menu", await tabTo(page, "a.skip", 1), 1);
	await tabTo(page, "#user");
	await page.keyboard.type("anna.muster");
	await tabTo(page, "#password", 1);
	await page.keyboard.type(password);
	await page.keyboard.press("Enter");
	await page.waitForURL(`${url}/l/${LINK}`);
	check("by keyboard: from the link through the login back to it",
		await tabTo(page, "#password") > 0, page.url());
	await page.keyboard.type(password);
	await page.keyboard.press("Enter");
	await page.waitForSelector("#pin");
	check("by keyboard: to the file", await tabTo(page, "form[action='/save'] button") > 0, "");
	const [download] = await Promise.all([
		page.waitForEvent("download"), page.keyboard.press("Enter")]);
	check("by keyboard: the file is saved",
		download.suggestedFilename() === "2026-11-22_anna.muster@example.com.pfx",
		download.suggestedFilename());

	await page.goto(url + "/");
	const unseen = await page.evaluate(() => [...document.querySelectorAll("a, button, input, summary")]
		.filter((e) => e.offsetParent !== null).filter((e) => {
			e.focus({ focusVisible: true });
			const s = getComputedStyle(e);
			return s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2;
		}).map((e) => e.outerHTML.slice(0, 80)));
	check("whatever has the focus shows it", unseen.length === 0, unseen);
	const stops = await page.evaluate(() => {
		const all = [...document.querySelectorAll("a, button, summary")]
			.filter((e) => e.offsetParent !== null);
		all.forEach((e, i) => { e.dataset.stop = i; });
		return all.length;
	});
	const seen = new Set();
	await page.evaluate(() => document.activeElement.blur());
	for (let i = 0; i < stops + 2; i++) {
		await page.keyboard.press("Tab");
		seen.add(await page.evaluate(() => document.activeElement.dataset.stop));
	}
	seen.delete(undefined);
	check("every stop of the page can be reached", seen.size === stops, `${seen.size} of ${stops}`);
	await page.context().close();
}

// --- without and with scripts --------------------------------------------------------------

async function withoutScripts(browser) {
	const page = await open(browser, { javaScriptEnabled: false, viewport: phone });

	await logIn(page, "working.user");
	await page.goto(url + "/enroll");
	await page.click("main form[action='/enroll'] button");
	await page.waitForSelector(".steps .now");
	check("without scripts: the order shows its progress", true);
	await page.waitForSelector("a[href^='/l/']", { timeout: 40000 });
	check("without scripts: which goes on by itself", true);
	await page.context().close();

	const anna = await open(browser, { javaScriptEnabled: false, viewport: phone });
	await logIn(anna, "anna.muster", `/l/${LINK}`);
	await anna.fill("#password", password);
	await anna.click("main form button");
	await anna.waitForSelector("#pin");
	equal("without scripts: the PIN", (await anna.innerText("#pin")).replace(/\s+/g, ""), PIN);
	check("without scripts: no button that does nothing",
		!await anna.isVisible("button[data-copy]"), "");
	const [download] = await Promise.all([
		anna.waitForEvent("download"), anna.click("form[action='/save'] button")]);
	check("without scripts: the file", download.suggestedFilename().endsWith(".pfx"),
		download.suggestedFilename());
	await anna.click("a[href='?lang=de']").catch(() => {});
	await anna.waitForSelector("html[lang=de]");
	check("without scripts: the language switch, back to the link's form",
		await anna.isVisible("#password"), anna.url());
	await anna.context().close();
}

async function withScripts(browser) {
	const page = await open(browser, { permissions: ["clipboard-write"] });
	let loads = 0;

	await logIn(page, "working.user");
	await page.goto(url + "/enroll");
	await page.click("main form[action='/enroll'] button");
	await page.waitForSelector(".steps .now");
	page.on("framenavigated", () => loads++);
	await page.waitForSelector(".steps .done:nth-child(2)");
	check("with scripts: progress is shown without loading the page", loads === 0, loads);
	await page.waitForSelector("a[href^='/l/']", { timeout: 30000 });
	check("with scripts: the end of it is shown", true);
	await page.context().clearCookies();
	await logIn(page, "anna.muster", `/l/${LINK}`);
	await page.fill("#password", password);
	await page.click("main form button");
	await page.click("button[data-copy]");
	await page.waitForFunction(() => document.getElementById("copied").textContent !== "");
	await page.goBack();
	check("going back shows no PIN", !(await page.content()).includes("2FXA"), "");
	// The browser kept nothing, and asks before it sends the form once more.
	const forward = await page.goForward().catch((e) => e.message);
	check("nor does going forward", /ERR_CACHE_MISS/.test(forward) ||
		!(await page.content()).includes("2FXA"), forward);
	const other = await page.context().newPage();
	await other.goto(`${url}/l/${LINK}`);
	await other.focus("#password");
	await other.keyboard.press("Control+v");
	equal("with scripts: the PIN was copied", await other.inputValue("#password"), PIN);
	check("no trouble with scripts", page.troubles.length === 0, page.troubles);
	await page.context().close();
}

await main(async (browser) => {
	for (const locale of ["en", "de"])
		await test(`every page (${locale})`, () => everyPage(browser, locale));
	await test("setup", () => setup(browser));
	await test("keyboard", () => keyboard(browser));
	await test("without scripts", () => withoutScripts(browser));
	await test("with scripts", () => withScripts(browser));
});
