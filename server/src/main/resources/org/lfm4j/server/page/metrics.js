const SAMPLE = /^([a-zA-Z_:][\w:]*)(\{.*\})?\s+(\S+)/;

/** Reads Prometheus' text format: each name with the sum of its values over all labels. */
export function parse(text) {
  const values = new Map();
  for (const line of text.split("\n")) {
    const match = line.startsWith("#") ? null : SAMPLE.exec(line);
    const value = Number(match?.[3]);
    if (match && Number.isFinite(value)) {
      values.set(match[1], (values.get(match[1]) ?? 0) + value);
    }
  }
  return values;
}

/** Returns how much a counter grew; nothing if it is new or began again. */
export function growth(name, now, before) {
  const grown = (now.get(name) ?? NaN) - (before?.get(name) ?? NaN);
  return grown >= 0 ? grown : null;
}
