// The Jacobian of softmax as a live heat map: its row sums, and what it makes of a step in the logits.

import { softmax, softmaxJacobian } from "./kernel.js";
import { append, colour, number, Panel, shared } from "./panel.js";

const SUBSCRIPTS = "₁₂₃₄₅₆₇₈₉";
const DARKEST = 0.25; // no entry of a Jacobian is larger

function render({ model, el }) {
  const panel = new Panel(el, "Explorable: the Jacobian of softmax");
  const state = shared(model, ["z", "step"], show);
  const K = state.z.length;

  const cells = table(panel.box("figures"), K);
  const reading = panel.text(panel.root, "reading");
  const controls = panel.box("controls");
  const points = sliders("The point: logits z", "z", "z", 4);
  const steps = sliders("The step: Δz", "Δz", "step", 1);
  const buttons = panel.box("buttons");
  panel.button(buttons, "Raise every logit alike", () => stepBy(0.5));
  panel.button(buttons, "Step back to 0", () => stepBy(0));

  function sliders(legend, letter, key, most) {
    const box = panel.box("column", controls);
    panel.text(box, "legend")(legend);
    return state[key].map((value, k) =>
      panel.slider(box, {
        label: letter + SUBSCRIPTS[k],
        min: -most,
        max: most,
        step: 0.05,
        value,
        change: (changed) => {
          state[key] = state[key].map((old, i) => (i === k ? changed : old));
          show();
        },
      }),
    );
  }

  function stepBy(common) {
    state.step = state.step.map(() => common);
    show();
  }

  function show() {
    points.forEach((slider, k) => slider.set(state.z[k]));
    steps.forEach((slider, k) => slider.set(state.step[k]));
    const C = softmaxJacobian(state.z);
    const o = softmax(state.z);
    const moved = softmax(state.z.map((zk, k) => zk + state.step[k]));
    const change = o.map((before, k) => moved[k] - before);
    const predicted = C.map((row) => row.reduce((sum, value, j) => sum + value * state.step[j], 0));
    C.forEach((row, k) => {
      const total = row.reduce((sum, value) => sum + value);
      [...row, total, predicted[k], change[k]].forEach((value, j) => paint(cells[k][j], value, j === K));
    });
    const miss = number(Math.max(...predicted.map((each, k) => Math.abs(each - change[k]))), 3);
    const probabilities = o.map((each) => number(each, 3)).join(", ");
    reading(`Here o = (${probabilities}). Every row sums to 0. C Δz misses the real change Δo by at most ${miss}.`);
    panel.say(`Probabilities ${probabilities}. C Δz misses the real change by at most ${miss}.`);
  }

  show();
  return () => panel.end();
}

/** A table of K rows, one for each probability, with K + 3 cells that are to be painted. */
function table(parent, K) {
  const box = append(parent, "table", { class: "explorable-matrix" });
  append(box, "caption", { class: "visually-hidden" }).textContent =
    "The Jacobian C, the sums of its rows, its product with the step, and the real change of the probabilities";
  const head = append(append(box, "thead"), "tr");
  append(head, "td");
  const logits = Array.from({ length: K }, (_, j) => `z${SUBSCRIPTS[j]}`);
  for (const name of [...logits, "sum", "C Δz", "Δo"]) append(head, "th", { scope: "col" }).textContent = name;
  const body = append(box, "tbody");
  return logits.map((_, k) => {
    const row = append(body, "tr");
    const name = append(row, "th", { scope: "row", style: `color: ${colour(k)}` });
    name.textContent = `o${SUBSCRIPTS[k]}`;
    return Array.from({ length: K + 3 }, () => append(row, "td"));
  });
}

function paint(cell, value, plain) {
  const share = plain ? 0 : Math.min(Math.abs(value) / DARKEST, 1);
  cell.textContent = Math.abs(value) < 5e-4 ? "0" : number(value, 3); // no minus before a number that rounds to 0
  cell.style.background = `color-mix(in srgb, var(--${value < 0 ? "negative" : "positive"}) ${75 * share}%, transparent)`;
}

export default { render };
