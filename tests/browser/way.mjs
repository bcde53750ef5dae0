// The whole way of somebody's certificate in a browser, with the real programs behind the
// pages: ordered, mailed, its PIN shown, renewed, revoked; and what the helpdesk and an
// approver do. Started by test_way.py, which opens the files that this saves.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { check, equal, findings, isTooWide, main, open, phone, test, url } from "./lib.mjs";

const folder = process.env.WAY_FOLDER; // where files are saved
const mails = process.env.WAY_MAILS;
const codes = JSON.parse(process.env.WAY_CODES); // setup codes, by user
const PIN = /^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/;
const facts = {}; // for test_way.py
const WAIT_MS = 60000;

const word = (user) => `demo-${user}`;

async function logIn(page, user, at = "/login", password = word(user)) {
	await page.goto(url + at);
	await page.fill("#user", user);
	await page.fill("#password", password);
	await page.click("main form button");
}

async function until(what, condition) {
	const end = Date.now() + WAIT_MS;

	for (;;) {
		const found = await condition();
		if (found)
			return found;
		if (Date.now() > end)
			throw new Error(`no ${what} within ${WAIT_MS} ms`);
		await new Promise((done) => setTimeout(done, 200));
	}
}

// The newest mail to an address that matches; its text, unfolded from quoted-printable.
function mailTo(address, pattern, since = 0) {
	return fs.readdirSync(mails).filter((n) => n.endsWith(".eml")).map((n) => path.join(mails, n))
		.filter((n) => fs.statSync(n).mtimeMs > since)
		.sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)
		.map((n) => ({ name: n, text: fs.readFileSync(n, "latin1").replace(/=\r?\n/g, "") }))
		.find((m) => new RegExp(`^To:.*${address}`, "mi").test(m.text) && pattern.test(m.text));
}

const linkOf = (mail) => mail.text.match(/\/l\/([a-z2-7]{26})/)[1];

