// What a page gains when scripts run; every page reads well without.

// Anything that scrolls sideways can be reached and scrolled with the keyboard.
const SCROLLERS = ".equation-body, .highlight pre, .table-wrapper, .cell_output > .output";

function reachable() {
  for (const box of document.querySelectorAll(SCROLLERS)) {
    const wide = box.scrollWidth > box.clientWidth + 1;
    if (wide === box.hasAttribute("tabindex")) continue;
    if (wide) {
      const name = box.dataset.name || (box.matches("pre") ? "Code" : box.matches(".table-wrapper") ? "Table" : "Output");
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", `${name}, scrolls sideways`);
    } else {
      for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
    }
  }
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
reachable();
addEventListener("resize", reachable);
addEventListener("load", reachable);
document.addEventListener("toggle", reachable, true);
document.fonts?.ready.then(reachable);
