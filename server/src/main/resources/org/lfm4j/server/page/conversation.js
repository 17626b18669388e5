import {answer} from "./tools.js";

/** A model that calls tools for ever is stopped after so many answers. */
const MOST_ANSWERS = 6;

/** What was said so far, in the form the API takes it. Holds nothing that was not answered. */
export class Conversation {
  #messages = [];

  clear() {
    this.#messages = [];
  }

  /**
   * Asks, streams the answer into the transcript and answers tool calls until the model is done.
   * A failed or stopped turn keeps what was written of its last answer; if that is nothing, the
   * turn is forgotten, so that it can be sent again.
   *
   * @param ask {server, fields, system, signal, transcript, live}
   */
  async turn(text, ask) {
    const said = this.#messages;
    const begun = said.length;
    said.push({role: "user", content: text});
    ask.transcript.user(text);
    for (let round = 0; round < MOST_ANSWERS; round++) {
      const written = new Answer(ask.transcript.answer());
      try {
        await written.stream(ask, said);
      } catch (error) {
        if (written.text) said.push({role: "assistant", content: written.text});
        else said.length = begun;
        throw error;
      }
      said.push(written.message());
      if (written.calls.length === 0) return;
      for (const call of written.calls) {
        const content = answer(call);
        said.push({role: "tool", tool_call_id: call.id, content});
        ask.transcript.result(call, content);
      }
    }
    said.length = begun;
    throw new Error(`The model called tools ${MOST_ANSWERS} times without an answer: stopped.`);
  }
}

/** One answer while it comes in. */
class Answer {
  text = "";
  calls = [];
  #reasoning = "";
  #tokens = 0;
  #finish = "";
  #view;

  constructor(view) {
    this.#view = view;
  }

  message() {
    const message = {role: "assistant", content: this.text};
    if (this.calls.length > 0) message.tool_calls = this.calls;
    return message;
  }

  async stream({server, fields, system, signal, live}, said) {
    const messages = system ? [{role: "system", content: system}, ...said] : said;
    const begun = performance.now();
    let first = 0;
    let last = 0;
    try {
      for await (const chunk of server.chat({...fields, messages}, signal)) {
        const progress = this.#take(chunk);
        if (!progress) continue;
        last = performance.now();
        if (!first) {
          first = last;
          live.firstToken((first - begun) / 1000);
        }
        live.tokens(progress);
      }
    } catch (error) {
      this.#finish = error.name === "AbortError" ? "stopped" : "failed";
      throw error;
    } finally {
      if (this.#tokens === 0 && this.#finish === "failed") this.#view.remove();
      else this.#view.done(this.#facts(first - begun, last - first));
    }
  }

  /** Returns how many tokens a chunk brought. */
  #take(chunk) {
    const choice = chunk.choices?.[0];
    const delta = choice?.delta ?? {};
    const thought = delta.reasoning ?? delta.reasoning_content ?? "";
    if (thought) this.#view.reasoning((this.#reasoning += thought));
    if (delta.content) this.#view.text((this.text += delta.content));
    for (const part of delta.tool_calls ?? []) this.#call(part);
    if (choice?.finish_reason) this.#finish = choice.finish_reason;
    const before = this.#tokens;
    const said = thought || delta.content || delta.tool_calls;
    this.#tokens = chunk.usage?.completion_tokens ?? before + (said ? 1 : 0);
    return this.#tokens - before;
  }

  #call(part) {
    const call = (this.calls[part.index] ??= {
      id: "", type: "function", function: {name: "", arguments: ""},
    });
    call.id ||= part.id ?? "";
    call.function.name ||= part.function?.name ?? "";
    call.function.arguments += part.function?.arguments ?? "";
    this.#view.call(part.index, call);
  }

  #facts(firstMs, spanMs) {
    const facts = [];
    if (this.#tokens > 0) {
      const unit = this.#tokens === 1 ? "token" : "tokens";
      facts.push(`${this.#tokens} ${unit}`, `first after ${(firstMs / 1000).toFixed(2)} s`);
    }
    if (this.#tokens > 1 && spanMs > 0) {
      facts.push(`${((this.#tokens - 1) * 1000 / spanMs).toFixed(1)} tokens/s`);
    }
    if (this.#finish) facts.push(this.#finish.replace("_", " "));
    return facts.join(" · ");
  }
}
