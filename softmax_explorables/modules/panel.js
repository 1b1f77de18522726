// What the explorables share besides mathematics: native controls, a drawing that follows the width of the page,
// things that can be moved with mouse, finger and keys, and a voice for screen readers.

import { drag, select, symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle } from "./d3.js";

/** A name for an element, unique on the page: in JupyterLab every widget has a copy of this module. */
export function uniqueName() {
  globalThis.explorableNames = (globalThis.explorableNames ?? 0) + 1;
  return `explorable-${globalThis.explorableNames}`;
}

/** A number as the book writes it: so many decimals, a real minus, and powers of ten where decimals do not reach. */
export function number(value, decimals = 2) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 0.5 * 10 ** -decimals && size < 1e6);
  return (value < 0 ? "−" : "") + (plain ? size.toFixed(decimals) : scientific(size));
}

function scientific(size) {
  const [digits, exponent] = size.toExponential(1).split("e");
  const raised = [...String(Number(exponent))].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("");
  return `${digits} · 10${raised}`;
}

/** The outline of the marker of class k: each class has a colour and a shape. */
export function marker(k, area = 90) {
  return symbol([symbolCircle, symbolTriangle, symbolSquare, symbolDiamond, symbolTriangle][k % 5], area)();
}

/** The marker of class 4 is the triangle upside down. */
export const markerTurn = (k) => (k % 5 === 4 ? "rotate(180)" : "");

/** The colour of class k, which follows the scheme of the page. */
export const colour = (k) => `var(--class-${k % 5})`;

/**
 * The named values of a model as properties: reading gives the value, assigning tells the model (and so, in
 * JupyterLab, Python), and `changed` is called when the value was changed from there.
 */
export function shared(model, keys, changed) {
  const values = {};
  let own = false; // in JupyterLab, a model reports its changes also to those who made them
  for (const key of keys) {
    Object.defineProperty(values, key, {
      get: () => model.get(key),
      set: (value) => {
        own = true;
        model.set(key, value);
        own = false;
        model.save_changes();
      },
    });
    model.on(`change:${key}`, () => own || changed(key));
  }
  return values;
}

