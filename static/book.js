// What a page gains when scripts run; every page reads well without.

// Anything that scrolls sideways can be reached and scrolled with the keyboard.
const SCROLLERS = ".equation-body, .highlight pre, .table-wrapper, .cell_output > .output";

function measure(box) {
  const wide = box.scrollWidth > box.clientWidth;
  if (wide === box.hasAttribute("tabindex")) return;
  if (wide) {
    const name = box.dataset.name || (box.matches("pre") ? "Code" : box.matches(".table-wrapper") ? "Table" : "Output");
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `${name}, scrolls sideways`);
  } else {
    for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
  }
}

// Measuring makes the browser lay out what it had left for later (content-visibility in book.css): a few boxes
// at a time, while nothing else is to do.
const whenIdle = window.requestIdleCallback ?? (work => setTimeout(work, 1));
let unmeasured = [];

function reachable(part = document) {
  const idle = unmeasured.length === 0;
  unmeasured = [...new Set([...unmeasured, ...part.querySelectorAll(SCROLLERS)])];
  if (idle && unmeasured.length) whenIdle(measureSome);
}

function measureSome() {
  const end = performance.now() + 5;
  while (unmeasured.length && performance.now() < end) measure(unmeasured.shift());
  if (unmeasured.length) whenIdle(measureSome);
}

// A button that copies a cell's code.
function copyButtons() {
  if (!navigator.clipboard) return;
  for (const code of document.querySelectorAll(".cell_input .highlight, .sd-summary-content .highlight")) {
    const button = document.createElement("button");
    button.className = "copy";
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.querySelector("pre").textContent.trimEnd());
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    code.classList.add("copyable");
    code.append(button);
  }
}

copyButtons();
addEventListener("load", () => reachable());
document.fonts?.addEventListener("loadingdone", () => reachable());  // the letters have another width now
addEventListener("resize", () => reachable());
document.addEventListener("toggle", event => reachable(event.target), true);
