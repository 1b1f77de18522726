// From logits to probabilities: bars to be dragged, a common shift, a temperature, and the arithmetic of a machine.

import { axisBottom, scaleLinear } from "./d3.js";
import { half, shiftedLogits, softmax, softmaxBySteps } from "./kernel.js";
import { colour, marker, markerTurn, movable, number, Panel, shared } from "./panel.js";

const [COLDEST, HOTTEST] = [-2, 2]; // powers of 2
const SHIFT = 24; // far enough for every exponential to become 0, or infinite, in half precision
const LARGEST_HALF = 65504;
const [OVERFLOW, UNDERFLOW] = [Math.log(65520), Math.log(2 ** -25)]; // where the exponential rounds to infinity, to 0

function render({ model, el }) {
  const panel = new Panel(el, "Explorable: from logits to probabilities");
  const state = shared(model, ["z", "c", "T", "arithmetic", "trick"], () => show("outside"));
  const reach = Math.ceil(Math.max(4, ...state.z.map(Math.abs))); // of a logit, up and down
  const start = { z: state.z, c: state.c, T: state.T, arithmetic: state.arithmetic, trick: state.trick };

  const draw = panel.drawing(panel.box("figures"), {
    label: "Logits as bars that can be moved, their exponentials, and the probabilities",
    height: (width) => layout(width).height,
    draw: drawRows,
  });
  const sentence = panel.text(panel.root, "reading");
  const controls = panel.box("controls");
  const shift = panel.slider(controls, {
    label: "shift c",
    min: -SHIFT,
    max: SHIFT,
    step: 0.5,
    value: state.c,
    show: (c) => signed(c),
    change: (c) => set({ c }),
  });
  const temperature = panel.slider(controls, {
    label: "temperature T",
    min: COLDEST,
    max: HOTTEST,
    step: 0.1,
    value: Math.log2(state.T),
    show: (power) => number(2 ** power),
    change: (power) => set({ T: 2 ** power }),
  });
  const arithmetic = panel.choice(controls, {
    label: "Arithmetic",
    options: [
      ["exact", "exact"],
      ["half", "half precision"],
    ],
    value: state.arithmetic,
    change: (kind) => set({ arithmetic: kind }),
  });
  const trick = panel.toggle(controls, {
    label: "Subtract the largest logit first",
    value: state.trick,
    change: (on) => set({ trick: on }),
  });
  const classes = panel.choice(controls, {
    label: "Classes",
    options: [3, 4, 5].map((K) => [K, String(K)]),
    value: state.z.length,
    change: (K) => set({ z: Array.from({ length: K }, (_, k) => state.z[k] ?? 0) }),
  });
  panel.button(panel.box("buttons"), "Start again", () => {
    set(start);
    setControls();
  });

  function set(changes) {
    Object.assign(state, changes);
    show();
  }

  function setLogit(k, value) {
    const rounded = Math.round(10 * Math.min(reach, Math.max(-reach, value))) / 10;
    set({ z: state.z.map((zk, i) => (i === k ? rounded : zk)) });
  }

  function setControls() {
    shift.set(state.c);
    temperature.set(Math.log2(state.T));
    arithmetic.set(state.arithmetic);
    trick.set(state.trick);
    classes.set(state.z.length);
  }

  /** What the machine computes: the numbers u whose exponentials it takes, these, their sum and the quotients. */
  function computed() {
    const round = state.arithmetic === "half" ? half : (x) => x;
    const u = shiftedLogits(state.z, state.c, state.T, round);
    return { u, ...softmaxBySteps(u, state.trick, round) };
  }

  /** Where things are. A row is one line of a wide drawing and two of a narrow one: bars above, numbers below. */
  function layout(width) {
    const K = state.z.length;
    const wide = width >= 560;
    const [row, top] = wide ? [44, 34] : [56, 44];
    const bars = wide ? [136, 136 + 0.62 * (width - 316)] : [34, 34 + 0.53 * (width - 50)];
    const shares = wide ? [bars[1] + 118, width - 62] : [bars[1] + 16, width - 8];
    const feet = top + K * row;
    return { wide, row, top, bars, shares, feet, height: feet + (wide ? 34 : 58) };
  }

  function drawRows(svg, width) {
    const { wide, row, top, bars, shares, feet } = layout(width);
    const { powers, total, o } = computed();
    // Wide enough for every bar at this shift, so that the scale stays as it is while a bar is dragged.
    const x = scaleLinear([Math.min(0, state.c) - reach - 1, Math.max(0, state.c) + reach + 1], bars);
    const share = scaleLinear([0, 1], shares);
    const rows = state.z.map((zk, k) => ({ k, zk, x: x(zk + state.c), y: top + k * row + (wide ? row / 2 : 18) }));
    const low = wide ? 5 : 32; // from the middle of the bars down to the line of the numbers
    const at = {
      logit: wide ? [124, "end"] : [bars[0], "start"],
      power: wide ? [bars[1] + 98, "end"] : [bars[1], "end"],
      o: wide ? [width, "end"] : [shares[0], "start"],
    };

    drawZones(svg, x, top, feet);
    one(svg, "g", "axis").attr("transform", `translate(0,${feet + 4})`).call(axisBottom(x).ticks((bars[1] - bars[0]) / 36).tickSize(4));
    line(svg, "zero", [x(0), top - 2], [x(0), feet + 4], "var(--explorable-rule)");
    line(svg, "whole", [share(1), top - 2], [share(1), feet + 4], "var(--explorable-line)");
    const rule = feet + (wide ? 4 : 30);
    const sumLeft = wide ? bars[1] + 10 : bars[1] - 90;
    line(svg, "sum-line", [sumLeft, rule], [width, rule], "var(--explorable-rule)");

    write(svg, "head logit-head", bars[0], 14, "start").text(state.c ? "logits z + c" : "logits z");
    const power = write(svg, "head power-head", at.power[0], wide ? 14 : 32, "end").text("e");
    power.append("tspan").attr("dy", "-0.45em").attr("font-size", "0.82em").text(exponent());
    write(svg, "head share-head", shares[0], 14, "start").text("probabilities o");

    svg
      .selectAll("g.share")
      .data(rows)
      .join((enter) => {
        const group = enter.append("g").attr("class", "share").attr("role", "img");
        group.append("rect");
        ["class", "logit", "power", "o"].forEach((name) => group.append("text").attr("class", name));
        ["name", "end"].forEach((name) => group.append("path").attr("class", name).attr("stroke", "var(--explorable-page)"));
        return group;
      })
      .attr("transform", (each) => `translate(0,${each.y})`)
      .call((group) => {
        const width = (k) => (Number.isFinite(o[k]) ? share(o[k]) - share(0) : 0);
        const height = wide ? 22 : 20;
        group.select("rect").attr("x", shares[0]).attr("y", -height / 2).attr("height", height);
        group.select("rect").attr("width", ({ k }) => width(k)).attr("fill", ({ k }) => colour(k));
        const place = (name, x) =>
          group
            .select(name)
            .attr("d", ({ k }) => marker(k, 120))
            .attr("transform", ({ k }) => `translate(${x(k)},0) ${markerTurn(k)}`)
            .attr("fill", ({ k }) => colour(k));
        place(".name", () => 10);
        place(".end", (k) => share(0) + width(k)).attr("visibility", ({ k }) => (Number.isNaN(o[k]) ? "hidden" : null));
        group.select(".class").attr("x", wide ? 24 : 10).attr("y", wide ? 5 : low).attr("text-anchor", wide ? "start" : "middle");
        group.select(".class").text(({ k }) => (wide ? `class ${k + 1}` : k + 1));
        const put = (name, text) =>
          group.select(`.${name}`).attr("x", at[name][0]).attr("text-anchor", at[name][1]).attr("y", low).text(text);
        put("logit", ({ zk }) => number(zk + state.c, 1));
        put("power", ({ k }) => short(powers[k]));
        put("o", ({ k }) => short(o[k], 3));
        group.attr("aria-label", ({ k, zk }) =>
          [`class ${k + 1}: logit ${number(zk + state.c, 1)}`, `exponential ${short(powers[k])}`, `probability ${short(o[k], 3)}`].join(", "),
        );
      });
    write(svg, "sum", sumLeft, rule + 20, "start", "quiet").text("sum");
    write(svg, "total", at.power[0], rule + 20, "end").text(short(total));
    write(svg, "sum-of-shares", at.o[0], rule + 20, at.o[1]).text(short(sumOf(o), 3));

    drawHandles(svg, rows, x);
  }

  /** Where an exponential of half precision would become infinite, or 0. */
  function drawZones(svg, x, top, feet) {
    const shown = state.arithmetic === "half" && !state.trick;
    const [left, right] = x.range();
    const zones = [
      { text: "eᶻ = ∞", from: x(OVERFLOW * state.T), to: right },
      { text: "eᶻ = 0", from: left, to: x(UNDERFLOW * state.T) },
    ].filter(({ from, to }) => shown && from < to);
    const group = svg
      .selectAll("g.zone")
      .data(zones, ({ text }) => text)
      .join((enter) => {
        const zone = enter.insert("g", ":first-child").attr("class", "zone");
        zone.append("rect").attr("fill", "var(--negative)").attr("fill-opacity", 0.18);
        zone.append("text").attr("text-anchor", "middle");
        return zone;
      });
    group.select("rect").attr("x", ({ from }) => from).attr("width", ({ from, to }) => to - from).attr("y", top).attr("height", feet - top);
    group.select("text").attr("x", ({ from, to }) => (from + to) / 2).attr("y", feet - 6).text(({ text, from, to }) => (to - from > 46 ? text : ""));
  }

  /** The bars of the logits, each with a handle at its end. */
  function drawHandles(svg, rows, x) {
    const handles = svg
      .selectAll("g.handle")
      .data(rows)
      .join((enter) => {
        const handle = enter.append("g").attr("class", "handle").attr("role", "slider");
        handle.attr("aria-valuemin", -reach).attr("aria-valuemax", reach).attr("aria-label", ({ k }) => `logit of class ${k + 1}`);
        handle.append("rect").attr("class", "bar").attr("fill", ({ k }) => colour(k)).attr("y", -8).attr("height", 16);
        handle.append("rect").attr("fill", "transparent").attr("y", -20).attr("height", 40).attr("width", 44);
        handle.append("circle").attr("r", 11).attr("fill", "var(--explorable-page)").attr("stroke-width", 3).attr("stroke", ({ k }) => colour(k));
        handle.append("path").attr("d", ({ k }) => marker(k, 60)).attr("transform", ({ k }) => markerTurn(k) || null).attr("fill", ({ k }) => colour(k));
        return movable(handle, {
          moved: (event, { k, scale }) => setLogit(k, scale.invert(event.x) - state.c),
          nudge: (dx, dy, { k }) => setLogit(k, state.z[k] + (dx + dy) / 10),
          home: ({ k }) => setLogit(k, -reach),
          end: ({ k }) => setLogit(k, reach),
        });
      });
    handles
      .each((each) => (each.scale = x))
      .attr("transform", (each) => `translate(${each.x},${each.y})`)
      .attr("aria-valuenow", ({ zk }) => zk)
      .attr("aria-valuetext", ({ zk }) => number(zk, 1));
    handles.select(".bar").attr("x", (each) => Math.min(0, x(0) - each.x)).attr("width", (each) => Math.abs(x(0) - each.x));
    handles.select("rect:not(.bar)").attr("x", -22);
  }

  /** The exponent at the head of the exponentials, with no more in it than is at work. */
  function exponent() {
    const terms = ["z", state.c && "c"].filter(Boolean).join(" + ") + (state.trick ? " − max" : "");
    if (state.T === 1) return terms;
    return terms === "z" ? "z / T" : `(${terms}) / T`;
  }

  function show(news) {
    if (news === "outside") setControls();
    draw();
    const result = computed();
    sentence(state.arithmetic === "half" ? inHalf(result) : onPaper(result));
    panel.say(`Probabilities ${result.o.map((each) => (Number.isNaN(each) ? "not a number" : short(each, 3))).join(", ")}.`);
  }

  function onPaper({ u }) {
    if (state.c && state.trick) return "The shift goes out with the largest logit: not even the exponentials notice it.";
    if (state.c) {
      const times = short(Math.exp(Math.abs(state.c) / state.T)).replace("·", " · ");
      return `The shift makes every exponential, and so their sum, ${times} times as ${state.c > 0 ? "large" : "small"}: the quotients stay.`;
    }
    const [first, second] = u.map((_, k) => k).sort((a, b) => u[b] - u[a]);
    const lead = state.z[first] - state.z[second];
    if (lead === 0) return `Classes ${first + 1} and ${second + 1} have the same logit, and so the same probability.`;
    const power = number(lead / state.T, state.T === 1 ? 1 : 2);
    return (
      `Class ${first + 1} is ${number(lead, 1)} above class ${second + 1}${state.T === 1 ? "" : `, divided by T ${power}`}: ` +
      `it is exp(${power}) = ${number(Math.exp(lead / state.T))} times as probable.`
    );
  }

  function inHalf({ u, powers, total, o }) {
    const exact = softmax(shiftedLogits(state.z, state.c, state.T));
    const worst = Math.max(...o.map((ok, k) => Math.abs(ok - exact[k])));
    const off = worst === 0 ? "and no probability is off here" : `and no probability is off by more than ${number(worst, 4)}`;
    if (state.trick) return `The largest exponential is e⁰ = 1: nothing can become infinite, and the sum cannot be 0, ${off}.`;
    const infinite = powers.filter((power) => power === Infinity).length;
    if (infinite) {
      const others = infinite < o.length ? "; the others, divided by ∞, are 0" : "";
      const greatest = number(Math.max(...u), 1);
      return `exp(${greatest}) is above ${LARGEST_HALF}, the largest number of half precision, and becomes ∞. ∞ / ∞ is nan, “not a number”${others}.`;
    }
    if (total === Infinity) return `Every exponential still fits, but their sum is above ${LARGEST_HALF} and becomes ∞: all quotients are 0.`;
    if (total === 0) return "Every exponential is too small for half precision and becomes 0. 0 / 0 is nan, “not a number”.";
    if (worst > 2e-3) return `Half precision has few digits left for exponentials this small: a probability is off by ${number(worst, 4)}.`;
    return `Half precision keeps about three digits of each number, ${off}.`;
  }

  show();
  return () => panel.end();
}

const sumOf = (values) => values.reduce((total, value) => total + value, 0);

const signed = (c) => (c > 0 ? "+" : "") + number(c, 1);

/** A number in little room, in about three digits; 0 only if it is 0. */
function short(value, decimals = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0) {
  return value === 0 ? "0" : number(value, decimals).replace(" · ", "·");
}

/** The one element of this kind and name, made when it is first asked for. */
function one(svg, kind, name) {
  return svg.selectAll(`${kind}.${name.split(" ").join(".")}`).data([0]).join(kind).attr("class", name);
}

function line(svg, name, [x1, y1], [x2, y2], stroke) {
  return one(svg, "line", name).attr("x1", x1).attr("y1", y1).attr("x2", x2).attr("y2", y2).attr("stroke", stroke);
}

function write(svg, name, x, y, anchor, kind = "") {
  return one(svg, "text", `${name} ${kind}`.trim()).attr("x", x).attr("y", y).attr("text-anchor", anchor);
}

export default { render };
