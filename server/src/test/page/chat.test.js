import assert from "node:assert/strict";
import {after, before, test} from "node:test";
import {ask, open, sayNext, shoot, startBrowser, startServer} from "./harness.js";

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

/** Runs a test on a page of its own; the browser must have nothing to complain about. */
function onPage(name, body) {
  test(name, async () => {
    const opened = await open(browser, server.base);
    try {
      await body(opened.page, opened.complaints);
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.close();
    }
  });
}

const lastAnswer = (page) => page.locator(".assistant > .body").last().innerText();

onPage("typing and Enter stream an answer", async (page) => {
  assert.equal(await page.evaluate(() => document.activeElement.id), "message");
  await page.keyboard.type("What is 37");
  await page.keyboard.press("Shift+Enter");
  assert.equal(await page.inputValue("#message"), "What is 37\n");
  await ask(page, "What is 37 + 48?");
  assert.match(await lastAnswer(page), /85/);
  assert.match(await page.locator(".facts").innerText(), /\d+ tokens · first after .* · stop/);
  assert.equal(await page.inputValue("#message"), "");
  await ask(page, "What is 12 + 13?");
  assert.match(await lastAnswer(page), /25/);
  await page.click("#new");
  assert.equal(await page.locator(".said").count(), 0);
});

onPage("an answer grows while it is written, Esc stops it, and the chat goes on", async (page) => {
  await page.evaluate(() => {
    window.lengths = new Set();
    new MutationObserver(() => {
      const text = document.querySelector(".assistant .body p")?.textContent ?? "";
      window.lengths.add(text.length);
      if (text.length > 40) document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"}));
    }).observe(document.querySelector("#transcript"), {subtree: true, childList: true});
  });
  await ask(page, "Tell me a story about a fox.");
  assert.match(await page.locator(".facts").innerText(), /stopped$/);
  assert.equal(await page.locator("#state").innerText(), "Stopped.");
  assert.ok((await page.evaluate(() => window.lengths.size)) > 2);
  const kept = await lastAnswer(page);
  assert.ok(kept.length > 40 && !kept.includes("The end."), kept);
  assert.equal(await page.evaluate(() => document.activeElement.id), "message");
  const next = page.waitForRequest("**/v1/chat/completions");
  await ask(page, "What is 10 + 11?");
  const roles = (await next).postDataJSON().messages.map((message) => message.role);
  assert.deepEqual(roles, ["user", "assistant", "user"]);
});

onPage("the stop button is there while an answer is written", async (page) => {
  await page.route("**/v1/chat/completions", () => {}, {times: 1});
  await page.fill("#message", "Hello");
  await page.click("#send");
  await page.focus("#stop");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#send:not([hidden])");
  assert.equal(await page.locator("#stop").isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement.id), "message");
});

onPage("settings are sent as they are, and only those that are set", async (page) => {
  await page.fill("#system", "Answer in German.");
  await page.fill("[name=temperature]", "0");
  await page.fill("[name=top_k]", "40");
  await page.fill("[name=max_tokens]", "5");
  await page.fill("[name=seed]", "7");
  const sent = page.waitForRequest("**/v1/chat/completions");
  await ask(page, "Hello");
  const {messages, model, ...fields} = (await sent).postDataJSON();
  assert.deepEqual(messages[0], {role: "system", content: "Answer in German."});
  assert.equal(model, await page.inputValue("#model"));
  assert.deepEqual(fields, {
    temperature: 0, top_k: 40, max_tokens: 5, seed: 7, stream: true,
    stream_options: {include_usage: true, continuous_usage_stats: true},
  });
});

onPage("the server's errors are shown in its words, and the text comes back", async (page) => {
  await page.fill("[name=temperature]", "9");
  await ask(page, "What is 2 + 2?");
  assert.match(await page.locator("[role=alert]").innerText(), /temperature .*9/);
  assert.equal(await page.inputValue("#message"), "What is 2 + 2?");
  await page.fill("[name=temperature]", "");
  await ask(page, "What is 2 + 2?");
  assert.match(await lastAnswer(page), /4/);
});

onPage("the page answers tool calls and the model uses the result", async (page) => {
  await page.check("[name=get_weather]");
  await page.check("[name=calculate_expression]");
  await page.fill("[name=temperature]", "0");
  await ask(page, "What is the weather in Bern?");
  const calls = await page.locator(".call").allInnerTexts();
  assert.equal(calls.length, 2);
  assert.match(calls[0], /Calls get_weather\s+\{"city": ?"Bern"\}/);
  assert.match(calls[1], /Result of get_weather\s+\{"temperature": \d+, "condition": "[a-z]+"\}/);
  const [, degrees, sky] = /(\d+), "condition": "([a-z]+)"/.exec(calls[1]);
  assert.match(await lastAnswer(page), new RegExp(`Bern.*${degrees}.*${sky}`));
  await ask(page, "Calculate 1234 * 56");
  assert.match(await lastAnswer(page), /69104/);
  await shoot(page, "tools");
});

onPage("answers keep to a JSON schema", async (page) => {
  await page.check("#use-schema");
  await page.fill("#schema", "{oops");
  await page.fill("#message", "Hello");
  await page.press("#message", "Enter");
  assert.match(await page.locator("#schema-error").innerText(), /not valid JSON/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "schema");
  assert.equal(await page.locator(".said").count(), 0);
  await page.fill("#schema", JSON.stringify({
    type: "object",
    properties: {sum: {type: "integer", minimum: 0, maximum: 99}},
    required: ["sum"],
    additionalProperties: false,
  }));
  await ask(page, "What is 20 + 22?");
  const answer = JSON.parse(await lastAnswer(page));
  assert.ok(Number.isInteger(answer.sum), JSON.stringify(answer));
  await shoot(page, "schema");
});

onPage("what users and models write never becomes HTML", async (page) => {
  const evil = '<script>window.hacked=1</script><img src="x" onerror="window.hacked=1">';
  await page.route("**/v1/chat/completions", (route) => route.fulfill({
    status: 400, json: {error: {message: evil}},
  }), {times: 1});
  await sayNext(
    page,
    {role: "assistant", reasoning_content: evil},
    {content: `${evil}\n\n\`${evil}\`\n\n\`\`\`html\n${evil}\n\`\`\``},
    {tool_calls: [{index: 0, id: "1", function: {name: evil, arguments: JSON.stringify({a: evil})}}]});
  await ask(page, evil);
  const shown = page.locator("#transcript");
  assert.equal(await page.locator(".user .body").innerText(), evil);
  assert.equal(await page.locator(".assistant > .body p").first().innerText(), evil);
  assert.equal(await page.locator(".assistant > .body pre code").innerText(), evil);
  assert.equal(await page.locator(".reasoning p").textContent(), evil);
  assert.equal(await page.locator("[role=alert]").innerText(), evil);
  assert.equal(await page.locator(".call .label").first().innerText(), `Calls ${evil}`);
  assert.equal(await shown.locator("script, img").count(), 0);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});

onPage("even a script that got in would not run", async (page, complaints) => {
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.hacked = 1";
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.match(complaints.splice(0).join(), /Content Security Policy/);
});

onPage("the key is sent, and kept by the tab alone", async (page) => {
  await page.fill("#key", "sesame");
  await page.press("#key", "Tab");
  const sent = page.waitForRequest("**/v1/chat/completions");
  await ask(page, "Hello");
  assert.equal((await sent).headers().authorization, "Bearer sesame");
  assert.deepEqual(await page.evaluate(() => [localStorage.length, document.cookie]), [0, ""]);
  await page.reload();
  assert.equal(await page.inputValue("#key"), "sesame");
});
