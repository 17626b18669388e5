import {growth, parse} from "./metrics.js";
import {Plot} from "./plot.js";

const BUSY_MS = 1000;
const IDLE_MS = 3000;
const CLOSED_MS = 10_000;

/**
 * The panel of what the server does now, read from /metrics. Where that is closed, it shows what
 * this page's own answers tell.
 */
export class Live {
  #server;
  #note;
  #brief;
  #speed = new Plot("Tokens per second", 1, 1, (value) => value.toFixed(value < 100 ? 1 : 0));
  #first = new Plot("Time to first token", 1, 0.01, duration);
  #requests = new Plot(
    "Requests", 2, 1, String, (running, waiting) => `${running} running, ${waiting} waiting`);
  #cache = new Plot("Cache in use", 1, 1, (value) => `${Number((value * 100).toFixed(1))} %`);
  #before = null;
  #time = 0;
  #firstToken = null;
  #ownTokens = 0;
  #ownFirst = null;
  #readAgainAt = 0;
  #timer = 0;
  #reading = false;

  constructor(root, server) {
    this.#server = server;
    this.#note = root.querySelector("#live-note");
    this.#brief = root.querySelector("#live-brief");
    root.querySelector("#tiles").append(
      this.#speed.element, this.#first.element, this.#requests.element, this.#cache.element);
    document.addEventListener("visibilitychange", () => this.refresh());
  }

  /** An answer of this page got so many more tokens. */
  tokens(count) {
    this.#ownTokens += count;
  }

  /** An answer of this page began after so many seconds. */
  firstToken(seconds) {
    this.#ownFirst = seconds;
  }

  /** Reads now and from then on, faster while something happens; not while nobody looks. */
  async refresh() {
    clearTimeout(this.#timer);
    if (document.hidden || this.#reading) return;
    this.#reading = true;
    const busy = await this.#read();
    this.#reading = false;
    this.#timer = setTimeout(() => this.refresh(), busy ? BUSY_MS : IDLE_MS);
  }

  /** Asks for /metrics again though it was closed: there may be a key now. */
  retry() {
    this.#readAgainAt = 0;
    this.refresh();
  }

  async #read() {
    const now = await this.#metrics();
    const time = performance.now();
    const seconds = (time - this.#time) / 1000;
    this.#time = time;
    const own = this.#ownTokens;
    this.#ownTokens = 0;
    const made = now ? growth("vllm:generation_tokens_total", now, this.#before) : own;
    const speed = made === null ? null : made / seconds;
    this.#speed.add(time, [speed]);
    this.#first.add(time, [this.#latestFirst(now)]);
    const running = now?.get("vllm:num_requests_running") ?? null;
    const waiting = now?.get("vllm:num_requests_waiting") ?? null;
    this.#requests.add(time, [running, waiting]);
    this.#cache.add(time, [now?.get("vllm:kv_cache_usage_perc") ?? null]);
    this.#requests.element.hidden = this.#cache.element.hidden = !now;
    this.#brief.textContent = speed ? `${speed.toFixed(1)} tokens/s` : "";
    this.#before = now;
    return running > 0 || waiting > 0 || made > 0;
  }

  /** The mean of the requests that began since the last look; the one before if none did. */
  #latestFirst(now) {
    if (!now) return this.#ownFirst;
    const name = "vllm:time_to_first_token_seconds";
    const count = growth(`${name}_count`, now, this.#before);
    if (count > 0) this.#firstToken = growth(`${name}_sum`, now, this.#before) / count;
    return this.#firstToken;
  }

  async #metrics() {
    if (performance.now() < this.#readAgainAt) return null;
    try {
      const values = parse(await (await this.#server.fetch("metrics")).text());
      this.#note.hidden = true;
      return values;
    } catch (error) {
      this.#readAgainAt = performance.now() + CLOSED_MS;
      this.#note.textContent =
        `The server's metrics can't be read, so these are this page's own answers. ${error.message}`;
      this.#note.hidden = false;
      return null;
    }
  }
}

function duration(seconds) {
  return seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(2)} s`;
}
