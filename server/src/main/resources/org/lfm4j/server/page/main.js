import {Conversation} from "./conversation.js";
import {Live} from "./live.js";
import {Server} from "./server.js";
import {SettingError, Settings} from "./settings.js";
import {Transcript} from "./transcript.js";

const KEY = "lfm4j.key";
const EXAMPLES = ["What can you do?", "What is 37 + 48?", "Tell me a story about a fox."];
const NARROW = "(max-width: 760px)";
const READY_CHECK_MS = 2000;

const find = (selector) => document.querySelector(selector);
const message = find("#message");
const log = find("#transcript");
const server = new Server();
const live = new Live(find("#live"), server);
const settings = new Settings(find("#settings"));
const transcript = new Transcript(log);
const conversation = new Conversation();

let running = null;

async function send(text) {
  if (running || !text.trim()) return;
  let fields;
  try {
    fields = {model: find("#model").value || undefined, ...settings.fields()};
  } catch (error) {
    refuse(error);
    return;
  }
  const mine = (running = new AbortController());
  message.value = "";
  showRunning(true);
  live.refresh();
  try {
    await conversation.turn(text.trim(), {
      server, fields, system: settings.system(), signal: mine.signal, transcript, live,
    });
    if (running === mine) say("");
  } catch (error) {
    if (running === mine) failed(error, text);
  } finally {
    if (running === mine) {
      running = null;
      showRunning(false);
      live.refresh();
    }
  }
}

function refuse(error) {
  if (!(error instanceof SettingError)) throw error;
  find("#settings").open = true;
  error.field.focus();
  say(error.message);
}

function failed(error, text) {
  if (error.name === "AbortError") {
    say("Stopped.");
    return;
  }
  transcript.error(error.message);
  say("");
  message.value ||= text;
  if (error.status === 401) askForKey();
}

function askForKey() {
  find("#settings").open = true;
  find("#key").focus();
}

function showRunning(yes) {
  log.setAttribute("aria-busy", String(yes));
  const stopFocused = document.activeElement === find("#stop");
  find("#stop").hidden = !yes;
  find("#send").hidden = yes;
  if (yes) say("Answering…");
  if (stopFocused) message.focus();
}

function say(text) {
  find("#state").textContent = text;
}

function stop() {
  running?.abort();
}

function newChat() {
  stop();
  running = null;
  showRunning(false);
  say("");
  conversation.clear();
  transcript.welcome(EXAMPLES, send);
  message.focus();
}

async function loadModels() {
  const select = find("#model");
  try {
    const names = await server.models();
    select.replaceChildren(...names.map((name) => new Option(name, name)));
    document.title = `${names[0]} · lfm4j`;
    say("");
  } catch (error) {
    say(error.message);
    if (error.status === 401) askForKey();
  }
}

/** Says how far the model is until it is ready. */
async function awaitReady() {
  for (;;) {
    const waitsFor = await server.waitsFor().catch(() => "the server can't be reached");
    if (!waitsFor) break;
    say(waitsFor);
    await new Promise((resolve) => setTimeout(resolve, READY_CHECK_MS));
  }
  await loadModels();
}

function useKey(key) {
  sessionStorage.setItem(KEY, key);
  server.setKey(key);
}

find("#composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send(message.value);
});
message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send(message.value);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop();
});
find("#stop").addEventListener("click", stop);
find("#new").addEventListener("click", newChat);
find("#key").addEventListener("change", (event) => {
  useKey(event.target.value.trim());
  loadModels();
  live.retry();
});

if (matchMedia(NARROW).matches) {
  find("#live").open = false;
  find("#settings").open = false;
}
find("#key").value = sessionStorage.getItem(KEY) ?? "";
server.setKey(find("#key").value);
newChat();
awaitReady();
live.refresh();
