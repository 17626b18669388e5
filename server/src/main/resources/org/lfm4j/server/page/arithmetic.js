/** Computes + - * / ( ) over decimal numbers; throws on anything else. */
export function evaluate(text) {
  const tokens = text.match(/\d+(\.\d+)?|[-+*/()]|\S/g) ?? [];
  let next = 0;

  function sum() {
    let value = product();
    while (tokens[next] === "+" || tokens[next] === "-") {
      value = tokens[next++] === "+" ? value + product() : value - product();
    }
    return value;
  }

  function product() {
    let value = factor();
    while (tokens[next] === "*" || tokens[next] === "/") {
      value = tokens[next++] === "*" ? value * factor() : value / factor();
    }
    return value;
  }

  function factor() {
    const token = tokens[next++];
    if (token === "-") return -factor();
    if (token === "(") {
      const value = sum();
      if (tokens[next++] !== ")") throw new Error(`no ) in: ${text}`);
      return value;
    }
    if (!/^\d/.test(token ?? "")) throw new Error(`not arithmetic: ${text}`);
    return Number(token);
  }

  const value = sum();
  if (next < tokens.length || !Number.isFinite(value)) throw new Error(`no number: ${text}`);
  return value;
}
