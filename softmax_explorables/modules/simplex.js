// Three probabilities as a point of a triangle: target, prediction, the residual o - y, and steps against it.

import { contours } from "./d3.js";
import { crossEntropy, crossEntropyGradient, logitsOf, softmax } from "./kernel.js";
import { append, colour, marker, movable, number, one, Panel, shared, uniqueName } from "./panel.js";

const CLASSES = [0, 1, 2];
const CORNERS = [[0, 0], [1, 0], [0.5, Math.sqrt(3) / 2]]; // of classes 1, 2 and 3, as in softmax_lib.plots
const LEAST = 0.002; // a prediction stays inside: at the edge its logits would be infinite
const CLOSE = 0.005; // a residual that shows as 0.00
const LEVELS = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5];
const LABELLED = [0.2, 0.5, 1, 2, 3];

function render({ model, el }) {
  const panel = new Panel(el, "Explorable: the residual in the triangle of three probabilities");
  const state = shared(model, ["z", "y", "step_size", "path"], show);
  const start = { z: state.z, y: state.y };

  const figures = panel.box("figures");
  const clip = uniqueName();
  const levels = levelLines();
  const draw = panel.drawing(figures, {
    label: "Triangle of the probabilities of three classes",
    height: (width) => 2 * MARGIN_Y + (Math.sqrt(3) / 2) * side(width),
    draw: drawTriangle,
  });
  const beside = panel.box("column", figures);
  const controls = panel.box("controls", beside);
  const target = panel.choice(controls, {
    label: "Target y",
    options: [...CLASSES.map((k) => [k, `class ${k + 1}`]), ["soft", "soft"]],
    value: kindOf(state.y),
    change: (kind) => {
      const largest = state.y.indexOf(Math.max(...state.y));
      aim(CLASSES.map((k) => (kind === "soft" ? (k === largest ? 0.8 : 0.1) : k === kind ? 1 : 0)));
    },
  });
  const slider = panel.slider(controls, {
    label: "Step size α",
    min: 0.1,
    max: 8,
    step: 0.1,
    value: state.step_size,
    show: (value) => number(value, 1),
    change: (value) => {
      state.step_size = value;
      show();
    },
  });
  const buttons = panel.box("buttons", beside);
  panel.button(buttons, "One step", () => step());
  const run = panel.player(buttons, { label: "Run", step, every: 250, most: 200 });
  panel.button(buttons, "Back to the start", () => {
    run.stop();
    if (state.path.length) state.z = state.path[0];
    state.path = [];
    show();
  });
  const cells = table(beside);
  const reading = panel.text(beside, "reading");

  function step() {
    if (state.path.length >= 500 || isClose(crossEntropyGradient(state.z, state.y))) return false;
    state.path = [...state.path, state.z];
    state.z = next();
    show();
    return !isClose(crossEntropyGradient(state.z, state.y));
  }

  /** The logits after one step of gradient descent. */
  function next() {
    const gradient = crossEntropyGradient(state.z, state.y);
    return state.z.map((zk, k) => zk - state.step_size * gradient[k]);
  }

  function aim(y) {
    state.y = y;
    show();
  }

  function predict(o) {
    run.stop();
    state.path = [];
    state.z = logitsOf(o);
    show();
  }

  // ------------------------------------------------------------------------------------------- the triangle

  function drawTriangle(whole, width) {
    const svg = one(whole, "g", "picture");
    const { place, back, size } = frame(width);
    const o = softmax(state.z);
    const [from, to, ahead] = [o, state.y, softmax(next())].map(place);
    const corners = CORNERS.map((_, k) => place(CLASSES.map((j) => (j === k ? 1 : 0))));
    const outline = path(corners) + "Z";

    one(svg, "clipPath", "clip").attr("id", clip);
    one(svg.select("clipPath"), "path", "inside").attr("d", outline);
    one(svg, "g", "levels").attr("clip-path", `url(#${clip})`);
    svg
      .select("g.levels")
      .selectAll("path")
      .data(levels(state.y, width, back, place))
      .join("path")
      .attr("d", (level) => level)
      .attr("fill", "var(--explorable-accent)")
      .attr("fill-opacity", 0.06)
      .attr("stroke", "var(--explorable-accent)")
      .attr("stroke-opacity", 0.35);
    one(svg, "path", "outline").attr("d", outline).attr("fill", "none").attr("stroke", "var(--explorable-ink)");
    svg
      .selectAll("text.level")
      .data(levelNames(state.y))
      .join("text")
      .attr("class", "level quiet haloed")
      .attr("text-anchor", "middle")
      .attr("x", (level) => place(level.o)[0])
      .attr("y", (level) => place(level.o)[1] + 4)
      .text((level) => level.name);
    nameCorners(svg, corners);

    const passed = [...state.path.map(softmax), o].map(place);
    one(svg, "path", "passed").attr("d", path(passed)).attr("fill", "none").attr("stroke", "var(--explorable-ink)");
    svg
      .selectAll("circle.passed")
      .data(passed.slice(0, -1))
      .join("circle")
      .attr("class", "passed")
      .attr("r", 2.5)
      .attr("fill", "var(--explorable-ink)")
      .attr("cx", (point) => point[0])
      .attr("cy", (point) => point[1]);
    drawArrow(svg, from, to, corners);
    const far = Math.hypot(ahead[0] - from[0], ahead[1] - from[1]) > 3;
    one(svg, "path", "ahead")
      .attr("d", far ? path([from, ahead]) : "")
      .attr("stroke", "var(--explorable-ink)")
      .attr("stroke-dasharray", "3 4");
    one(svg, "circle", "ahead")
      .attr("r", far ? 5 : 0)
      .attr("cx", ahead[0])
      .attr("cy", ahead[1])
      .attr("fill", "var(--explorable-page)")
      .attr("stroke", "var(--explorable-ink)");

    const points = [
      { name: "target", letter: "y", o: state.y, x: to[0], y: to[1] },
      { name: "prediction", letter: "o", o, x: from[0], y: from[1] },
    ];
    one(whole, "g", "points") // after the picture, and never moved: what is moved loses the focus
      .selectAll("g.point")
      .data(points, (point) => point.name)
      .join(enterPoints)
      .attr("transform", (point) => `translate(${point.x},${point.y})`)
      .attr("aria-label", (point) => `${point.name === "target" ? "Target y" : "Prediction o"}: ${inWords(point.o)}`);
    dragging = { back, size };
  }

  let dragging; // the frame of the last drawing, for the hands that move its points

  function enterPoints(enter) {
    const group = enter
      .append("g")
      .attr("class", (point) => `point ${point.name}`)
      .attr("role", "button")
      .attr("aria-roledescription", "movable point");
    group.append("circle").attr("r", 22).attr("fill", "transparent"); // room for a finger
    group
      .append("path")
      .attr("class", "mark")
      .attr("d", (point) => (point.name === "target" ? "M0,-11L11,0L0,11L-11,0Z" : "M9,0A9,9,0,1,1,-9,0A9,9,0,1,1,9,0Z"))
      .attr("fill", (point) => (point.name === "target" ? "var(--explorable-page)" : "var(--explorable-accent)"))
      .attr("stroke", (point) => (point.name === "target" ? "var(--explorable-ink)" : "var(--explorable-page)"))
      .attr("stroke-width", 2);
    group
      .append("text")
      .attr("class", "side haloed")
      .attr("x", (point) => (point.name === "target" ? 0 : -16))
      .attr("y", (point) => (point.name === "target" ? -18 : 5))
      .attr("text-anchor", (point) => (point.name === "target" ? "middle" : "end"))
      .text((point) => point.letter);
    const move = (point, o, near) =>
      point.name === "target" ? aim(snapped(inside(o, 0), near)) : predict(inside(o, LEAST));
    return movable(group, {
      moved: (event, point) => move(point, dragging.back([event.x, event.y]), 0.03),
      nudge: (dx, dy, point) => {
        const by = 0.02 * dragging.size;
        move(point, dragging.back([point.x + by * dx, point.y - by * dy]), 0.015);
      },
      home: (point) => (point.name === "target" ? aim(start.y) : predict(softmax(start.z))),
    });
  }

  // ---------------------------------------------------------------------------------------------- in words

  function show() {
    target.set(kindOf(state.y));
    slider.set(state.step_size);
    draw();
    const o = softmax(state.z);
    const residual = crossEntropyGradient(state.z, state.y);
    CLASSES.forEach((k) => fill(cells[k], [o[k], state.y[k], residual[k]]));
    const total = (values) => values.reduce((sum, value) => sum + value);
    fill(cells[3], [total(o), total(state.y), total(residual)]);
    const sentence = say(residual);
    reading(sentence);
    panel.say(sentence);
  }

  function say(residual) {
    const [before, after] = [state.z, next()].map((z) => crossEntropy(z, state.y));
    if (isClose(residual)) {
      return `Prediction and target agree: nothing is left to correct. The loss is ${number(before)}, its least for this target.`;
    }
    const named = (sign) =>
      CLASSES.filter((k) => sign * residual[k] >= CLOSE)
        .map((k) => `class ${k + 1} (${signed(residual[k])})`)
        .join(" and ");
    const times = Math.abs(state.step_size - 1) < 1e-9 ? "as much" : `${number(state.step_size, 1)} times as much`;
    const change = after > before ? `rises from ${number(before)} to ${number(after)}: too long a step` : `falls from ${number(before)} to ${number(after)}`;
    return `Too much for ${named(1)}, too little for ${named(-1)}. A step moves each logit the other way, by ${times}, and the loss ${change}.`;
  }

  show();
  return () => panel.end();
}

