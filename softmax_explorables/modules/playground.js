// Points of three to five classes in the plane, to be placed and moved, and the fit that follows them.

import { axisBottom, axisLeft, contours, drag, line, pointer, scaleLinear, select } from "./d3.js";
import { decisionPolygons, Objective, quadraticFeatures, standing } from "./kernel.js";
import { colour, marker, markerTurn, movable, number, Panel, shared } from "./panel.js";

const REACH = 3; // the map shows both features from -REACH to REACH
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 8, 8, 40]; // pixels around it
const LEVELS = [0.7, 0.9, 0.99].map((o) => Math.log(o / (1 - o))); // where the shade of the winner deepens
const [COARSE, FINE] = [32, 64]; // cells along a side of the map, while something moves and when it rests
const ENOUGH = 1e-14; // a step that changes J by less is the last one
const AXES = ["x₁", "x₂"];
let maps = 0; // on the page, for names that must be unique

/** n points of class k around a centre, as many and as far out as of a normal distribution; nothing is random. */
function cloud(k, [x1, x2], spread, n) {
  return Array.from({ length: n }, (_, i) => {
    const distance = spread * Math.sqrt(-2 * Math.log(1 - (i + 0.5) / n));
    return [rounded(x1 + distance * Math.cos(2.4 * i)), rounded(x2 + distance * Math.sin(2.4 * i)), k];
  });
}

/** n points of class k on a ring. */
function ring(k, radius, n) {
  return Array.from({ length: n }, (_, i) => {
    const distance = radius + 0.2 * Math.sin(5 * i);
    return [rounded(distance * Math.cos((6.2832 * i) / n)), rounded(distance * Math.sin((6.2832 * i) / n)), k];
  });
}

const ready = {
  Clouds: (K) => ({
    K,
    points: Array.from({ length: K }, (_, k) => {
      const angle = Math.PI / 2 + (2 * Math.PI * k) / K;
      return cloud(k, [1.6 * Math.cos(angle), 1.6 * Math.sin(angle)], 0.5, 12);
    }).flat(),
  }),
  Outlier: () => ({
    K: 3,
    points: [
      ...cloud(0, [-1.1, -0.6], 0.55, 18),
      ...cloud(1, [0.3, -0.9], 0.55, 18),
      ...cloud(2, [0.6, 1.4], 0.4, 18),
      [2.5, 2.5, 0],
    ],
  }),
  Rings: () => ({ K: 3, points: [...cloud(0, [0, 0], 0.35, 14), ...ring(1, 1.4, 18), ...ring(2, 2.5, 24)] }),
};

