/* Starts reveal.js. A slide is 1280 x 720; keys do everything (? lists them), S opens the speaker's window. */

// A slide with little on it is written larger, a long equation smaller: both down to what the last row can read.
const SCALES = [1.25, 1.18, 1.1, 1.05, 1];
const SMALLEST_FORMULA = 22;

function fit(slide) {
  const body = slide.querySelector(".body");
  if (!body) return;
  const wide = [...body.querySelectorAll(".formula, pre, .table, .text")];
  const tooWide = box => box.scrollWidth > box.clientWidth + 1;
  for (const scale of body.querySelector("figure") ? [1] : SCALES) {
    body.style.setProperty("--scale", scale);
    if (body.scrollHeight <= body.clientHeight && !wide.some(tooWide)) return;
  }
  for (const formula of wide.filter(box => box.matches(".formula") && tooWide(box))) {
    const size = parseFloat(getComputedStyle(formula).fontSize);
    const fitting = Math.floor((size * formula.clientWidth) / formula.scrollWidth);
    formula.style.fontSize = `${Math.max(SMALLEST_FORMULA, fitting)}px`;
  }
}
const fitAll = () => document.querySelectorAll(".slides section").forEach(fit);

Reveal.on("ready", event => document.fonts.ready.then(() => fit(event.currentSlide)));
Reveal.on("slidechanged", event => fit(event.currentSlide));
Reveal.on("pdf-ready", fitAll);
Reveal.initialize({
  plugins: [RevealNotes],
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  display: "flex",
  controls: false,
  progress: true,
  hash: true,
  overview: true,
  transition: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "fade",
  transitionSpeed: "fast",
  pdfSeparateFragments: false,
  pdfMaxPagesPerSlide: 1,
});
