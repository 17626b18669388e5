/**
 * Shows text with its code blocks and `code`. Everything goes through text nodes, so whatever the
 * text holds stays text.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/** Cuts text into paragraphs and code blocks; a block that is still being written counts. */
export function blocks(text) {
  const found = [];
  let lines = [];
  let fence = "";
  const flush = (kind) => {
    const content = kind === "text" ? lines.join("\n").trim() : lines.join("\n");
    if (content || kind === "code") found.push({kind, content});
    lines = [];
  };
  for (const line of text.split("\n")) {
    const match = FENCE.exec(line);
    if (!fence && match) {
      flush("text");
      fence = match[1];
    } else if (fence && match && match[1].startsWith(fence) && !match[2].trim()) {
      flush("code");
      fence = "";
    } else if (!fence && !line.trim()) {
      flush("text");
    } else {
      lines.push(line);
    }
  }
  flush(fence ? "code" : "text");
  return found;
}

function element(block) {
  if (block.kind === "code") {
    const pre = document.createElement("pre");
    pre.tabIndex = 0;
    pre.append(document.createElement("code"));
    pre.firstChild.textContent = block.content;
    return pre;
  }
  const paragraph = document.createElement("p");
  block.content.split(/`([^`\n]+)`/).forEach((part, index) => {
    if (index % 2 === 0) {
      paragraph.append(part);
    } else {
      const code = document.createElement("code");
      code.textContent = part;
      paragraph.append(code);
    }
  });
  return paragraph;
}

const shown = new WeakMap();

/** Shows text in a container. What has not changed since the last time keeps its elements. */
export function show(container, text) {
  const before = shown.get(container) ?? [];
  const now = blocks(text);
  now.forEach((block, index) => {
    const old = before[index];
    if (old && old.kind === block.kind && old.content === block.content) return;
    const fresh = element(block);
    if (old) container.children[index].replaceWith(fresh);
    else container.append(fresh);
  });
  while (container.children.length > now.length) container.lastElementChild.remove();
  shown.set(container, now);
}
