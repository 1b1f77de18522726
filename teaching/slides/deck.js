/* Starts reveal.js. A slide is 1280 x 720; keys do everything (? lists them), S opens the speaker's window. */

// A slide with little on it is written larger; a long equation or output smaller, down to what the last row can read.
const SCALES = [1.25, 1.18, 1.1, 1.05, 1, 0.95];
const SMALLEST = 20;

function fit(slide) {
  const body = slide.querySelector(".body");
  if (!body) return;
  const scale = factor => body.style.setProperty("--scale", factor);
  const tooWide = box => box.scrollWidth > box.clientWidth + 1;
  const boxes = [...body.querySelectorAll(".formula, pre, .table, .text")];
  boxes.forEach(box => box.style.removeProperty("font-size"));
  scale(1);
  const long = boxes.filter(box => box.matches(".formula, pre") && tooWide(box));
  const others = boxes.filter(box => !long.some(inner => box.contains(inner)));
  const fits = () => body.scrollHeight <= body.clientHeight && !others.some(tooWide);
  for (const factor of body.querySelector("figure") ? [1] : SCALES) {
    scale(factor);
    if (fits()) break;
  }
  for (const box of long) {
    const size = parseFloat(getComputedStyle(box).fontSize);
    box.style.fontSize = `${Math.max(SMALLEST, Math.floor((size * box.clientWidth) / box.scrollWidth))}px`;
  }
}

Reveal.on("ready", event => fit(event.currentSlide));
Reveal.on("slidechanged", event => fit(event.currentSlide));
Reveal.on("pdf-ready", () => document.querySelectorAll(".slides section").forEach(fit));

const settings = {
  plugins: [RevealNotes],
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  controls: false,
  progress: true,
  hash: true,
  overview: true,
  transition: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "fade",
  transitionSpeed: "fast",
  pdfSeparateFragments: false,
  pdfMaxPagesPerSlide: 1,
};
// only with its fonts does a slide have its size
Promise.allSettled([...document.fonts].map(font => font.load())).then(() => Reveal.initialize(settings));
