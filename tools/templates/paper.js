// Makes everything fit the width of the paper, by measuring; returns what does not fit all the same.
() => {
  const shrink = (element, room, least) => {
    for (let round = 0; round < 4; round++) {
      const width = element.scrollWidth;
      if (width <= room + 0.5) return;
      const size = parseFloat(getComputedStyle(element).fontSize);
      element.style.fontSize = `${Math.max(least, size * (room / width) * 0.995)}px`;
    }
  };
  // a formula on a line of its own
  for (const formula of document.querySelectorAll(".katex-display > .katex")) {
    formula.style.display = "inline-block";
    shrink(formula, formula.closest(".katex-display").parentElement.clientWidth - 2, 4);
    formula.style.display = "";
  }
  for (const table of document.querySelectorAll("article table")) shrink(table, table.parentElement.clientWidth, 6);
  // a line of code that is wrapped gets a mark in front of each further piece; one size serves the whole block
  for (const block of document.querySelectorAll("pre")) {
    const height = parseFloat(getComputedStyle(block).lineHeight), lines = [...block.querySelectorAll(".line")];
    if (lines.length > 45) block.closest(".output, .highlight")?.classList.add("long");
    for (const line of lines) {
      const further = () => Math.round(line.getBoundingClientRect().height / height) - 1;
      if (further() < 1) continue;
      line.classList.add("wrapped");  // its further pieces are indented
      line.dataset.marks = "\n↪".repeat(further());
    }
  }
  const found = [], edge = document.body.getBoundingClientRect().right;
  for (const element of document.querySelectorAll("article *")) {
    const box = element.getBoundingClientRect();
    if (box.width && box.right > edge + 2 && !element.closest("svg"))
      found.push(`${element.closest("article").id}: ${element.tagName}.${element.className} ${element.textContent.slice(0, 60)} (${Math.round(box.right - edge)} px)`);
  }
  return found;
}
