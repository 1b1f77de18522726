// The Jacobian of softmax as a live heat map: its row sums, and what it makes of a step in the logits.

import { scaleLinear } from "./d3.js";
import { softmax, softmaxJacobian } from "./kernel.js";
import { colour, number, Panel, shared } from "./panel.js";

const [LEFT, TOP, GAP] = [30, 30, 12]; // pixels
const SUBSCRIPTS = "₁₂₃₄₅₆₇₈₉";

function render({ model, el }) {
  const panel = new Panel(el, "Explorable: the Jacobian of softmax");
  const state = shared(model, ["z", "step"], () => show());
  const { z } = state;
  const K = z.length;

  const figures = panel.box("figures");
  const draw = panel.drawing(figures, {
    label: "Heat map of the Jacobian",
    height: (width) => TOP + K * cellSize(width),
    draw: drawMatrix,
  });
  const sentence = panel.text(panel.root, "reading");
  const controls = panel.box("controls");
  const logits = column(controls, "The point: logits z", "z", "z");
  const steps = column(controls, "The step: Δz", "Δz", "step");
  const buttons = panel.box("buttons");
  panel.button(buttons, "Raise every logit alike", () => {
    state.step = state.step.map(() => 0.5);
    show();
  });
  panel.button(buttons, "Step back to 0", () => {
    state.step = state.step.map(() => 0);
    show();
  });

  function column(parent, legend, letter, key) {
    const box = panel.box("column", parent);
    panel.text(box, "legend")(legend);
    return state[key].map((value, k) =>
      panel.slider(box, {
        label: letter + SUBSCRIPTS[k],
        min: key === "z" ? -4 : -1,
        max: key === "z" ? 4 : 1,
        step: 0.05,
        value,
        change: (changed) => {
          state[key] = state[key].map((old, i) => (i === k ? changed : old));
          show();
        },
      }),
    );
  }

  function cellSize(width) {
    return Math.min((width - LEFT - 2 * GAP) / (K + 3), 72);
  }

  // The columns of the picture: K of the matrix, then its row sums, C Δz, and the real change of o.
  function drawMatrix(svg, width) {
    const C = softmaxJacobian(state.z);
    const o = softmax(state.z);
    const moved = softmax(state.z.map((zk, k) => zk + state.step[k]));
    const predicted = C.map((row) => row.reduce((sum, value, j) => sum + value * state.step[j], 0));
    const size = cellSize(width);
    const left = Math.max(LEFT, (width - (K + 3) * size - 2 * GAP) / 2);
    const y = (k) => TOP + k * size;
    const x = (j) => left + j * size + (j >= K ? GAP : 0) + (j > K ? GAP : 0);
    const shade = scaleLinear([0, 0.25], [0, 1]).clamp(true);

    const cells = C.flatMap((row, k) => row.map((value, j) => ({ key: `${k} ${j}`, k, j, value })));
    const sums = C.map((row, k) => ({ key: `${k} sum`, k, j: K, value: row.reduce((a, b) => a + b) }));
    const actions = C.flatMap((_, k) => [
      { key: `${k} predicted`, k, j: K + 1, value: predicted[k] },
      { key: `${k} real`, k, j: K + 2, value: moved[k] - o[k] },
    ]);
    const group = svg
      .selectAll("g.cell")
      .data([...cells, ...sums, ...actions], (cell) => cell.key)
      .join((enter) => {
        const cell = enter.append("g").attr("class", "cell");
        cell.append("rect");
        cell.append("text");
        return cell;
      })
      .attr("transform", (cell) => `translate(${x(cell.j)},${y(cell.k)})`);
    group
      .select("rect")
      .attr("width", size - 2)
      .attr("height", size - 2)
      .attr("rx", 2)
      .attr("fill", (cell) => (cell.j === K ? "none" : cell.value < 0 ? "var(--negative)" : "var(--positive)"))
      .attr("fill-opacity", (cell) => 0.75 * shade(Math.abs(cell.value)))
      .attr("stroke", "var(--explorable-line)");
    group
      .select("text")
      .attr("x", size / 2 - 1)
      .attr("y", size / 2 + 4)
      .attr("text-anchor", "middle")
      .text((cell) => rounded(cell.value));
    svg
      .selectAll("text.head")
      .data([...C.map((_, j) => `z${SUBSCRIPTS[j]}`), "sum", "C Δz", "Δo"])
      .join("text")
      .attr("class", "head")
      .attr("x", (_, j) => x(j) + size / 2 - 1)
      .attr("y", TOP - 10)
      .attr("text-anchor", "middle")
      .text((text) => text);
    svg
      .selectAll("text.side")
      .data(C)
      .join("text")
      .attr("class", "side")
      .attr("x", left - 8)
      .attr("y", (_, k) => y(k) + size / 2 + 4)
      .attr("text-anchor", "end")
      .attr("fill", (_, k) => colour(k))
      .text((_, k) => `o${SUBSCRIPTS[k]}`);
  }

  function show() {
    logits.forEach((slider, k) => slider.set(state.z[k]));
    steps.forEach((slider, k) => slider.set(state.step[k]));
    draw();
    const C = softmaxJacobian(state.z);
    const o = softmax(state.z);
    const moved = softmax(state.z.map((zk, k) => zk + state.step[k]));
    const predicted = C.map((row) => row.reduce((sum, value, j) => sum + value * state.step[j], 0));
    const miss = Math.max(...predicted.map((each, k) => Math.abs(each - (moved[k] - o[k]))));
    sentence(
      `o = (${o.map((each) => number(each, 3)).join(", ")}). Every row and every column of the Jacobian sums to 0. ` +
        `C Δz misses the real change of o by at most ${number(miss, 3)}.`,
    );
    panel.say(`Probabilities ${o.map((each) => number(each, 3)).join(", ")}; C Δz misses by ${number(miss, 3)}.`);
  }

  show();
  return () => panel.end();
}

/** Two or three decimals, and never a minus before a number that rounds to 0. */
function rounded(value) {
  return Math.abs(value) < 5e-4 ? "0" : number(value, 3);
}

export default { render };
