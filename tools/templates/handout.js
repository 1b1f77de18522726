// Puts the parts of a handout on two sheets: the largest type with which all fit, then fewer parts.
([largest, least]) => {
  const main = document.querySelector("#handout"), parts = [...main.children];
  const make = (kind, content = "") => Object.assign(document.createElement("div"), {className: kind, innerHTML: content});
  const formulas = shown => shown.filter(part => part.matches(".formula"));
  const KINDS = {formula: "Definitions and results", foresight: "Predict, then look"};  // go two to a row, if narrow

  const rows = shown => {
    const found = [], begun = new Set();
    for (const part of shown) {
      const kind = Object.keys(KINDS).find(each => part.classList.contains(each));
      if (!kind) { found.push(part); continue; }
      const narrow = kind === "foresight" || part.dataset.width <= 0.5;
      const before = found.at(-1)?.querySelector(`.row.open.${kind}-row`);
      if (narrow && before) { before.append(part); before.classList.remove("open"); continue; }
      const line = make("strip", begun.has(kind) ? "" : `<h2>${KINDS[kind]}</h2>`);  // a heading stays with its first row
      begun.add(kind);
      line.append(make(`row ${kind}-row ${narrow ? "open" : "whole"}`));
      line.lastElementChild.append(part);
      found.push(line);
    }
    return found;
  };

  const arrange = (shown, size) => {
    document.documentElement.style.fontSize = `${size}pt`;
    main.replaceChildren(...shown);
    const room = main.clientWidth;
    for (const part of formulas(shown)) {
      const formula = part.querySelector(".katex");
      formula.style.fontSize = "";
      part.dataset.width = (formula.getBoundingClientRect().width + 2.2 * size) / room * 0.9;  // may shrink a little
    }
    const lines = rows(shown), dropped = parts.filter(part => !shown.includes(part) && part.dataset.name);
    if (dropped.length) {
      const last = lines.findLastIndex(line => line.querySelector(".formula-row"));
      lines.splice(last + 1, 0, make("block also", `<p>Also in this chapter: ${dropped.map(part => part.dataset.name).join(", ")}.</p>`));
    }
    main.replaceChildren(...lines);
    for (const part of formulas(shown)) {
      const formula = part.querySelector(".katex"), inside = part.querySelector(".katex-display").clientWidth;
      const width = formula.getBoundingClientRect().width;
      if (width > inside) formula.style.fontSize = `${parseFloat(getComputedStyle(formula).fontSize) * inside / width * 0.99}px`;
    }
    const sheets = [make("sheet"), make("sheet")];
    main.replaceChildren(...sheets);
    let now = 0, bottom = 0;
    for (const line of lines) {
      sheets[now].append(line);
      const limit = sheets[now].clientHeight - 8 / 25.4 * 96;
      if (line.getBoundingClientRect().bottom - sheets[now].getBoundingClientRect().top > limit) {
        if (now) return null;
        sheets[++now].append(line);
        if (line.getBoundingClientRect().height > limit) return null;
      }
    }
    return sheets;
  };

  // The largest of the numbers from low to high for which something holds, if it holds for all smaller ones.
  const last = (low, high, holds) => {
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (holds(middle)) low = middle; else high = middle - 1;
    }
    return low;
  };

  const worth = part => Number(part.dataset.drop);  // the higher, the sooner left out; 0 stays
  const ranked = parts.filter(worth).sort((a, b) => worth(a) - worth(b));  // what stays longest comes first
  const without = some => parts.filter(part => !some.includes(part));
  const kept = last(0, ranked.length, number => arrange(without(ranked.slice(number)), least));
  let left = ranked.slice(kept);
  if (!arrange(without(left), least)) return {error: "too much for two pages"};
  for (const part of left)  // what comes later in the ranking may still fit into a gap
    if (arrange(without(left.filter(each => each !== part)), least)) left = left.filter(each => each !== part);
  const shown = without(left), step = 0.125;
  const size = least + step * last(0, (largest - least) / step, steps => arrange(shown, least + step * steps));
  const sheets = arrange(shown, size);
  const used = sheets.map(sheet => {
    const last = sheet.lastElementChild;
    return last ? (last.getBoundingClientRect().bottom - sheet.getBoundingClientRect().top) / (sheet.clientHeight - 30) : 0;
  });
  if (used[1] < 0.9) sheets[1].append(make("block notes", "<h2>Notes</h2><div></div>"));
  sheets.forEach((sheet, i) => sheet.append(make("foot", `<span>${main.dataset.foot}</span><span>${i + 1} of 2</span>`)));
  const wide = [...main.querySelectorAll("*")].filter(each =>
    !each.closest("svg") && each.getBoundingClientRect().right > main.getBoundingClientRect().right + 2);
  return {size, used, dropped: parts.length - shown.length, wide: wide.map(each => each.textContent.slice(0, 60)).slice(0, 5)};
}