async function order(page) {
	await page.goto(url + "/enroll");
	await page.click("main form[action='/enroll'] button");
	await page.waitForURL(/\/request\//);
	await page.waitForSelector("a[href^='/l/']", { timeout: WAIT_MS });
}

async function save(page, selector) {
	const [download] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
	const at = path.join(folder, download.suggestedFilename());

	await download.saveAs(at);
	return at;
}

async function showPin(page, user) {
	await page.fill("#password", word(user));
	await page.click("main form button");
	await page.waitForSelector("#pin");
	return (await page.innerText("#pin")).replace(/\s+/g, "");
}

// --- an employee --------------------------------------------------------------------------

async function employee(browser) {
	const page = await open(browser, { viewport: phone });
	const since = Date.now() - 2000;

	await logIn(page, "anna", "/login", "wrong");
	check("a wrong password is told", await page.isVisible("#problem"), page.url());
	await logIn(page, "anna");
	equal("anna comes to her certificate", await page.url(), url + "/");
	await page.goto(url + "/enroll");
	await page.click("main form[action='/enroll'] button");
	await page.waitForURL(/\/request\//);
	check("the progress is not too wide for a phone", !await isTooWide(page));
	await page.waitForSelector("a[href^='/l/']", { timeout: WAIT_MS });
	check("anna's certificate is made while she looks", true);
	const mail = await until("mail to anna", () => mailTo("anna.muster@example.com", /x-pkcs12/i, since));
	check("the mail has the file and the link", /\/l\/[a-z2-7]{26}/.test(mail.text), mail.text.slice(0, 2000));
	check("the mail has no PIN", !/([A-Z2-7]{4}-){5}[A-Z2-7]{4}/.test(mail.text), mail.name);
	facts.mail = mail.name;
	facts.link = linkOf(mail);
	await page.context().close();
}

// As a scanner of links: fetches, runs scripts, sends every form, never logs in.
async function scanner(browser) {
	const page = await open(browser);

	for (let i = 0; i < 50; i++) {
		await page.request.get(`${url}/l/${facts.link}`);
		await page.request.head(`${url}/l/${facts.link}`);
	}
	await page.goto(`${url}/l/${facts.link}`);
	const forms = await page.locator("form").count();
	for (let i = 0; i < forms; i++) {
		await page.goto(`${url}/l/${facts.link}`);
		await page.evaluate((n) => document.forms[n].submit(), i);
		await page.waitForLoadState();
	}
	await page.request.post(`${url}/l/${facts.link}`, { form: { password: "x" } });
	check("a scanner sees no PIN", !PIN.test(await page.content()));
	await page.context().close();
}

async function strangers(browser) {
	for (const user of ["walter", "bruno"]) {
		const page = await open(browser);
		await logIn(page, user, `/l/${facts.link}`);
		check(`${user} sees no PIN behind anna's link`, await page.locator("#password").count() === 0 &&
			/not for you/.test(await page.innerText("main")), await page.innerText("main"));
		await page.context().close();
	}
}

async function pin(browser) {
	const page = await open(browser);

	await logIn(page, "anna", `/l/${facts.link}`);
	equal("the link leads anna to its page", page.url(), `${url}/l/${facts.link}`);
	await page.fill("#password", "wrong");
	await page.click("main form button");
	check("a wrong password shows no PIN", await page.locator("#pin").count() === 0 &&
		await page.isVisible("#problem"), page.url());
	facts.pin = await showPin(page, "anna");
	check("the right one does", PIN.test(facts.pin), facts.pin.length);
	facts.modern = await save(page, "form[action='/save']:has(button:not(.plain)) button");
	facts.compatible = await save(page, "form[action='/save']:has(button.plain) button");
	const serious = (await findings(page)).filter((f) => ["serious", "critical"].includes(f.impact));
	check("the page of a real PIN has no serious finding", serious.length === 0, JSON.stringify(serious));
	equal("the same PIN again", (await page.goto(`${url}/l/${facts.link}`),
		await showPin(page, "anna")), facts.pin);
	await until("notice", () => mailTo("anna.muster@example.com", /PIN/, Date.now() - WAIT_MS));
	check("anna is told that it was shown", true);

	await page.goto(url + "/renew");
	facts.zip_pin = await showPin(page, "anna");
	facts.zip = await save(page, "form[action='/save'] button");
	check("an archive of all with one PIN", PIN.test(facts.zip_pin), facts.zip_pin.length);

	await page.goto(url + "/");
	await page.click("a[href^='/certificate/']");
	facts.again_pin = await showPin(page, "anna");
	facts.again = await save(page, "form[action='/save'] button");
	await page.goto(url + "/history");
	check("the history has the certificate and the order",
		await page.locator("a[href^='/certificate/']").count() > 0 &&
		await page.locator("a[href^='/request/']").count() > 0, await page.innerText("main"));
	check("no trouble on the way", page.troubles.length === 0, page.troubles);
	await page.context().close();
}

async function revocation(browser) {
	const page = await open(browser);

	await logIn(page, "anna");
	await page.click("a[href^='/revoke/']");
	await page.check("input[value=key-compromise]");
	await page.fill("#password", word("anna"));
	await page.click("main form button.danger");
	await page.waitForURL(url + "/");
	check("anna revokes it and is told so", await page.isVisible(".note.good[role=status]"),
		await page.innerText("main"));
	await page.goto(`${url}/l/${facts.link}`);
	check("its PIN is shown no more", await page.locator("#password").count() === 0,
		await page.innerText("main"));
	await order(page);
	check("and she can order the next one", true);
	await page.context().close();
}

// --- those who help -----------------------------------------------------------------------

// RFC 6238 with the secret that the page shows.
function totp(secret, step = 0) {
	const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c)
		.toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const at = Buffer.alloc(8);
	at.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + step));
	const mac = crypto.createHmac("sha1", key).update(at).digest();
	const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
	return String(number % 1000000).padStart(6, "0");
}

