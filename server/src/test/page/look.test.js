import assert from "node:assert/strict";
import {after, before, test} from "node:test";
import {ask, open, sayNext, shoot, startBrowser, startServer} from "./harness.js";

const PHONE = {viewport: {width: 360, height: 640}, hasTouch: true, isMobile: true};
const LONG = `${"https://example.org/".repeat(12)}\n\n\`\`\`\n${"wide ".repeat(60)}\n\`\`\``;

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function onPage(options, body, prepare) {
  const opened = await open(browser, server.base, options, prepare);
  try {
    await body(opened.page);
    assert.deepEqual(opened.complaints, []);
  } finally {
    await opened.close();
  }
}

/** The page's tile with this label. */
const plotOf = (page, label) => page.locator(".tile", {hasText: label});

test("the plots follow the server's metrics", () => onPage({}, async (page) => {
  const speed = plotOf(page, "Tokens per second");
  const before = await speed.locator(".line").getAttribute("d");
  await ask(page, "Tell me a story about a fox.");
  await page.waitForFunction(() =>
    /^[1-9]/.test(document.querySelector(".tile .value").textContent));
  assert.notEqual(await speed.locator(".line").getAttribute("d"), before);
  assert.match(await speed.locator("svg").getAttribute("aria-label"), /^Tokens per second, .*\d/);
  await page.waitForFunction(() =>
    /^\d.* m?s$/.test(document.querySelectorAll(".tile .value")[1].textContent));
  assert.match(await plotOf(page, "Requests").innerText(), /\d+ running, \d+ waiting/);
  assert.match(await plotOf(page, "Cache in use").innerText(), /\d %/);
  await ask(page, "What can you do?");
  await ask(page, "Tell me a story about a cat.");
  await shoot(page, "desktop");
}));

test("where metrics are closed, the page's own answers are shown", () => onPage(
  {},
  async (page) => {
    await page.waitForSelector("#live-note:not([hidden])");
    assert.match(await page.locator("#live-note").innerText(), /No metrics without a key\./);
    assert.equal(await plotOf(page, "Cache in use").isVisible(), false);
    await ask(page, "Tell me a story about a fox.");
    await page.waitForFunction(() =>
      /^[1-9]/.test(document.querySelector(".tile .value").textContent));
    assert.match(await plotOf(page, "Time to first token").innerText(), /\d m?s/);
  },
  (page) => page.route("**/metrics", (route) =>
    route.fulfill({status: 401, json: {error: {message: "No metrics without a key."}}}))));

