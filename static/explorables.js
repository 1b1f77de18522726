// Starts the explorables of a page when they come near the screen. Without it, their still figures stand.

const folder = document.currentScript.src.replace(/[^/]*$/, "explorables/");

// What a module asks of its model, as anywidget has it in JupyterLab; here nobody else listens.
class State {
  constructor(values) {
    this.values = values;
    this.listeners = {};
  }
  get(key) {
    return this.values[key];
  }
  set(key, value) {
    this.values[key] = value;
  }
  on(event, listener) {
    (this.listeners[event] ??= []).push(listener);
  }
  off(event, listener) {
    this.listeners[event] = (this.listeners[event] ?? []).filter((each) => listener && each !== listener);
  }
  save_changes() {}
}

const loading = {};

function load(name) {
  loading[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src: `${folder}${name}.js`, async: false, onload: resolve, onerror: reject }); // in order
    document.head.append(script);
  });
  return loading[name];
}

async function start(place) {
  try {
    const scripts = place.dataset.scripts.split(" ");
    await Promise.all(scripts.map(load));
    const state = JSON.parse(place.querySelector("script").textContent);
    globalThis.explorables[scripts.at(-1)].default.render({ model: new State(state), el: place });
    place.classList.add("started");
  } catch (error) {
    place.classList.add("failed"); // the still figure comes back
    place.replaceChildren();
    console.error(error);
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      start(target);
    }
  },
  { rootMargin: "600px" },
);
document.querySelectorAll(".explorable").forEach((place) => near.observe(place));