async function setUp(browser, user) {
	const page = await open(browser);

	await logIn(page, user);
	await page.goto(url + "/factor/setup");
	await page.fill("#setup", codes[user]);
	await page.click("main form button");
	await page.waitForSelector("svg.qr");
	await page.click("summary");
	const secret = (await page.innerText("details p.mono")).replace(/\s/g, "");
	await page.fill("#code", totp(secret));
	await page.click("main form button");
	await page.waitForURL((u) => !u.pathname.startsWith("/factor"));
	check(`${user} sets up a second factor`, true);
	return page;
}

async function helpdesk(browser) {
	const page = await setUp(browser, "hilda");
	const since = Date.now() - 2000;

	await page.goto(`${url}/l/${facts.link}`);
	check("the helpdesk sees no PIN behind anna's link", /not for you/.test(
		await page.innerText("main")), await page.innerText("main"));
	await page.goto(url + "/helpdesk");
	await page.fill("#q", "walter");
	await page.click("form[role=search] button");
	await page.click("a[href^='/helpdesk/person/']");
	check("the helpdesk finds walter", /walter\.frei@example\.com/.test(await page.innerText("main")),
		await page.innerText("main"));
	await page.click("form[action='/helpdesk/enroll'] button");
	await page.waitForURL(/\/helpdesk\/request\//);
	await until("mail to walter", () => mailTo("walter.frei@example.com", /x-pkcs12/i, since));
	check("an order for walter is mailed to walter", true);
	check("the helpdesk's page shows no link and no PIN",
		!/\/l\/[a-z2-7]{26}/.test(await page.content()), page.url());
	const again = Date.now();
	await page.click("a[href^='/helpdesk/person/']");
	await page.click("form[action='/helpdesk/resend'] button");
	await page.waitForURL(/\/helpdesk\/person\//);
	await until("second mail to walter",
		() => mailTo("walter.frei@example.com", /x-pkcs12/i, again));
	check("and sent again", true);
	await page.click("details:has(form[action='/helpdesk/revoke']) summary");
	await page.check("form[action='/helpdesk/revoke'] input[value=superseded]");
	await page.click("form[action='/helpdesk/revoke'] button.danger");
	await page.waitForSelector(".note.good[role=status]");
	check("and revoked", /Revoked/.test(await page.innerText("main")), await page.innerText("main"));
	await page.goto(url + "/helpdesk/explain?address=bruno.keller@example.com");
	check("what mail programs find is explained", await page.locator(".rows .tag").count() > 2,
		await page.innerText("main"));

	await page.goto(url + "/helpdesk?q=info@example.com");
	await page.click("a[href^='/helpdesk/person/']");
	await page.click("form[action='/helpdesk/mailbox'] button");
	await page.waitForURL(/\/helpdesk\/request\//);
	facts.mailbox = page.url().split("/").pop();
	check("no trouble at the helpdesk", page.troubles.length === 0, page.troubles);
	await page.context().close();
}

async function approver(browser) {
	const page = await setUp(browser, "anna");
	const since = Date.now() - 2000;

	await page.goto(url + "/approve");
	const text = await page.innerText("main");
	if (text.includes("info@example.com")) {
		await page.click("button[value=yes]");
		await page.waitForSelector(".note.good[role=status]");
	}
	const mail = await until("mail to a delegate of info",
		() => mailTo("", /info@example\.com[^]*x-pkcs12/i, since - WAIT_MS));
	check("delegates of the mailbox get its file", /\/l\/[a-z2-7]{26}/.test(mail.text), mail.name);
	await page.context().close();
}

await main(async (browser) => {
	for (const [name, run] of Object.entries({ employee, scanner, strangers, pin, helpdesk,
		approver, revocation }))
		await test(name, () => run(browser));
	fs.writeFileSync(path.join(folder, "facts.json"), JSON.stringify(facts));
});
