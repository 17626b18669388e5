import {show} from "./markup.js";

/** How near to its end, in pixels, the conversation still follows what is written. */
const NEAR = 60;

function make(tag, className, ...content) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...content);
  return element;
}

/** The conversation as the reader sees it. Whatever is said becomes text nodes. */
export class Transcript {
  #log;

  constructor(log) {
    this.#log = log;
  }

  clear() {
    this.#log.replaceChildren();
  }

  /** Shows what could be asked; a click asks it. */
  welcome(examples, ask) {
    const buttons = examples.map((text) => {
      const button = make("button", "example", text);
      button.type = "button";
      button.addEventListener("click", () => ask(text));
      return button;
    });
    this.#log.replaceChildren(
      make("div", "welcome", make("p", "", "Ask something, or try:"), ...buttons));
  }

  user(text) {
    this.#log.querySelector(".welcome")?.remove();
    const body = make("div", "body plain", text);
    this.#add(make("article", "said user", make("h2", "unseen", "You"), body), true);
  }

  error(text) {
    const line = make("p", "problem", text);
    line.setAttribute("role", "alert");
    this.#add(line, true);
  }

  /** What the page answered to a tool call. */
  result(call, text) {
    const label = make("span", "label", `Result of ${call.function.name}`);
    this.#add(make("div", "call result", label, make("code", "", text)));
  }

  /** Returns an answer that can be written into. */
  answer() {
    const body = make("div", "body");
    const article = make("article", "said assistant", make("h2", "unseen", "Model"), body);
    this.#add(article);
    return new AnswerView(article, body, (change) => this.#following(change));
  }

  #add(element, always = false) {
    this.#following(() => this.#log.append(element), always);
  }

  /** Stays at the end if it was there. */
  #following(change, always = false) {
    const log = this.#log;
    const follows = always || log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    change();
    if (follows) log.scrollTop = log.scrollHeight;
  }
}

/** An answer that is being written, redrawn at most once a frame. */
class AnswerView {
  #article;
  #body;
  #following;
  #pending = new Map();
  #frame = 0;
  #thoughts;
  #calls = [];

  constructor(article, body, following) {
    this.#article = article;
    this.#body = body;
    this.#following = following;
    body.append(make("span", "waiting", "…"));
  }

  text(text) {
    this.#later("text", () => {
      this.#body.querySelector(".waiting")?.remove();
      show(this.#body, text);
    });
  }

  reasoning(text) {
    this.#later("reasoning", () => {
      if (!this.#thoughts) {
        this.#thoughts = make("div", "body");
        const details = make("details", "reasoning", make("summary", "", "Reasoning"));
        details.append(this.#thoughts);
        this.#body.before(details);
      }
      show(this.#thoughts, text);
    });
  }

  call(index, {function: {name, arguments: text}}) {
    this.#later(`call ${index}`, () => {
      if (!this.#calls[index]) {
        this.#calls[index] = make("div", "call");
        this.#article.append(this.#calls[index]);
      }
      this.#calls[index].replaceChildren(
        make("span", "label", `Calls ${name}`), make("code", "", text));
    });
  }

  /** Ends the answer with its facts, like its length and speed. */
  done(facts) {
    cancelAnimationFrame(this.#frame);
    this.#draw();
    this.#following(() => {
      this.#body.querySelector(".waiting")?.remove();
      this.#article.append(make("p", "facts", facts));
    });
  }

  /** Takes an answer away that never came. */
  remove() {
    cancelAnimationFrame(this.#frame);
    this.#article.remove();
  }

  #later(what, change) {
    this.#pending.set(what, change);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    this.#following(() => this.#pending.forEach((change) => change()));
    this.#pending.clear();
  }
}