// ------------------------------------------------------------------------------------------------ geometry

const [MARGIN_X, MARGIN_Y] = [30, 32]; // pixels around the triangle
const side = (width) => Math.min(width - 2 * MARGIN_X, 380);

/** Where probabilities lie in a drawing of this width, and which lie at a place. */
function frame(width) {
  const size = side(width);
  const left = (width - size) / 2;
  const bottom = MARGIN_Y - 6 + (Math.sqrt(3) / 2) * size;
  const place = (o) => [
    left + size * (o[0] * CORNERS[0][0] + o[1] * CORNERS[1][0] + o[2] * CORNERS[2][0]),
    bottom - size * (o[0] * CORNERS[0][1] + o[1] * CORNERS[1][1] + o[2] * CORNERS[2][1]),
  ];
  const back = ([x, y]) => {
    const third = (bottom - y) / size / CORNERS[2][1];
    const second = (x - left) / size - third / 2;
    return [1 - second - third, second, third];
  };
  return { place, back, size };
}

/** The nearest probabilities none of which is below `least`: what sticks out is cut off, the rest shares it. */
function inside(o, least) {
  const kept = o.map((ok) => Math.max(ok - least, 0));
  const total = kept.reduce((sum, each) => sum + each);
  return kept.map((each) => least + (1 - 3 * least) * (each / total));
}

