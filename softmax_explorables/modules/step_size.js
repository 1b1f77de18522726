// Step size against curvature: runs of gradient descent on real data, and why they hold or fail.

import { axisBottom, axisLeft, drag, line, pointer, scaleLinear, scaleLog } from "./d3.js";
import { largestEigenpair, Objective } from "./kernel.js";
import { movable, number, one, Panel, shared, uniqueName } from "./panel.js";

const STEPS = 100; // of a run
const HOPS = 14; // of the walk along one line
const PRODUCTS = [0.01, 500];
const GAPS = [1e-10, 1e3]; // what is shown of J above its minimum
const ROUNDING = 1e-12; // J has not gone up if it did so by less
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 14, 26, 40]; // pixels around a plot

function render({ model, el }) {
  const panel = new Panel(el, "Explorable: step size against curvature");
  const keys = ["X", "labels", "shown", "product", "penalty", "kept", "ball"];
  const state = shared(model, keys, (key) => {
    if (["X", "labels", "penalty"].includes(key)) problems.clear();
    changed();
  });
  const problems = new Map(); // one for each set of labels
  const clip = uniqueName();

  const figures = panel.box("figures");
  const plot = (parent, label, draw) => panel.drawing(parent, { label, height: (width) => (width < 400 ? 200 : 230), draw });
  const left = panel.box("column", figures);
  const drawHistory = plot(left, "J above its minimum, step by step", history);
  const names = Object.keys(state.labels);
  const which =
    names.length > 1 &&
    panel.choice(left, {
      label: "Labels",
      options: names.map((name) => [name, name]),
      value: shown(),
      change: (name) => {
        state.shown = name;
        changed();
      },
    });
  const right = panel.box("column", figures);
  const drawSweep = plot(right, "J above its minimum after the last step, for every product tried", sweep);
  const slider = panel.slider(right, {
    label: "αβ",
    min: Math.log10(PRODUCTS[0]),
    max: Math.log10(PRODUCTS[1]),
    step: 0.02,
    value: Math.log10(state.product),
    show: (power) => plain(tidy(10 ** power)),
    change: (power) => choose(10 ** power),
  });
  const second = panel.box("figures");
  const drawSlice = plot(second, "J along its most curved direction", slice);
  const beside = panel.box("column", second);
  const reading = panel.text(beside, "reading");
  const buttons = panel.box("buttons", beside);
  panel.button(buttons, "Keep this run", () => {
    if (!state.kept.includes(state.product)) state.kept = [...state.kept, state.product];
    changed();
  });
  panel.button(buttons, "Forget kept runs", () => {
    state.kept = [];
    changed();
  });

  /** The name of the labels in use. */
  function shown() {
    return state.shown in state.labels ? state.shown : Object.keys(state.labels)[0];
  }

  function choose(product) {
    state.product = tidy(Math.min(Math.max(product, PRODUCTS[0]), PRODUCTS[1]));
    slider.set(Math.log10(state.product));
    changed();
  }

  // ---------------------------------------------------------------------------- what is computed, in pieces

  /** Everything about the labels shown, computed when it is first asked for. */
  function problem() {
    if (!problems.has(shown())) {
      const y = state.labels[shown()];
      const objective = new Objective(state.X, y, { K: Math.max(...y) + 1, alpha: state.penalty });
      const each = { objective, runs: new Map(), beta: objective.smoothness() };
      each.work = minimise(each);
      problems.set(shown(), each);
    }
    return problems.get(shown());
  }

  function run(product) {
    const { objective, beta, runs } = problem();
    if (!runs.has(product)) {
      const each = { product, J: [] };
      each.work = descend(each, objective, product / beta);
      runs.set(product, each);
    }
    return runs.get(product);
  }

  /** Do what is missing for a while, show what there is, and go on with the next frame. */
  function compute() {
    waiting = 0;
    const unfinished = () => [run(state.product), problem(), ...state.kept.map(run)].find((each) => !each.done);
    const end = performance.now() + 10;
    let each = unfinished();
    while (each && performance.now() < end) {
      each.done = each.work.next().done;
      each = unfinished();
    }
    show();
    if (each) waiting = requestAnimationFrame(compute);
  }

  let waiting = 0;
  function changed() {
    waiting ||= requestAnimationFrame(compute);
  }
  panel.endings.push(() => cancelAnimationFrame(waiting));

  // --------------------------------------------------------------------------------------------- the drawings

  /** The axes of a plot of J above its minimum; returns where things are. */
  function axes(svg, width, height, x, ticks, title) {
    const y = scaleLog(GAPS, [height - BOTTOM, TOP]).clamp(true);
    x.range([LEFT, width - RIGHT]);
    const across = axisBottom(x).tickSizeOuter(0);
    one(svg, "g", "across")
      .attr("transform", `translate(0,${height - BOTTOM})`)
      .call(ticks ? across.tickValues(ticks).tickFormat(String) : across.ticks(5));
    const powers = [1e-9, 1e-6, 1e-3, 1, 1e3];
    const names = ["10⁻⁹", "10⁻⁶", "0.001", "1", "1000"];
    one(svg, "g", "up")
      .attr("transform", `translate(${LEFT},0)`)
      .call(axisLeft(y).tickSizeOuter(0).tickValues(powers).tickFormat((_, i) => names[i]));
    one(svg, "text", "title").classed("quiet", true).attr("x", 4).attr("y", 12).text("J above its minimum");
    one(svg, "text", "foot")
      .classed("quiet", true)
      .attr("x", (LEFT + width - RIGHT) / 2)
      .attr("y", height - 4)
      .attr("text-anchor", "middle")
      .text(title);
    return y;
  }

  function history(svg, width, height) {
    const x = scaleLinear([0, STEPS], []);
    const y = axes(svg, width, height, x, null, "steps");
    const { least } = problem();
    const draw = line()
      .x((_, i) => x(i))
      .y((J) => y(gap(J, least)));
    const kept = state.kept.filter((product) => product !== state.product).map(run);
    one(svg, "g", "runs")
      .selectAll("path")
      .data([...kept, run(state.product)], (each) => each.product)
      .join("path")
      .order()
      .attr("class", (each) => (each.product === state.product ? "run now" : "run"))
      .attr("d", (each) => (least === undefined ? "" : draw(each.J)));
    const named = kept
      .map((each) => ({ product: each.product, y: y(gap(each.J.at(-1) ?? least, least)) - 5 }))
      .sort((a, b) => b.y - a.y);
    named.forEach((each, i) => (each.y = Math.min(each.y, (named[i - 1]?.y ?? height - BOTTOM + 8) - 14)));
    one(svg, "g", "names")
      .selectAll("text")
      .data(named, (each) => each.product)
      .join("text")
      .attr("class", "quiet haloed")
      .attr("text-anchor", "end")
      .attr("x", x(STEPS))
      .attr("y", (each) => each.y)
      .text((each) => `αβ = ${plain(each.product)}`);
  }

  function sweep(svg, width, height) {
    const x = scaleLog(PRODUCTS, []).clamp(true);
    const y = axes(svg, width, height, x, [0.01, 0.1, 1, 2, 10, 100], `αβ, after ${STEPS} steps`);
    const { least, edge, runs } = problem();
    const marks = [{ at: 1, name: "safe", kind: "safe" }, { at: 2, name: "", kind: "two" }];
    if (edge) marks.push({ at: edge, name: `edge ${plain(edge)}`, kind: "edge" });
    const leftOf = (each) => each.kind === "safe" || x(each.at) > width - 66;
    const mark = one(svg, "g", "marks")
      .selectAll("g")
      .data(marks, (each) => each.kind)
      .join((enter) => {
        const group = enter.append("g").attr("class", (each) => each.kind);
        group.append("line");
        group.append("text").attr("class", "haloed");
        return group;
      })
      .attr("transform", (each) => `translate(${x(each.at)},0)`);
    mark.select("line").attr("y1", 16).attr("y2", height - BOTTOM);
    mark
      .select("text")
      .attr("x", (each) => (leftOf(each) ? -4 : 4))
      .attr("y", (each) => (each.kind === "edge" && leftOf(each) ? 44 : 28)) // below the word on the other line
      .attr("text-anchor", (each) => (leftOf(each) ? "end" : "start"))
      .text((each) => each.name);
    const finished = [...runs.values()].filter((each) => each.done && least !== undefined);
    one(svg, "g", "tried")
      .selectAll("path")
      .data(finished, (each) => each.product)
      .join("path")
      .attr("transform", (each) => `translate(${x(each.product)},${y(gap(each.J.at(-1), least))})`)
      .attr("class", (each) => (rises(each.J).length ? "cross" : "dot") + (each.product === state.product ? " now" : ""))
      .attr("d", (each) => (rises(each.J).length ? "M-4,-4L4,4M-4,4L4,-4" : "M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0Z"));
    one(svg, "line", "now").attr("x1", x(state.product)).attr("x2", x(state.product)).attr("y1", TOP + 6).attr("y2", height - BOTTOM);
    one(svg, "path", "grip").attr("transform", `translate(${x(state.product)},${height - BOTTOM})`).attr("d", "M0,-2L8,10H-8Z");
    svg
      .selectAll("rect.area")
      .data([0])
      .join((enter) => dragged(enter.append("rect").attr("class", "area").attr("fill", "transparent")))
      .attr("width", width)
      .attr("height", height);
    places = x;
  }

  let places; // of the products in the last drawing of the sweep
  function dragged(area) {
    return area
      .on("click", (event) => choose(places.invert(pointer(event)[0])))
      .call(drag().on("drag", (event) => choose(places.invert(event.x))))
      .style("touch-action", "pan-y"); // a finger that goes up or down scrolls the page
  }

  function slice(svg, width, height) {
    const { bowl, beta, pair } = problem();
    const [bottom, top] = [height - BOTTOM, TOP];
    if (!bowl?.done) return;
    const x = scaleLinear([-bowl.reach, bowl.reach], [RIGHT, width - RIGHT]);
    const y = scaleLinear([0, bowl.high], [bottom, top]);
    one(svg, "clipPath", "clip").attr("id", clip);
    one(svg.select("clipPath"), "rect", "inside").attr("width", width).attr("height", height - 20).attr("y", 20);
    one(svg, "g", "curves").attr("clip-path", `url(#${clip})`);
    const curves = svg.select("g.curves");
    const parabola = bowl.t.map((t) => [t, (beta / 2) * t ** 2]).filter(([, value]) => value < 3 * bowl.high);
    const draw = line()
      .x((point) => x(point[0]))
      .y((point) => y(point[1]));
    one(curves, "path", "bound").attr("d", draw(parabola));
    one(curves, "path", "bowl").attr("d", draw(bowl.t.map((t, i) => [t, bowl.J[i]])));
    const walk = walkFrom(state.ball * bowl.reach);
    one(curves, "path", "walk").attr("d", draw(walk));
    curves
      .selectAll("circle.hop")
      .data(walk.slice(1))
      .join("circle")
      .attr("class", "hop")
      .attr("r", 4)
      .attr("cx", (point) => x(point[0]))
      .attr("cy", (point) => y(point[1]));
    one(svg, "text", "title").classed("quiet", true).attr("x", 4).attr("y", 12).text("J along its most curved direction");
    const crossing = Math.min(Math.sqrt((2 * 0.93 * bowl.high) / beta), 0.6 * bowl.reach);
    one(svg, "text", "bound").classed("haloed", true).attr("x", x(crossing) + 8).attr("y", y(0.93 * bowl.high)).text("bound β");
    one(svg, "text", "foot")
      .classed("quiet", true)
      .attr("x", width / 2)
      .attr("y", height - 6)
      .attr("text-anchor", "middle")
      .text(`bends ${number(pair.value, 3)} at the bottom; bound β = ${number(beta, 3)}`);
    one(svg, "line", "floor").attr("x1", RIGHT).attr("x2", width - RIGHT).attr("y1", bottom).attr("y2", bottom);
    const at = state.ball * bowl.reach;
    svg
      .selectAll("g.ball")
      .data([{ x: x(at), y: y(walk[0][1]) }])
      .join((enter) => {
        const ball = enter.append("g").attr("class", "ball").attr("role", "slider").attr("aria-label", "Start of the walk");
        ball.append("circle").attr("r", 22).attr("fill", "transparent");
        ball.append("circle").attr("class", "mark").attr("r", 9);
        return movable(ball, {
          moved: (event) => putBall(scaleLinear([RIGHT, Number(svg.attr("width")) - RIGHT], [-1, 1])(event.x)),
          nudge: (dx, dy) => putBall(state.ball + 0.05 * (dx || dy)),
        });
      })
      .attr("transform", (ball) => `translate(${ball.x},${ball.y})`)
      .attr("aria-valuemin", -1)
      .attr("aria-valuemax", 1)
      .attr("aria-valuenow", state.ball)
      .attr("aria-valuetext", `${place(at)} from the minimum; after ${HOPS} steps ${place(walk.at(-1)[0])}`);
  }

  function putBall(where) {
    state.ball = Math.round(100 * Math.min(Math.max(where, -1), 1)) / 100;
    changed();
  }

  /** Gradient descent that may only move along the line: [place, J above its minimum] at each step. */
  function walkFrom(t) {
    const { objective, beta, point, pair, least } = problem();
    const walk = [];
    for (let i = 0; i <= HOPS && Number.isFinite(t); i++) {
      const here = objective.along(point, pair.vector, t);
      walk.push([t, here.J - least]);
      t -= (state.product / beta) * here.slope;
    }
    return walk;
  }

  // ------------------------------------------------------------------------------------------------ in words

  function show() {
    slider.set(Math.log10(state.product));
    if (which) which.set(shown());
    drawHistory();
    drawSweep();
    drawSlice();
    const now = run(state.product);
    if (!now.done || !problem().edge) return;
    const sentence = `αβ = ${plain(state.product)}: ${verdict(now.J)}`;
    reading(`${sentence} ${reason()}`);
    panel.say(sentence);
  }

  function verdict(J) {
    const { least } = problem();
    const up = rises(J);
    const left = gap(J.at(-1), least);
    const above = `${left === GAPS[0] ? "less than " : ""}${number(left, 4)} above its minimum`;
    if (!Number.isFinite(J.at(-1)) || up.filter((i) => i > STEPS - 10).length === 10) {
      return `J diverges: it grows with every step, to ${number(J.at(-1), 0)}.`;
    }
    if (up.some((i) => i > STEPS - 20)) return `J never settles: it went up in ${up.length} of ${STEPS} steps.`;
    if (up.length) return `J went up in ${up.length} of ${STEPS} steps, and still arrives, ${above}.`;
    const share = left / (J[0] - least);
    if (share > 0.1) return `J falls at every step, but it crawls: ${number(100 * share, 0)} % of the way is left.`;
    return `J falls at every step, to ${above}.`;
  }

  function reason() {
    const { beta, edge, pair } = problem();
    if (state.product <= 1) return "Up to 1 the bound β promises that, for any labels.";
    const bend = `at its minimum J bends by λₘₐₓ = ${number(pair.value, 3)} at most, not by β = ${number(beta, 3)}`;
    if (state.product < edge) return `The promise ends at 1, but ${bend}: near it, steps hold up to αβ = 2β/λₘₐₓ = ${plain(edge)}.`;
    return `Even though ${bend}, this is beyond αβ = 2β/λₘₐₓ = ${plain(edge)}: near the minimum, a step now overshoots by more than it corrects.`;
  }

  changed();
  return () => panel.end();
}