/** The frame of an explorable inside `el`. */
export class Panel {
  constructor(el, name) {
    el.replaceChildren();
    this.root = append(el, "div", { class: "explorable-panel", role: "group", "aria-label": name });
    this.endings = [];
    this.voice = document.createElement("p");
    this.voice.className = "visually-hidden";
    this.voice.setAttribute("aria-live", "polite");
    this.root.append(this.voice);
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** Say a sentence to screen readers, once the reader's hand rests. */
  say(sentence) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => (this.voice.textContent = sentence), 400);
  }

  /** A box for what belongs together: "controls" in a grid, "figures" side by side. */
  box(kind, parent = this.root) {
    return append(parent, "div", { class: `explorable-${kind}` });
  }

  /** A paragraph whose text changes: call the returned function with the new one. */
  text(parent = this.root, kind = "text") {
    const paragraph = append(parent, "p", { class: `explorable-${kind}` });
    return (text) => (paragraph.textContent = text);
  }

  /** A slider with its name and its value as `show` writes it. */
  slider(parent, { label, min, max, step, value, show = (x) => number(x), change }) {
    const box = append(parent, "div", { class: "explorable-slider" });
    const id = uniqueName();
    append(box, "label", { for: id }).textContent = label;
    const output = append(box, "output", { for: id, "aria-live": "off" }); // the slider says its value itself
    const input = append(box, "input", { type: "range", id, min, max, step });
    const tell = (x) => {
      output.textContent = show(x);
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      tell(Number(input.value));
      change(Number(input.value));
    });
    const set = (x) => {
      input.value = x; // on the nearest step, if x lies between two
      tell(x);
    };
    set(value);
    return { input, set };
  }

  toggle(parent, { label, value, change }) {
    const box = append(parent, "label", { class: "explorable-toggle" });
    const input = append(box, "input", { type: "checkbox" });
    input.checked = value;
    box.append(label);
    input.addEventListener("change", () => change(input.checked));
    return { input, set: (x) => (input.checked = x) };
  }

  /** One of several: [[value, text], ...] as radio buttons in a row. */
  choice(parent, { label, options, value, change }) {
    const box = append(parent, "fieldset", { class: "explorable-choice" });
    append(box, "legend").textContent = label;
    const name = uniqueName();
    const inputs = options.map(([each, text]) => {
      const row = append(box, "label");
      const input = append(row, "input", { type: "radio", name });
      row.append(text);
      input.addEventListener("change", () => change(each));
      return input;
    });
    const set = (x) => inputs.forEach((input, i) => (input.checked = options[i][0] === x));
    set(value);
    return { inputs, set };
  }

  button(parent, label, press) {
    const button = append(parent, "button", { type: "button" });
    button.textContent = label;
    button.addEventListener("click", press);
    return button;
  }

  /**
   * A button that repeats `step` until it returns false or the reader pauses. With reduced motion nothing
   * moves: the steps are taken at once, at most `most` of them.
   */
  player(parent, { label, step, every = 60, most = 500 }) {
    let timer;
    const stop = () => {
      clearInterval(timer);
      timer = undefined;
      button.textContent = label;
    };
    const start = () => {
      if (this.still) {
        for (let i = 0; i < most && step() !== false; i++);
        return;
      }
      button.textContent = "Pause";
      timer = setInterval(() => {
        if (document.hidden) return;
        if (!button.isConnected || step() === false) stop();
      }, every);
    };
    const button = this.button(parent, label, () => (timer === undefined ? start() : stop()));
    this.endings.push(stop);
    return { button, stop, running: () => timer !== undefined };
  }

  /**
   * A drawing as wide as its box. `draw(svg, width, height)` brings it up to date: with D3's join, so that
   * what has the focus keeps it. The returned function draws again.
   */
  drawing(parent, { label, height, draw }) {
    const box = append(parent, "div", { class: "explorable-drawing" });
    const svg = select(box).append("svg").attr("role", "group").attr("aria-label", label);
    let width = 0;
    const update = () => {
      if (!width) return;
      const tall = Math.round(height(width));
      svg.attr("width", width).attr("height", tall).attr("viewBox", `0 0 ${width} ${tall}`);
      draw(svg, width, tall);
    };
    const observer = new ResizeObserver(([entry]) => {
      const wide = Math.floor(entry.contentRect.width);
      if (wide === width) return;
      width = wide;
      update();
    });
    observer.observe(box);
    this.endings.push(() => observer.disconnect());
    return update;
  }

  end() {
    clearTimeout(this.saying);
    this.endings.forEach((ending) => ending());
  }
}

/**
 * Let elements of a drawing be moved: `drag(event, datum)` with the mouse or a finger (event.x, event.y in the
 * drawing), `nudge(dx, dy, datum)` with the arrow keys, y upwards, in steps of 1, with the shift key of 5.
 * `home(datum)` and `end(datum)`, if given, are called for the Home and End keys. The elements need an aria-label
 * that tells where they are.
 * Without `moved` there are only the keys.
 */
export function movable(selection, { moved, nudge, home, end, begin = () => {}, remove }) {
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  selection
    .attr("tabindex", 0)
    .classed("explorable-movable", true)
    .on("keydown", (event, datum) => {
      const by = event.shiftKey ? 5 : 1;
      if (arrows[event.key]) nudge(...arrows[event.key].map((each) => each * by), datum);
      else if (event.key === "Home" && home) home(datum);
      else if (event.key === "End" && end) end(datum);
      else if ((event.key === "Delete" || event.key === "Backspace") && remove) remove(datum);
      else return;
      event.preventDefault();
    });
  if (!moved) return selection;
  return selection.call(
    drag()
      .on("start", function (event, datum) {
        this.focus({ preventScroll: true }); // the drag swallows the click that would have done so
        begin(datum);
      })
      .on("drag", (event, datum) => moved(event, datum)),
  );
}

/** The element of this kind and class right inside another of a drawing, made when it is first asked for. */
export function one(parent, kind, name) {
  return parent
    .selectAll(`:scope > ${kind}.${name}`)
    .data([name])
    .join((enter) => enter.append(kind).attr("class", name));
}

/** A new element at the end of another. */
export function append(parent, tag, attributes = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}