/** A target near a corner is that corner. */
function snapped(y, near) {
  const largest = Math.max(...y);
  return largest > 1 - near ? y.map((yk) => (yk === largest ? 1 : 0)) : y;
}

const kindOf = (y) => (Math.max(...y) === 1 ? y.indexOf(1) : "soft");
const isClose = (residual) => Math.max(...residual.map(Math.abs)) < CLOSE;
const path = (points) => "M" + points.map((point) => point.map((each) => each.toFixed(2)).join(",")).join("L");
const signed = (value) => (Math.abs(value) < CLOSE ? "0.00" : (value > 0 ? "+" : "") + number(value));
const inWords = (o) => o.map((ok, k) => `class ${k + 1} ${number(ok)}`).join(", ");

/** Level lines of the loss as outlines, kept until the target or the width changes. */
function levelLines() {
  let known = {};
  return (y, width, back, place) => {
    const key = [width, ...y].join(" ");
    if (known.key === key) return known.lines;
    const [left, top] = [place([1, 0, 0])[0], place([0, 0, 1])[1]];
    const cell = side(width) / 72;
    const [columns, rows] = [76, 67]; // a little more than the triangle
    const at = ([i, j]) => [left + (i - 2) * cell, top + (j - 2) * cell];
    const losses = [];
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const o = back(at([i + 0.5, j + 0.5])).map((ok) => Math.max(ok, 1e-4));
        losses.push(-y.reduce((sum, yk, k) => sum + (yk && yk * Math.log(o[k])), 0));
      }
    }
    const shapes = contours().size([columns, rows]).thresholds(LEVELS)(losses);
    const lines = shapes.map((shape) => shape.coordinates.flat().map((ring) => path(ring.map(at)) + "Z").join(""));
    known = { key, lines };
    return lines;
  };
}

