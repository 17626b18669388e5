import {events} from "./events.js";

/** An answer that says what is wrong, in the server's words. */
export class ServerError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The server this page came from, wherever a proxy shows it. */
export class Server {
  #key = "";

  setKey(key) {
    this.#key = key;
  }

  /** Returns the response, or throws the server's own message. */
  async fetch(path, options = {}) {
    const headers = {...options.headers};
    if (this.#key) headers.Authorization = `Bearer ${this.#key}`;
    let response;
    try {
      response = await fetch(path, {cache: "no-store", ...options, headers});
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ServerError(0, "The server can't be reached.");
    }
    if (!response.ok) throw new ServerError(response.status, await message(response));
    return response;
  }

  /** Returns the names the model goes by. */
  async models() {
    const list = await (await this.fetch("v1/models")).json();
    return list.data.map((model) => model.id);
  }

  /** Returns "" once requests are answered, else what the server waits for. */
  async waitsFor() {
    const response = await fetch("health", {cache: "no-store"});
    if (response.ok) return "";
    const body = await response.json().catch(() => ({}));
    return [body.status, body.progress].filter(Boolean).join(": ") || `status ${response.status}`;
  }

  /** Yields the chunks of a streamed chat completion. */
  async *chat(request, signal) {
    const response = await this.fetch("v1/chat/completions", {
      method: "POST",
      signal,
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({
        ...request,
        stream: true,
        stream_options: {include_usage: true, continuous_usage_stats: true},
      }),
    });
    for await (const data of events(response.body)) {
      if (data === "[DONE]") return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new ServerError(chunk.error.code, chunk.error.message);
      yield chunk;
    }
    throw new ServerError(0, "The connection broke before the answer was complete.");
  }
}

async function message(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.slice(0, 500) || `The server answered with status ${response.status}.`;
  }
}
