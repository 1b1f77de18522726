/* Starts reveal.js. A slide is 1280 x 720; keys do everything (? lists them), S opens the speaker's window. */
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
