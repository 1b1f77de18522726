// Temperature: one number that divides all logits of a model, and what it does to the model's promises.

import { axisBottom, axisLeft, line, scaleLinear, scaleLog } from "./d3.js";
import { bestTemperature, lossAtTemperature, reliability } from "./kernel.js";
import { movable, number, Panel, shared } from "./panel.js";

const [COLDEST, HOTTEST] = [0.25, 8];
const STEP = 0.05; // of the slider and the arrow keys, in powers of 2
const MARGIN = { left: 44, right: 14, top: 14, bottom: 44 }; // pixels
const BINS = 10;

function render({ model, el }) {
  const panel = new Panel(el, "Explorable: temperature and calibration");
  const state = shared(model, ["logits", "labels", "T"], (key) => {
    if (key !== "T") valley = measure();
    show("outside");
  });
  let valley = measure();

  const figures = panel.box("figures");
  const drawDiagram = panel.drawing(figures, {
    label: "Reliability diagram: how often the model is right against what it says",
    height: (width) => Math.min(0.85 * width, 330),
    draw: diagram,
  });
  const drawValley = panel.drawing(figures, {
    label: "The mean loss against the temperature",
    height: (width) => Math.min(0.85 * width, 330),
    draw: curve,
  });
  const sentence = panel.text(panel.root, "reading");
  const numbers = panel.text(panel.root, "text");
  const controls = panel.box("controls");
  const slider = panel.slider(controls, {
    label: "temperature T",
    min: Math.log2(COLDEST),
    max: Math.log2(HOTTEST),
    step: STEP,
    value: Math.log2(state.T),
    show: (power) => number(2 ** power),
    change: (power) => heat(2 ** power),
  });
  const buttons = panel.box("buttons", controls);
  panel.button(buttons, "Best temperature", () => heat(valley.best));
  panel.button(buttons, "T = 1", () => heat(1));

  /** The loss at many temperatures, and the best of them; the same for every T that is shown. */
  function measure() {
    const { logits, labels } = state;
    const temperatures = Array.from({ length: 81 }, (_, i) => COLDEST * (HOTTEST / COLDEST) ** (i / 80));
    const best = bestTemperature(logits, labels, COLDEST, HOTTEST);
    return {
      curve: temperatures.map((T) => [T, lossAtTemperature(logits, labels, T)]),
      best,
      least: lossAtTemperature(logits, labels, best),
    };
  }

  function heat(T) {
    state.T = Math.min(HOTTEST, Math.max(COLDEST, T));
    slider.set(Math.log2(state.T));
    show();
  }

  /** What the model says at this temperature, and what comes true. */
  function promises() {
    const N = state.labels.length;
    const { diagram, error } = reliability(state.logits, state.labels, state.T, BINS);
    const mean = (key) => diagram.reduce((sum, bin) => sum + bin.size * bin[key], 0) / N;
    return { bins: diagram, error, says: mean("says"), isRight: mean("isRight"), N };
  }

  function diagram(svg, width, height) {
    const { bins, N } = promises();
    const x = scaleLinear([0, 1], [MARGIN.left, width - MARGIN.right]);
    const y = scaleLinear([0, 1], [height - MARGIN.bottom, MARGIN.top]);
    axes(svg, x, y, height, "what it says", "how often it is right", [0, 0.25, 0.5, 0.75, 1]);
    write(svg, "under", x(0.05), y(0.9), "underconfident").attr("class", "under quiet");
    write(svg, "over", x(0.97), y(0.06), "overconfident").attr("class", "over quiet").attr("text-anchor", "end");
    one(svg, "line", "diagonal")
      .attr("x1", x(0)).attr("y1", y(0)).attr("x2", x(1)).attr("y2", y(1))
      .attr("stroke", "var(--explorable-soft)").attr("stroke-dasharray", "5 4");
    // Each bin hangs from the diagonal, where it should be; its area is the number of its pictures.
    const group = svg
      .selectAll("g.bin")
      .data(bins.map((bin, i) => ({ ...bin, i })).filter(({ size }) => size), ({ i }) => i)
      .join((enter) => {
        const bin = enter.append("g").attr("class", "bin").attr("role", "img");
        bin.append("line").attr("stroke-width", 3);
        bin.append("circle").attr("fill-opacity", 0.75).attr("stroke", "var(--explorable-page)");
        bin.append("title");
        return bin;
      });
    const side = ({ says, isRight }) => (isRight < says ? "var(--negative)" : "var(--positive)");
    group.select("line").attr("stroke", side);
    group.select("line").attr("x1", ({ says }) => x(says)).attr("x2", ({ says }) => x(says));
    group.select("line").attr("y1", ({ says }) => y(says)).attr("y2", ({ isRight }) => y(isRight));
    group.select("circle").attr("fill", side).attr("r", ({ size }) => Math.max(3, 20 * Math.sqrt(size / N)));
    group.select("circle").attr("cx", ({ says }) => x(says)).attr("cy", ({ isRight }) => y(isRight));
    const told = (bin) => `${bin.size} of ${N}: says ${number(bin.says, 3)}, is right ${number(bin.isRight, 3)} of the time`;
    group.attr("aria-label", told).select("title").text(told);
  }

  function curve(svg, width, height) {
    const T = state.T;
    const loss = lossAtTemperature(state.logits, state.labels, T);
    const x = scaleLog([COLDEST, HOTTEST], [MARGIN.left, width - MARGIN.right]);
    const y = scaleLinear([0, Math.max(...valley.curve.map(([, J]) => J))], [height - MARGIN.bottom, MARGIN.top]).nice(4);
    axes(svg, x, y, height, "temperature T", "mean loss", [0.25, 0.5, 1, 2, 4, 8]);
    one(svg, "path", "valley")
      .attr("d", line().x(([t]) => x(t)).y(([, J]) => y(J))(valley.curve))
      .attr("fill", "none").attr("stroke", "var(--explorable-ink)").attr("stroke-width", 2);
    one(svg, "line", "drop")
      .attr("x1", x(T)).attr("x2", x(T)).attr("y1", y(0)).attr("y2", y(loss))
      .attr("stroke", "var(--explorable-accent)").attr("stroke-dasharray", "3 3");
    const turn = (times) => heat(2 ** (STEP * (Math.round(Math.log2(state.T) / STEP) + times)));
    svg
      .selectAll("g.point")
      .data([{ x: x(T), scale: x }])
      .join((enter) => {
        const point = enter.append("g").attr("class", "point").attr("role", "slider").attr("aria-label", "temperature, a point on the curve of the loss");
        point.attr("aria-valuemin", COLDEST).attr("aria-valuemax", HOTTEST);
        point.append("circle").attr("r", 22).attr("fill", "transparent");
        point.append("circle").attr("r", 9).attr("fill", "var(--explorable-accent)").attr("stroke", "var(--explorable-page)").attr("stroke-width", 2);
        return movable(point, {
          moved: (event, { scale }) => heat(scale.invert(event.x)),
          nudge: (dx, dy) => turn(dx + dy),
          home: () => heat(COLDEST),
          end: () => heat(HOTTEST),
        });
      })
      .attr("transform", `translate(${x(T)},${y(loss)})`)
      .attr("aria-valuenow", T.toFixed(3))
      .attr("aria-valuetext", `T ${number(T)}, loss ${number(loss, 3)}`);
  }

  function axes(svg, x, y, height, under, beside, ticks) {
    one(svg, "g", "across")
      .attr("transform", `translate(0,${height - MARGIN.bottom})`)
      .call(axisBottom(x).tickValues(ticks).tickFormat(String).tickSize(4));
    one(svg, "g", "upward").attr("transform", `translate(${MARGIN.left},0)`).call(axisLeft(y).ticks(4).tickSize(4));
    write(svg, "axis-x", (x.range()[0] + x.range()[1]) / 2, height - 8, under).attr("text-anchor", "middle");
    write(svg, "axis-y", 0, 0, beside).attr("text-anchor", "middle").attr("transform", `translate(12,${(y.range()[0] + y.range()[1]) / 2}) rotate(-90)`);
  }

  function show(news) {
    if (news === "outside") slider.set(Math.log2(state.T));
    drawDiagram();
    drawValley();
    const { says, isRight, error } = promises();
    const loss = lossAtTemperature(state.logits, state.labels, state.T);
    const best = Math.abs(Math.log(state.T / valley.best)) < 0.01;
    const verdict =
      says - isRight > 0.015
        ? "it promises too much, and is overconfident"
        : isRight - says > 0.015
          ? "it promises too little, and is underconfident"
          : "on average it keeps its promise";
    const words = `At T = ${number(state.T)} the model says ${number(says, 3)} on average and is right ${number(isRight, 3)} of the time: ${verdict}.`;
    sentence(`${words} The loss is ${number(loss, 3)}, ${best ? "its least" : `${number(loss - valley.least, 3)} above its least`}.`);
    numbers(
      `Right ${number(isRight, 3)} of the time at every temperature, because no winner changes. ` +
        `Calibration error, the mean length of the stems: ${number(error, 3)}.`,
    );
    panel.say(`${words} Loss ${number(loss, 3)}, calibration error ${number(error, 3)}.`);
  }

  show();
  return () => panel.end();
}

/** The one element of this kind and name, made when it is first asked for. */
function one(svg, kind, name) {
  return svg.selectAll(`${kind}.${name}`).data([0]).join((enter) => enter.append(kind).attr("class", name));
}

function write(svg, name, x, y, text) {
  return one(svg, "text", name).attr("x", x).attr("y", y).text(text);
}

export default { render };
