import {TOOLS} from "./tools.js";

/** A setting that can't be sent as it is. */
export class SettingError extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** The controls beside the chat, as fields of a request. What is left empty is not sent. */
export class Settings {
  #root;
  #boxes = [];

  constructor(root) {
    this.#root = root;
    for (const tool of TOOLS) {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.name = tool.definition.function.name;
      const label = document.createElement("label");
      label.className = "check";
      label.append(box, ` ${tool.label}`);
      root.querySelector("#tools").append(label);
      this.#boxes.push(box);
    }
    root.querySelector("#schema").addEventListener("input", () => this.#schemaProblem(""));
  }

  system() {
    return this.#root.querySelector("#system").value.trim();
  }

  /** Returns the request's fields besides model and messages, or throws a SettingError. */
  fields() {
    const fields = {};
    for (const input of this.#root.querySelectorAll(".sampling input")) {
      if (input.validity.badInput) throw new SettingError(input, `${input.name} must be a number.`);
      if (input.value !== "") fields[input.name] = Number(input.value);
    }
    const tools = TOOLS.filter((tool, index) => this.#boxes[index].checked);
    if (tools.length > 0) fields.tools = tools.map((tool) => tool.definition);
    if (this.#root.querySelector("#use-schema").checked) {
      fields.response_format = {
        type: "json_schema",
        json_schema: {name: "answer", strict: true, schema: this.#schema()},
      };
    }
    return fields;
  }

  #schema() {
    const field = this.#root.querySelector("#schema");
    try {
      return JSON.parse(field.value);
    } catch (error) {
      const message = `The schema is not valid JSON: ${error.message}`;
      this.#schemaProblem(message);
      throw new SettingError(field, message);
    }
  }

  #schemaProblem(message) {
    const line = this.#root.querySelector("#schema-error");
    line.textContent = message;
    line.hidden = !message;
    this.#root.querySelector("#schema").setAttribute("aria-invalid", String(Boolean(message)));
  }
}