// ---------------------------------------------------------------------------------------------- the computing

/** The minimum by Newton's method, its largest curvature and in which direction, and J along that. */
function* minimise(problem) {
  const { objective, beta } = problem;
  let point = objective.zeros();
  for (let before = Infinity; point.J < before; yield) {
    before = point.J;
    point = objective.newtonStep(point);
  }
  const pair = largestEigenpair(objective.hessian(point));
  Object.assign(problem, { point, least: point.J, pair, edge: (2 * beta) / pair.value });
  const reach = Math.sqrt((2 * Math.log(objective.K)) / pair.value);
  const bowl = { reach, t: [], J: [] };
  for (let i = -40; i <= 40; i++) {
    bowl.t.push((i / 40) * reach);
    bowl.J.push(objective.along(point, pair.vector, bowl.t.at(-1)).J - point.J);
    yield;
  }
  problem.bowl = Object.assign(bowl, { high: Math.max(...bowl.J), done: true });
}

/** A run of gradient descent from weights of zero. */
function* descend(run, objective, stepSize) {
  let point = objective.zeros();
  run.J.push(point.J);
  for (let i = 0; i < STEPS; i++) {
    point = objective.gradientStep(point, stepSize);
    run.J.push(point.J);
    yield;
  }
}

/** The steps, counted from 1, at which J did not go down. */
const rises = (J) => J.flatMap((each, i) => (i && !(each <= J[i - 1] + ROUNDING) ? [i] : []));

/** How far J is above its minimum, as far as that is shown. */
const gap = (J, least) => (J - least < GAPS[1] ? Math.max(J - least, GAPS[0]) : GAPS[1]);

/** A place on the line; no powers of ten for what is nearly 0. */
const place = (t) => (Math.abs(t) < 0.005 ? "0.00" : number(t));

/** With three digits. */
const tidy = (product) => Number(product.toPrecision(3));
const plain = (product) => String(tidy(product));

export default { render };