function render({ model, el }) {
  const panel = new Panel(el, "Explorable: decision regions that follow the points");
  const keys = ["points", "K", "alpha", "quadratic", "solver", "step", "W", "b", "axes"];
  const state = shared(model, keys, (key) => {
    if (key === "W" || key === "b") Object.assign(fit, { W: state.W ?? [], b: state.b ?? [] });
    showControls();
    changed();
  });
  const start = { points: state.points, K: state.K, axes: state.axes };

  let objective; // of the points as they are
  let fit = { W: state.W ?? [], b: state.b ?? [] }; // the weights, and what `objective` says of them
  let bound; // the certificate of the fit, once it was asked for
  let runs = []; // since the weights were zero: {J, bound} after each step
  let placing = 0; // the class of the next point
  let here = [0, 0]; // where the keys would add it
  let current = 0; // the point that has the focus, or had it last
  let chosen = false; // whether it was ever chosen
  let cells = FINE;
  let [frame, rest, ticks] = [0, 0, 0];

  // ------------------------------------------------------------------------------------------------ the fit

  /** The objective after a change of points or model; the fit goes on from the weights as they are. */
  function pose() {
    const X = state.points.map(([x1, x2]) => features([x1, x2]));
    const y = state.points.map((point) => point[2]);
    if (Math.max(...y) >= state.K) {
      state.K = Math.max(...y) + 1;
      setClasses();
    }
    objective = new Objective(X, y, { K: state.K, alpha: state.alpha });
    const zeros = objective.zeros();
    const W = zeros.W.map((row, k) => row.map((_, d) => fit.W[k]?.[d] ?? 0));
    fit = objective.at(W, zeros.b.map((_, k) => fit.b[k] ?? 0));
  }

  const features = (x) => (state.quadratic ? quadraticFeatures(x) : x);

  /** One step of the solver; whether there may be anything left to do. */
  function advance() {
    const newton = state.solver !== "gradient";
    const next = newton ? objective.newtonStep(fit) : objective.gradientStep(fit, state.step / objective.smoothness());
    if (next === fit || !(next.J < 1e6)) return false;
    const before = fit.J;
    fit = next;
    return Math.abs(before - fit.J) > ENOUGH;
  }

  /** Newton's method until nothing is left to do; from zero weights if those at hand are a start that leads nowhere. */
  function settle() {
    for (let i = 0; i < 40 && advance(); i++);
    if (objective.suboptimality(fit) < 1e-6) return;
    fit = objective.zeros();
    for (let i = 0; i < 60 && advance(); i++);
  }

  /** What the certificate says of the fit, and a mark in the history: a new one for a step, the last one anew otherwise. */
  function note(step) {
    bound = objective.suboptimality(fit);
    if (!step) runs.pop();
    runs.push({ J: fit.J, bound });
  }

  function zero() {
    fit = objective.zeros();
    runs = [];
    note(true);
  }

  /** What follows a change, once before the next picture; coarse at first, fine when nothing has moved for a moment. */
  function changed(news = "", posed = false) {
    if (!posed) objective = undefined;
    cells = COARSE;
    clearTimeout(rest);
    rest = setTimeout(() => {
      cells = FINE;
      drawMap();
    }, 150);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => show(news));
  }

  function show(news) {
    if (!objective) {
      pose();
      if (state.solver === "live") settle();
      note(false);
    }
    if (state.W !== fit.W) Object.assign(state, { W: fit.W, b: fit.b });
    drawMap();
    drawRun();
    // The certificate cannot be finer than the rounding of J.
    const above = number(Math.max(bound, 1e-15), 3);
    const step = state.solver === "live" ? "" : `Step ${runs.length - 1}: `;
    const size = Math.sqrt(fit.W.flat().reduce((sum, weight) => sum + weight * weight, 0));
    const wrong = state.points.filter(misses).length;
    const sides = `${wrong || "None"} of ${state.points.length} points ${wrong === 1 ? "is" : "are"} on the wrong side`;
    sentence(`${step}J = ${number(fit.J, 3)}, at most ${above} above its minimum; ‖W‖\u00a0=\u00a0${number(size, 2)}. ${sides}${wrong ? " (ringed)" : ""}.`);
    panel.say(`${news} ${step}J = ${number(fit.J, 3)}. ${sides}.`);
  }

  const misses = (point, n) => fit.O[n].some((o) => o > fit.O[n][point[2]]);

  // ------------------------------------------------------------------------------------------------ the points

  const rename = (k) => `class ${k + 1}`;
  const inside = (x) => rounded(Math.max(-REACH, Math.min(REACH, x)));

  function add(x1, x2) {
    state.points = [...state.points, [inside(x1), inside(x2), placing]];
    choose(state.points.length - 1);
    changed(`A point of ${rename(placing)} added.`);
  }

  function move(n, x1, x2) {
    state.points = state.points.map((point, i) => (i === n ? [inside(x1), inside(x2), point[2]] : point));
    changed();
  }

  function remove(n) {
    if (state.points.length === 1) return panel.say("The last point stays.");
    state.points = state.points.filter((_, i) => i !== n);
    choose(Math.min(n, state.points.length - 1));
    changed("Point removed.");
    drawPoints();
    focusPoint(current);
  }

  function choose(n) {
    current = n;
    chosen = true;
    removal.disabled = false;
  }

  function load(data, news) {
    Object.assign(state, { axes: AXES }, data);
    begin(news);
  }

  /** Other points, another problem: its first step is from zero weights. */
  function begin(news) {
    current = 0;
    fit = { W: [], b: [] };
    runs = [];
    setClasses();
    changed(news);
  }

  // ------------------------------------------------------------------------------------------------ controls

  const layout = panel.box("layout");
  const left = panel.box("map", layout);
  const right = panel.box("column", layout);
  const place = panel.choice(left, {
    label: "Tap to add",
    options: [0, 1, 2, 3, 4].map((k) => [k, swatch(k)]),
    value: placing,
    change: (k) => {
      placing = k;
      drawPoints();
    },
  });
  const mapName = "Map of the points and the regions of the classes. Keys: the arrows move the cross or the point that has the "
    + "focus, Enter adds a point at the cross, Page Down and Page Up go from point to point, Delete removes one.";
  const drawMap = panel.drawing(left, { label: mapName, height: (width) => width - LEFT - RIGHT + TOP + BOTTOM, draw });
  const sentence = panel.text(left, "reading");

  const data = panel.box("buttons", right);
  const removal = panel.button(data, "Remove point", () => remove(current));
  removal.disabled = true;
  panel.button(data, "Back to the start", () => load(start, "The points as they were."));
  for (const [name, points] of Object.entries(ready)) panel.button(data, name, () => load(points(state.K), `${name}.`));
  const classes = panel.choice(right, {
    label: "Classes",
    options: [3, 4, 5].map((K) => [K, String(K)]),
    value: state.K,
    change: (K) => {
      const points = state.points.filter((point) => point[2] < K);
      if (points.length) Object.assign(state, { points, K });
      begin(`${state.K} classes.`);
    },
  });
  const quadratic = panel.toggle(right, {
    label: "Quadratic features",
    value: state.quadratic,
    change: (on) => {
      state.quadratic = on;
      changed(on ? "Quadratic features." : "Straight borders.");
    },
  });
  const alpha = panel.slider(right, {
    label: "Penalty α",
    min: -5,
    max: 0,
    step: 0.1,
    value: Math.log10(state.alpha),
    show: (x) => brief(10 ** x),
    change: (x) => {
      state.alpha = 10 ** x;
      changed();
    },
  });
  const solver = panel.choice(right, {
    label: "Fit",
    options: [["live", "at once"], ["newton", "Newton steps"], ["gradient", "gradient steps"]],
    value: state.solver,
    change: (kind) => {
      const before = state.solver;
      state.solver = kind;
      player.stop();
      setSolver();
      if (!objective) pose();
      if (before === "live") zero();
      else if (kind === "live") runs = [];
      changed(before === "live" ? "The weights are zero, and all classes equally probable." : "", kind !== "live");
    },
  });
  const steps = panel.slider(right, {
    label: "Step η",
    min: 0.1,
    max: 4,
    step: 0.1,
    value: state.step,
    show: (x) => `${number(x, 1)} / β`,
    change: (x) => (state.step = x),
  });
  const stepping = panel.box("buttons", right);
  const once = panel.button(stepping, "One step", () => {
    if (!objective) return; // a point is on its way
    advance();
    note(true);
    changed("", true);
  });
  const player = panel.player(stepping, {
    label: "Run",
    every: 70,
    step: () => {
      if (state.solver === "newton" && ticks++ % 6) return true; // a pace that can be followed
      if (!objective) return true;
      const more = advance();
      note(true);
      changed("", true);
      return more;
    },
  });
  const again = panel.button(stepping, "From zero", () => {
    if (!objective) pose();
    zero();
    changed("The weights are zero.", true);
  });
  const drawRun = panel.drawing(right, { label: "J after each step, and the certificate's lower limit for it", height: () => 112, draw: plotRun });

  function setSolver() {
    for (const button of [once, player.button, again]) button.disabled = state.solver === "live";
    steps.input.disabled = state.solver !== "gradient";
  }

  function setClasses() {
    classes.set(state.K);
    place.inputs.forEach((input, k) => (input.parentElement.hidden = k >= state.K));
    if (placing >= state.K) place.set((placing = 0));
  }

  function showControls() {
    quadratic.set(state.quadratic);
    alpha.set(Math.log10(state.alpha));
    solver.set(state.solver);
    steps.set(state.step);
    setSolver();
    setClasses();
  }

  // ------------------------------------------------------------------------------------------------ the map

  const x = scaleLinear([-REACH, REACH], [0, 0]);
  const y = scaleLinear([-REACH, REACH], [0, 0]);
  const outline = line((p) => x(p[0]), (p) => y(p[1]));
  let svg;
  let drawn; // the width for which the frame is

  function draw(drawing, width, height) {
    if (!svg) prepare(drawing);
    x.range([LEFT, width - RIGHT]);
    y.range([height - BOTTOM, TOP]);
    if (width !== drawn) drawFrame((drawn = width), height);
    svg.select("text.bottom").text(state.axes[0]);
    svg.select("text.left").text(state.axes[1]);
    drawRegions();
    drawPoints();
  }

  function drawFrame(width, height) {
    const side = width - LEFT - RIGHT;
    svg.selectAll(".frame").attr("x", LEFT).attr("y", TOP).attr("width", side).attr("height", side);
    svg.select("g.bottom").attr("transform", `translate(0,${height - BOTTOM})`).call(axisBottom(x).ticks(5).tickSizeOuter(0));
    svg.select("g.left").attr("transform", `translate(${LEFT},0)`).call(axisLeft(y).ticks(5).tickSizeOuter(0));
    svg.select("text.bottom").attr("x", LEFT + side / 2).attr("y", height - 4);
    svg.select("text.left").attr("transform", `translate(12,${TOP + side / 2}) rotate(-90)`);
  }

  function prepare(drawing) {
    svg = drawing.classed("playground-map", true);
    const name = `playground-frame-${++maps}`;
    svg.append("clipPath").attr("id", name).append("rect").attr("class", "frame");
    svg.append("g").attr("class", "regions").attr("clip-path", `url(#${name})`);
    svg.append("rect").attr("class", "frame").attr("fill", "none").attr("stroke", "var(--explorable-rule)");
    for (const place of ["bottom", "left"]) {
      svg.append("g").attr("class", place).attr("aria-hidden", true);
      svg.append("text").attr("class", place).attr("text-anchor", "middle");
    }
    svg.append("g").attr("class", "points");
    svg
      .call(
        drag()
          .container(svg.node())
          .subject((event) => near(event.x, event.y, reach(event.sourceEvent)))
          .on("start", (event) => focusPoint(event.subject.n))
          .on("drag", (event) => move(event.subject.n, x.invert(event.x), y.invert(event.y))),
      )
      .style("touch-action", "manipulation") // a finger on an empty place scrolls the page
      .on("click", (event) => {
        const [left, top] = pointer(event);
        const [x1, x2] = [x.invert(left), y.invert(top)];
        const point = near(left, top, reach(event));
        if (point) focusPoint(point.n);
        else if (Math.abs(x1) <= REACH && Math.abs(x2) <= REACH) add(x1, x2);
      })
      .on("pointermove", (event) => svg.classed("at-point", Boolean(near(...pointer(event), reach(event)))));
  }

  /** The point nearest to a place of the drawing, if it is within so many pixels. */
  function near(left, top, distance) {
    let found = null;
    state.points.forEach(([x1, x2], n) => {
      const away = Math.hypot(x(x1) - left, y(x2) - top);
      if (away <= distance) [found, distance] = [{ n, x: x(x1), y: y(x2) }, away];
    });
    return found;
  }

  const reach = (event) => (event.touches || event.pointerType === "touch" ? 22 : 12); // fingers are broad

  function focusPoint(n) {
    svg.selectAll("g.point").filter((point) => point.n === n).node().focus({ preventScroll: true });
  }

  function drawRegions() {
    const grid = fields();
    const path = (values, level) =>
      contours().size([cells + 2, cells + 2]).contour(values, level).coordinates.flat()
        .map((corners) => `${outline(corners.map((c) => c.map((each) => -REACH + ((each - 1) * 2 * REACH) / cells)))}Z`)
        .join("");
    const shapes = state.quadratic
      ? grid.map(({ ahead }) => path(ahead, 0))
      : decisionPolygons(fit.W, fit.b, [[-REACH - 1, REACH + 1], [-REACH - 1, REACH + 1]]).map((polygon) => (polygon.length ? `${outline(polygon)}Z` : ""));
    const bands = grid.flatMap(({ odds }, k) => LEVELS.map((level) => ({ k, d: path(odds, level), kind: "band" })));
    const regions = shapes.map((d, k) => ({ k, d, kind: "region" }));
    const borders = shapes.map((d, k) => ({ k, d, kind: "border" }));
    svg
      .select("g.regions")
      .selectAll("path")
      .data([...regions, ...bands, ...borders])
      .join("path")
      .attr("class", (shape) => shape.kind)
      .attr("fill", (shape) => (shape.kind === "border" ? "none" : colour(shape.k)))
      .attr("d", (shape) => shape.d);
  }

  /** For each class `ahead` and `odds` on a grid that is one cell wider than the map on every side. */
  function fields() {
    const at = (i) => -REACH + ((i - 0.5) * 2 * REACH) / cells;
    const grid = fit.W.map(() => ({ ahead: [], odds: [] }));
    for (let j = 0; j < cells + 2; j++) {
      for (let i = 0; i < cells + 2; i++) {
        const values = features([at(i), at(j)]);
        const z = fit.W.map((row, k) => row.reduce((sum, weight, d) => sum + weight * values[d], fit.b[k]));
        standing(z).forEach(({ ahead, odds }, k) => {
          grid[k].ahead.push(ahead);
          grid[k].odds.push(odds);
        });
      }
    }
    return grid;
  }

  function drawPoints() {
    if (!svg) return;
    const box = svg.select("g.points");
    const points = state.points.map(([x1, x2, k], n) => ({ x1, x2, k, n, misses: fit.O?.[n] && misses([x1, x2, k], n) }));
    box
      .selectAll("g.cross")
      .data([here])
      .join((enter) => {
        const cross = enter.append("g").attr("class", "cross").attr("role", "button").attr("aria-roledescription", "movable cross");
        cross.append("path").attr("d", "M-16,0H16M0,-16V16");
        cross.append("circle").attr("r", 9);
        return movable(cross, {
          nudge: (right, up) => {
            here = [inside(here[0] + right / 10), inside(here[1] + up / 10)];
            drawPoints();
          },
        }).on("keydown.add", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          add(...here);
        });
      })
      .attr("transform", (at) => `translate(${x(at[0])},${y(at[1])})`)
      .attr("aria-label", (at) => `Add a point of ${rename(placing)} at ${where(at)}`);
    const each = box
      .selectAll("g.point")
      .data(points)
      .join((enter) => {
        const point = enter.append("g").attr("class", "point").attr("role", "button").attr("aria-roledescription", "movable point");
        point.append("circle").attr("r", 10).attr("class", "wrong");
        point.append("path");
        return movable(point, {
          nudge: (right, up, { n }) => move(n, state.points[n][0] + right / 10, state.points[n][1] + up / 10),
          remove: ({ n }) => remove(n),
        })
          .on("keydown.walk", (event, { n }) => {
            const to = n + { PageDown: 1, PageUp: -1 }[event.key];
            if (!(to === to)) return;
            event.preventDefault();
            focusPoint((to + state.points.length) % state.points.length);
          })
          .on("focus", (event, { n }) => {
            choose(n);
            drawPoints();
          });
      })
      .attr("tabindex", ({ n }) => (n === current ? 0 : -1)) // one stop of the tab key for all of them
      .classed("current", ({ n }) => chosen && n === current)
      .attr("transform", (point) => `translate(${x(point.x1)},${y(point.x2)})`)
      .attr("aria-label", ({ k, n, x1, x2, misses }) => `Point ${n + 1}, ${rename(k)}, at ${where([x1, x2])}${misses ? ", on the wrong side" : ""}`);
    each.select("path").attr("d", ({ k }) => marker(k, 80)).attr("transform", ({ k }) => markerTurn(k)).attr("fill", ({ k }) => colour(k));
    each.select("circle").attr("visibility", ({ misses }) => (misses ? "visible" : "hidden"));
  }

  // ------------------------------------------------------------------------------------------------ the run

  function plotRun(drawing, width, height) {
    drawing.classed("playground-run", true);
    const least = runs.map((run) => run.J - run.bound);
    const across = scaleLinear([0, Math.max(10, runs.length - 1)], [LEFT, width - RIGHT]);
    const up = scaleLinear([0, Math.max(...runs.map((run) => run.J), 0.1) * 1.05], [height - BOTTOM, TOP]);
    const path = line((_, i) => across(i), (value) => up(value));
    const part = (tag, name) => drawing.selectAll(`${tag}.${name}`).data([0]).join(tag).attr("class", name);
    part("g", "bottom").attr("aria-hidden", true).attr("transform", `translate(0,${height - BOTTOM})`).call(axisBottom(across).ticks(5).tickSizeOuter(0));
    part("g", "left").attr("aria-hidden", true).attr("transform", `translate(${LEFT},0)`).call(axisLeft(up).ticks(3).tickSizeOuter(0));
    part("path", "least").attr("d", path(least));
    part("path", "J").attr("d", path(runs.map((run) => run.J)));
    part("circle", "now").attr("r", 4).attr("cx", across(runs.length - 1)).attr("cy", up(fit.J));
    part("text", "steps").attr("text-anchor", "end").attr("x", width - RIGHT).attr("y", height - 4)
      .text(state.solver === "live" ? "J at its minimum: no steps to show" : "J by steps; dashed: what it cannot go below");
  }

  setSolver();
  setClasses();
  show("");
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(rest);
    panel.end();
  };
}

/** Coordinates to two decimals, so that what is read aloud is where a point is. */
function rounded(x) {
  return Math.round(x * 100) / 100;
}

const where = ([x1, x2]) => `${number(x1)}, ${number(x2)}`;

/** A number with two digits that count. */
function brief(value) {
  return value >= 0.01 ? String(Number(value.toPrecision(2))) : number(value, 1);
}

/** The marker of class k and its number, for a label. */
function swatch(k) {
  const box = select(document.createElement("span")).attr("class", "playground-swatch");
  const picture = box.append("svg").attr("width", 16).attr("height", 16).attr("viewBox", "-8 -8 16 16").attr("aria-hidden", true);
  picture.append("path").attr("d", marker(k, 90)).attr("transform", markerTurn(k)).attr("fill", colour(k));
  box.append("span").text(k + 1);
  return box.node();
}

export default { render };
