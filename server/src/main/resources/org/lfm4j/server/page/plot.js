const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 48;

/** How much of the past a plot shows, in milliseconds: more and more, until it is two minutes. */
const LEAST = 20_000;
const MOST = 120_000;

/** A tile with a label, the present values and a plot of the last two minutes. */
export class Plot {
  element = document.createElement("figure");
  #label;
  #write;
  #unit;
  #top;
  #edge = document.createElement("span");
  #value = document.createElement("span");
  #svg = document.createElementNS(SVG, "svg");
  #area = document.createElementNS(SVG, "path");
  #paths = [];
  #points = [];

  /**
   * @param label what is plotted
   * @param series how many lines
   * @param top the least value that the upper edge stands for
   * @param unit makes text of one value
   * @param write makes text of the present values
   */
  constructor(label, series, top, unit, write = unit) {
    this.#label = label;
    this.#top = top;
    this.#unit = unit;
    this.#write = write;
    this.element.className = "tile";
    const caption = document.createElement("figcaption");
    this.#value.className = "value";
    caption.append(label, this.#value);
    this.#svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.#svg.setAttribute("preserveAspectRatio", "none");
    this.#svg.setAttribute("role", "img");
    this.#area.setAttribute("class", "area");
    this.#svg.append(this.#area);
    for (let line = 0; line < series; line++) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", `line line-${line}`);
      this.#svg.append(path);
      this.#paths.push(path);
    }
    this.#edge.className = "edge";
    this.#edge.setAttribute("aria-hidden", "true");
    this.element.append(caption, this.#svg, this.#edge);
    this.#describe([]);
  }

  /** Adds a value for each line; null leaves a gap. */
  add(time, values) {
    this.#points.push({time, values});
    while (this.#points[0].time < time - MOST) this.#points.shift();
    const top = Math.max(this.#top, ...this.#points.flatMap((point) => point.values));
    const lines = this.#paths.map((path, line) => this.#runs(line, time, top));
    lines.forEach((runs, line) =>
      this.#paths[line].setAttribute("d", runs.map((run) => `M${run.join("L")}`).join("")));
    this.#area.setAttribute("d", lines[0].map(area).join(""));
    this.#edge.textContent = this.#unit(top);
    this.#describe(values);
  }

  /** Returns the points of a line as "x y", cut where a value is missing. */
  #runs(line, now, top) {
    const past = Math.max(LEAST, now - this.#points[0].time);
    const runs = [];
    let run = null;
    for (const {time, values} of this.#points) {
      const value = values[line];
      if (value === null) {
        run = null;
        continue;
      }
      if (!run) runs.push((run = []));
      const x = WIDTH - ((now - time) / past) * WIDTH;
      const y = HEIGHT - 2 - (value / top) * (HEIGHT - 4);
      run.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    }
    return runs;
  }

  #describe(values) {
    const known = values.length > 0 && values.every((value) => value !== null);
    const text = known ? this.#write(...values) : "–";
    this.#value.textContent = text;
    this.#svg.setAttribute("aria-label", `${this.#label}, last two minutes; now ${text}`);
  }
}

/** Closes a run of points down to the lower edge. */
function area(run) {
  const x = (point) => point.split(" ")[0];
  return `M${x(run[0])} ${HEIGHT}L${run.join("L")}L${x(run.at(-1))} ${HEIGHT}Z`;
}
