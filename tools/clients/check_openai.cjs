// Chats, completes, streams and errs with OpenAI's client for Node. Run by check-node.sh.
const assert = require("node:assert/strict");
const OpenAI = require("openai");

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "unused", maxRetries: 0 });
const messages = [{ role: "user", content: "What is 37 + 48?" }];

async function main() {
  const model = (await client.models.list()).data[0].id;
  const sums = { model, messages, temperature: 0 };
  const answer = await client.chat.completions.create(sums);
  const whole = answer.choices[0].message.content;
  assert.ok(whole.length > 0);
  assert.equal(answer.choices[0].finish_reason, "stop");

  let text = "";
  let usage;
  const stream = await client.chat.completions.create({
    ...sums, stream: true, stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole);
  assert.ok(usage.completion_tokens > 0);

  const runner = client.chat.completions.stream(sums);
  assert.equal(await runner.finalContent(), whole);

  const completion = await client.completions.create({
    model, prompt: ["The sun", "A cat"], max_tokens: 4, temperature: 0, logprobs: 1, echo: true,
  });
  assert.deepEqual(completion.choices.map((c) => c.index), [0, 1]);
  assert.ok(completion.choices[0].text.startsWith("The sun"));
  assert.equal(completion.choices[0].logprobs.token_logprobs[0], null);

  await assert.rejects(
    client.chat.completions.create({ ...sums, temperature: 3 }),
    (e) => e instanceof OpenAI.BadRequestError && e.param === "temperature",
  );
  await assert.rejects(
    client.chat.completions.create({ ...sums, model: "gpt-9" }),
    (e) => e instanceof OpenAI.NotFoundError,
  );

  const endless = await client.chat.completions.create({ ...sums, stream: true, ignore_eos: true });
  for await (const _ of endless) break;

  console.log("7 passed, 0 failed");
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
