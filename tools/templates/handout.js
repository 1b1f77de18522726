// Puts the parts of a handout on two sheets: the largest type with which all fit, then fewer parts.
([largest, least]) => {
  const main = document.querySelector("#handout"), parts = [...main.children];
  const isResult = part => part.matches(".result, .definition");
  const make = (kind, content = "") => Object.assign(document.createElement("div"), {className: kind, innerHTML: content});
  const fits = formula => formula.scrollWidth <= formula.clientWidth + 1;

  // Results go two to a row where they are narrow enough.
  const rows = shown => {
    const found = [];
    let title = "Definitions and results";
    for (const part of shown) {
      if (!isResult(part)) { found.push(part); continue; }
      const row = found.at(-1), narrow = part.dataset.width <= 0.5;
      if (narrow && row?.matches(".row.open")) { row.append(part); row.classList.remove("open"); continue; }
      const next = make(narrow ? "row open" : "row whole");
      next.append(part);
      found.push(next);
    }
    const first = found.findIndex(part => part.matches(".row"));
    if (first >= 0) {  // the heading stays with the first row
      const group = make("block", `<h2>${title}</h2>`);
      group.style.padding = 0;
      group.append(found[first]);
      found[first] = group;
    }
    return found;
  };

  const arrange = (shown, size) => {
    document.documentElement.style.fontSize = `${size}pt`;
    main.replaceChildren(...shown);
    const room = main.clientWidth;
    for (const part of shown.filter(isResult)) {
      const formula = part.querySelector(".katex");
      formula.style.fontSize = "";
      part.dataset.width = (formula.getBoundingClientRect().width + 2.2 * size) / room * 0.9;  // may shrink a little
    }
    const lines = rows(shown), dropped = parts.filter(part => !shown.includes(part) && part.dataset.name);
    if (dropped.length) {
      const last = lines.findLastIndex(line => line.matches(".row") || line.querySelector(":scope > .row"));
      lines.splice(last + 1, 0, make("block also", `<p>Also in this chapter: ${dropped.map(part => part.dataset.name).join(", ")}.</p>`));
    }
    main.replaceChildren(...lines);
    for (const part of shown.filter(isResult)) {
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

  let shown = parts;
  while (!arrange(shown, least)) {
    const droppable = shown.filter(part => Number(part.dataset.drop) > 0);
    if (!droppable.length) return {error: "too much for two pages"};
    const first = droppable.reduce((a, b) => (Number(b.dataset.drop) > Number(a.dataset.drop) ? b : a));
    shown = shown.filter(part => part !== first);
  }
  let size = least, sheets;
  while (size + 0.125 <= largest && arrange(shown, size + 0.125)) size += 0.125;
  sheets = arrange(shown, size);
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