test("a phone shows everything without scrolling sideways", () => onPage(PHONE, async (page) => {
  const fits = async (what) => {
    const [width, height] = await page.evaluate(() =>
      [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
    assert.ok(width <= 360 && height <= 640, `${what}: ${width} x ${height}`);
    const send = await page.locator(".actions button:visible").boundingBox();
    assert.ok(send.y + send.height <= 640 && send.height >= 44, what);
  };
  await fits("empty");
  await shoot(page, "phone-empty");
  await ask(page, "What is 37 + 48?");
  await sayNext(page, {content: LONG});
  await ask(page, "x".repeat(300));
  await fits("long words");
  await shoot(page, "phone");
  await page.click("#live summary");
  await fits("live");
  await shoot(page, "phone-live");
  await page.click("#live summary");
  await page.click("#settings summary");
  await fits("settings");
  await shoot(page, "phone-settings");
  const inner = await page.locator("aside").evaluate((aside) => aside.scrollWidth - aside.clientWidth);
  assert.equal(inner, 0);
}));

/** Contrast of text as WCAG 2 computes it, in the page. */
function contrasts(selectors) {
  const luminance = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const ground = (element) => {
    const colour = numbers(getComputedStyle(element).backgroundColor);
    return colour.length === 4 && colour[3] === 0 ? ground(element.parentElement) : colour;
  };
  return selectors.map((selector) => {
    const element = document.querySelector(selector);
    const both = [luminance(numbers(getComputedStyle(element).color)), luminance(ground(element))];
    return [selector, (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05)];
  });
}

for (const colorScheme of ["light", "dark"]) {
  test(`${colorScheme} mode is readable`, () => onPage({colorScheme}, async (page) => {
    await ask(page, "What is 37 + 48?");
    await sayNext(page, {content: "Use `code`:\n\n```\nlet x = 1;\n```"});
    await ask(page, "Show me code.");
    await page.fill("[name=temperature]", "9");
    await ask(page, "Hello");
    const dark = await page.evaluate(() => {
      const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g);
      return Number(red) < 60;
    });
    assert.equal(dark, colorScheme === "dark");
    const found = await page.evaluate(contrasts, [
      "h1", ".user", ".assistant .body", ".facts", ".problem[role=alert]", "pre code", "p code",
      "#send", "#new", "#keys", "summary", "legend", ".value", "figcaption", "#message",
    ]);
    for (const [selector, contrast] of found) {
      assert.ok(contrast >= 4.5, `${selector}: ${contrast.toFixed(2)}`);
    }
    await shoot(page, colorScheme);
  }));
}

test("everything is reached by keyboard, in the order in which it is seen", () => onPage(
  {},
  async (page) => {
    await page.focus(".skip");
    const order = ["skip"];
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement === document.body)) break;
      const [name, outline] = await page.evaluate(() => {
        const at = document.activeElement;
        const label = at.id || at.name || at.className || at.parentElement.id;
        return [label, getComputedStyle(at).outlineStyle];
      });
      assert.notEqual(outline, "none", name);
      order.push(name);
    }
    assert.deepEqual(order.filter((name) => name !== "example"), [
      "skip", "model", "new", "live", "settings", "system", "temperature", "top_p", "top_k",
      "min_p", "max_tokens", "seed", "get_weather", "calculate_expression", "use-schema",
      "schema", "key", "transcript", "message", "send",
    ]);
    assert.equal(order.filter((name) => name === "example").length, 3);
    await page.focus(".skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "message");
  }));

test("a screen reader finds names, the log and the state", () => onPage({}, async (page) => {
  const log = page.getByRole("log", {name: "Conversation"});
  assert.equal(await log.getAttribute("aria-live"), "polite");
  for (const [role, name] of [
    ["combobox", "Model"], ["textbox", "Message"], ["textbox", "System prompt"],
    ["spinbutton", "temperature"], ["checkbox", "Calculator"], ["button", "New chat"],
    ["textbox", "JSON schema"], ["complementary", "Server and settings"], ["main", ""],
  ]) {
    assert.equal(await page.getByRole(role, name ? {name} : {}).count(), 1, `${role} ${name}`);
  }
  await sayNext(page, {content: "Fine."});
  await ask(page, "How are you?");
  assert.equal(await log.getByRole("heading", {name: "Model"}).count(), 1);
}));

test("small parts: markup, metrics and arithmetic", () => onPage({}, async (page) => {
  const seen = await page.evaluate(async () => {
    const [{blocks}, {growth, parse}, {evaluate}] = await Promise.all(
      ["markup", "metrics", "arithmetic"].map((name) => import(`/page/${name}.js`)));
    const thrown = (text) => {
      try {
        return evaluate(text);
      } catch {
        return "thrown";
      }
    };
    const metrics = parse('# TYPE a gauge\na{x="1 {2}"} 3\na{x="2"} 4.5\nb:c 1e3 17\nd NaN\n');
    return {
      blocks: blocks("one\ntwo\n\n```js\n  x\n\ny\n```\n~~~\nopen"),
      metrics: [...metrics],
      growth: [growth("a", metrics, new Map([["a", 7]])), growth("a", metrics, new Map([["a", 9]])),
        growth("a", metrics, null)],
      sums: ["1 + 2 * 3", "-(4 - 6) / 4", "2 +", "1/0", "alert(1)", "(1", "1 2"].map(thrown),
    };
  });
  assert.deepEqual(seen, {
    blocks: [
      {kind: "text", content: "one\ntwo"}, {kind: "code", content: "  x\n\ny"},
      {kind: "code", content: "open"},
    ],
    metrics: [["a", 7.5], ["b:c", 1000]],
    growth: [0.5, null, null],
    sums: [7, 0.5, "thrown", "thrown", "thrown", "thrown", "thrown"],
  });
}));