/** Where some of the level lines get their number: on the way from the target past the middle. */
function levelNames(y) {
  const farthest = y.indexOf(Math.min(...y));
  const end = CLASSES.map((k) => (k === farthest ? 0.8 : 0.1));
  const at = (t) => y.map((yk, k) => yk + t * (end[k] - yk));
  const loss = (o) => -y.reduce((sum, yk, k) => sum + (yk && yk * Math.log(o[k])), 0);
  return LABELLED.filter((level) => loss(at(0)) < level && level < loss(end)).map((level, i) => {
    let [low, high] = [0, 1];
    for (let halving = 0; halving < 30; halving++) {
      const middle = (low + high) / 2;
      if (loss(at(middle)) < level) low = middle;
      else high = middle;
    }
    return { o: at(low), name: (i === 0 ? "L = " : "") + level };
  });
}

function nameCorners(svg, corners) {
  const group = svg
    .selectAll("g.corner")
    .data(corners)
    .join((enter) => {
      const corner = enter.append("g").attr("class", "corner");
      corner.append("path").attr("d", (_, k) => marker(k, 110)).attr("fill", (_, k) => colour(k));
      corner.append("text").attr("x", 12).attr("y", 5).text((_, k) => `class ${k + 1}`);
      return corner;
    });
  group.attr("transform", ([x, y], k) => `translate(${[x - 18, x - 38, x + 22][k]},${y + (k === 2 ? -2 : 22)})`);
}

/** From the prediction to the target: -(o - y), with its name on the side of the middle. */
function drawArrow(svg, from, to, corners) {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const unit = [(to[0] - from[0]) / (length || 1), (to[1] - from[1]) / (length || 1)];
  const [tail, tip] = [11, length - 14].map((far) => [from[0] + far * unit[0], from[1] + far * unit[1]]);
  const neck = [tip[0] - 11 * unit[0], tip[1] - 11 * unit[1]];
  const wing = (sign) => [neck[0] - sign * 6 * unit[1], neck[1] + sign * 6 * unit[0]];
  const shown = length > 40;
  one(svg, "path", "arrow")
    .attr("d", shown ? path([tail, neck]) : "")
    .attr("stroke", "var(--negative)")
    .attr("stroke-width", 3);
  one(svg, "path", "head").attr("d", shown ? path([tip, wing(1), wing(-1)]) + "Z" : "").attr("fill", "var(--negative)");
  const middle = [0, 1].map((i) => (corners[0][i] + corners[1][i] + corners[2][i]) / 3 - (from[i] + to[i]) / 2);
  const turn = middle[1] * unit[0] - middle[0] * unit[1] >= 0 ? 1 : -1;
  one(svg, "text", "residual")
    .classed("haloed", true)
    .attr("text-anchor", "middle")
    .attr("x", (from[0] + to[0]) / 2 - turn * 24 * unit[1])
    .attr("y", (from[1] + to[1]) / 2 + turn * 24 * unit[0] + 5)
    .text(length > 90 ? "y − o" : "");
}

// --------------------------------------------------------------------------------------------- the residual

/** A table with a row for each class and one for the sums: cells for o, y and o - y, with a bar. */
function table(parent) {
  const box = append(parent, "table", { class: "explorable-residual" });
  append(box, "caption", { class: "visually-hidden" }).textContent = "Prediction, target and residual of each class";
  const head = append(append(box, "thead"), "tr");
  append(head, "td");
  for (const name of ["o", "y", "o − y"]) append(head, "th", { scope: "col" }).textContent = name;
  append(head, "td");
  const body = append(box, "tbody");
  return [...CLASSES, "sum"].map((k) => {
    const row = append(body, "tr");
    append(row, "th", { scope: "row" }).textContent = k === "sum" ? "sum" : `class ${k + 1}`;
    const numbers = ["o", "y", "o − y"].map(() => append(row, "td"));
    return { numbers, bar: append(append(row, "td", { class: "axis" }), "span") };
  });
}

function fill({ numbers, bar }, [o, y, residual]) {
  [number(o), number(y), signed(residual)].forEach((text, i) => (numbers[i].textContent = text));
  const share = Math.min(Math.abs(residual), 1) * 50;
  bar.style.cssText = `left: ${residual < 0 ? 50 - share : 50}%; width: ${share}%; background: var(--${residual < 0 ? "negative" : "positive"})`;
}

export default { render };
