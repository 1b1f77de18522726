// The teaching view of a chapter: larger type, one section at a time, nothing revealed before it is asked for.
// Arrow keys go on and back; a presenter's PageDown and PageUp scroll first; B makes the wall black; Escape leaves.
// page.html?teach#section opens it at a section, page.html?teach#fig-regions at a figure.

(() => {
  // From a teacher's plan the figures and results, too, open in large type.
  const planned = '.plan a:is([href*=".html#fig-"], [href*=".html#equation-"])';
  for (const link of document.querySelectorAll(planned)) link.search = "?teach";

  const button = document.querySelector(".teach");
  if (!button) return;
  const root = document.documentElement, article = document.querySelector("article");
  const SIZES = [1.2, 1.4, 1.65, 2];

  // A step is what stands under one heading, or one exercise, cut into pieces: each but the last ends with a question
  // to predict.
  const steps = [];
  const isExercise = node => node.matches("p") && /^\d+\./.test(node.querySelector(":scope > strong:first-child")?.textContent);

  function collect(section) {
    let step = null;
    for (const node of section.children) {
      if (node.matches("section")) {
        collect(node);
      } else if (isExercise(node) || (/^H[1-6]$/.test(node.tagName) && !joined(steps.at(-1), node))) {
        step = { heading: node, pieces: [[node]] };
        steps.push(step);
      } else {
        step ??= steps.at(-1);
        step?.pieces.at(-1).push(node);
        if (step && node.matches(".predict")) step.pieces.push([]);
      }
    }
  }

  // A heading directly under another one is shown with it.
  function joined(step, heading) {
    const alone = step?.pieces.length === 1 && step.pieces[0].every(node => /^(H[1-6]|SPAN)$/.test(node.tagName));
    if (alone) step.pieces[0].push(heading);
    return alone;
  }

  let now = 0, shown = 0; // the step, and how many of its pieces are shown beyond the first
  let bar = null;
  let brought = null; // the question that a key has brought into sight
  let size = null; // of the type, an index into SIZES, once it was chosen

  const question = (step, piece) => steps[step].pieces[piece].at(-1);
  const answer = (step, piece) => question(step, piece)?.querySelector("details");
  const pending = () => shown < steps[now].pieces.length - 1;
  const room = () => bar.getBoundingClientRect().top;
  const TOP = 40; // what begins above it is in sight as far as it can be

  // Below the window nobody has read the question yet.
  function unread() {
    if (!pending() || brought === question(now, shown)) return false;
    const { top, bottom } = question(now, shown).getBoundingClientRect();
    return bottom > room() + 1 && top > TOP;
  }
  const nameOf = ({ heading }) => {
    const copy = (isExercise(heading) ? heading.firstElementChild : heading).cloneNode(true);
    copy.querySelectorAll(".headerlink, .katex-mathml").forEach(node => node.remove());
    return copy.textContent.trim();
  };
  const smooth = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth");

  function draw(id = steps[now].heading.closest("section").id) {
    steps.forEach((step, i) =>
      step.pieces.forEach((nodes, j) =>
        nodes.forEach(node => node.classList.toggle("off-stage", i !== now || j > shown))));
    bar.querySelector("p").textContent = `${nameOf(steps[now])} · ${now + 1} of ${steps.length}`;
    const [back, on] = bar.querySelectorAll("button");
    back.disabled = now === 0 && shown === 0;
    on.disabled = now === steps.length - 1 && !pending() && !document.querySelector(".next-page");
    label();
    history.replaceState(null, "", `${location.pathname}?teach#${id}`);
    reachable();
    dispatchEvent(new Event("resize")); // figures that are drawn to the width of their place
  }

  function label() {
    const word = unread() ? "Question" : pending() ? "Reveal" : now === steps.length - 1 ? "Next page" : "Next";
    bar.querySelectorAll("button")[1].textContent = word;
  }

  // Into sight as a whole, or from its beginning.
  function bring(place, block, behavior = smooth()) {
    place.scrollIntoView({ block: place.getBoundingClientRect().height > room() - TOP ? "start" : block, behavior });
  }

  function go(step, pieces = 0, id = undefined) {
    now = step;
    shown = pieces;
    brought = null;
    draw(id);
    scrollTo({ top: 0, behavior: "instant" });
    steps[now].heading.focus({ preventScroll: true });
  }

  function reveal() {
    shown += 1;
    const details = answer(now, shown - 1);
    if (details) details.open = true;
    draw();
    question(now, shown - 1).scrollIntoView({ block: "start", behavior: smooth() });
  }

  function onward() {
    if (unread()) {
      brought = question(now, shown);
      bring(brought, "end");
      label();
    } else if (pending()) {
      reveal();
    } else if (now < steps.length - 1) {
      go(now + 1);
    } else {
      const next = document.querySelector(".next-page");
      if (next) location.href = `${next.href}?teach`;
    }
  }

  function back() {
    if (shown) {
      shown -= 1;
      const details = answer(now, shown);
      if (details) details.open = false;
      brought = question(now, shown);
      draw();
      bring(brought, "end");
    } else if (now) {
      go(now - 1, steps[now - 1].pieces.length - 1);
    }
  }

  // Where a place on the page is: [step, pieces that must be shown], or null. A section is where its heading is.
  function find(place) {
    const sought = place.matches("section") ? place.querySelector("h1, h2, h3, h4, h5, h6") : place;
    for (const [i, step] of steps.entries())
      for (const [j, nodes] of step.pieces.entries())
        if (nodes.some(node => node.contains(sought))) return [i, j];
    return null;
  }

  function show(place) {
    const found = place && find(place);
    if (!found) return;
    go(...found, place.id); // which is also where a browser scrolls to, once all is loaded
    if (!place.matches("section")) bring(place, "center", "instant");
  }

  // A browser that keeps nothing refuses to be asked.
  function kept(value) {
    try {
      return value === undefined ? localStorage.getItem("teaching-size") : localStorage.setItem("teaching-size", value);
    } catch {
      return null;
    }
  }

  function resize(by) {
    const usual = innerWidth < 800 ? 0 : 1;
    size = Math.min(Math.max(Number(size ?? kept() ?? usual) + by, 0), SIZES.length - 1);
    if (by) kept(size);
    root.style.setProperty("--teaching-size", SIZES[size]);
    reachable();
    dispatchEvent(new Event("resize"));
  }

  function makeBar() {
    bar = document.createElement("nav");
    bar.className = "teaching-bar";
    bar.setAttribute("aria-label", "Teaching view");
    bar.innerHTML =
      '<button type="button">Back</button><p aria-live="polite"></p><button type="button">Next</button>' +
      '<button type="button" aria-label="Smaller type">A−</button><button type="button" aria-label="Larger type">A+</button>' +
      '<button type="button">Leave</button>';
    const acts = [back, onward, () => resize(-1), () => resize(1), leave];
    bar.querySelectorAll("button").forEach((each, i) => each.addEventListener("click", acts[i]));
    document.body.append(bar);
  }

  function enter(place) {
    if (!steps.length) article.querySelectorAll(":scope > section").forEach(collect);
    if (!bar) makeBar();
    for (const { heading } of steps) heading.tabIndex = -1; // the focus goes along
    article.querySelectorAll("details[open]").forEach(details => (details.open = false));
    root.classList.add("teaching");
    resize(0);
    const above = steps.findLastIndex(({ heading }) => heading.getBoundingClientRect().top < 120);
    go(Math.max(0, above));
    if (place) show(place);
  }

  function leave() {
    const { heading } = steps[now];
    root.classList.remove("teaching", "black");
    article.querySelectorAll(".off-stage").forEach(node => node.classList.remove("off-stage"));
    for (const step of steps) step.heading.removeAttribute("tabindex");
    bar.remove();
    bar = null;
    const section = heading.closest("section");
    history.replaceState(null, "", `${location.pathname}#${section.id}`);
    dispatchEvent(new Event("resize"));
    scrollTo({ top: heading.getBoundingClientRect().top + scrollY - 80, behavior: "instant" }); // below a phone's header
    button.focus({ preventScroll: true });
  }

  // What has a use of its own for the keys keeps them.
  const OWN_KEYS = "input, select, textarea, [contenteditable], .explorable, [role=slider], [role=group][tabindex]";
  const atEnd = () => scrollY + innerHeight >= root.scrollHeight - 4;

  function key(event) {
    if (!bar || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (root.classList.contains("black")) { // any key brings the page back, and does nothing else
      root.classList.remove("black");
      return event.preventDefault();
    }
    if (event.key === "Escape") return leave();
    if (event.target.closest(OWN_KEYS)) return;
    const act = {
      ArrowRight: onward,
      ArrowLeft: back,
      PageDown: atEnd() ? onward : null,
      PageUp: scrollY < 4 ? back : null,
      b: () => root.classList.add("black"),
      ".": () => root.classList.add("black"), // the black button of a presenter
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  button.addEventListener("click", () => enter());
  document.addEventListener("keydown", key);
  addEventListener("hashchange", () => bar && show(document.getElementById(decodeURIComponent(location.hash.slice(1)))));
  // an answer that is opened with the mouse shows what follows it
  article.addEventListener("toggle", ({ target }) => {
    if (bar && target.open && pending() && target === answer(now, shown)) reveal();
  }, true);
  addEventListener("scroll", () => bar && label(), { passive: true });
  // a link to another chapter stays in the view
  article.addEventListener("click", ({ target }) => {
    const link = bar && target.closest('a[href*=".html"]');
    if (!link || link.host !== location.host || link.pathname === location.pathname || link.search) return;
    link.search = "?teach";
    setTimeout(() => (link.search = ""));
  });
  addEventListener("DOMContentLoaded", () => {
    if (new URLSearchParams(location.search).has("teach"))
      enter(document.getElementById(decodeURIComponent(location.hash.slice(1))) ?? article.querySelector("section"));
  });
})();
