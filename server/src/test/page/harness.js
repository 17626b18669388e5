import {spawn} from "node:child_process";
import {existsSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {chromium} from "playwright-core";

const HOME = fileURLToPath(new URL("../../../../", import.meta.url));
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts `./lfm serve` with the demo model on a free port and waits until it answers. */
export async function startServer() {
  const port = await freePort();
  const child = spawn(`${HOME}lfm`, ["serve", "--host", "127.0.0.1", "--port", String(port)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const base = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`./lfm serve ended with ${child.exitCode}`);
    const healthy = await fetch(`${base}/health`).then((response) => response.ok, () => false);
    if (healthy) break;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return {base, stop: () => new Promise((resolve) => child.on("exit", resolve) && child.kill())};
}

async function freePort() {
  const {createServer} = await import("node:net");
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const {port} = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts the Chromium named by CHROMIUM, or the system's. */
export function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? BROWSERS.find(existsSync);
  if (!executablePath) {
    throw new Error("No Chromium: install it (apt install chromium) or name it with CHROMIUM=PATH.");
  }
  return chromium.launch({executablePath, args: process.getuid() === 0 ? ["--no-sandbox"] : []});
}

/**
 * Opens the page in a context of its own. What the browser complains about, like a breach of the
 * content security policy, and requests to anywhere else are collected in `complaints`.
 */
export async function open(browser, base, options = {}, prepare = async () => {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (line) => {
    const refused = /Failed to load resource: the server responded/.test(line.text());
    if (line.type() === "error" && !refused) complaints.push(line.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base)) complaints.push(`asked for ${request.url()}`);
  });
  await prepare(page);
  await page.goto(base);
  await page.waitForFunction(() => document.querySelector("#model").value !== "");
  return {page, complaints, close: () => context.close()};
}

/** Sends a message by keyboard and waits for the end of the turn. */
export async function ask(page, text) {
  await page.fill("#message", text);
  await page.press("#message", "Enter");
  await page.waitForFunction(
    () => document.querySelector("#transcript").getAttribute("aria-busy") === "false");
}

/** Answers the page's next chats with these deltas, in order. */
export async function sayNext(page, ...deltas) {
  const lines = deltas.map((delta) => ({choices: [{index: 0, delta}]}));
  lines.push({choices: [{index: 0, delta: {}, finish_reason: "stop"}]});
  const body = lines.map((line) => `data: ${JSON.stringify(line)}\n\n`).join("");
  await page.route("**/v1/chat/completions", (route) =>
    route.fulfill({contentType: "text/event-stream", body: `${body}data: [DONE]\n\n`}),
  {times: 1});
}

/** Keeps a picture in the folder SHOTS, if that is set. */
export async function shoot(page, name) {
  if (process.env.SHOTS) await page.screenshot({path: `${process.env.SHOTS}/${name}.png`});
}
