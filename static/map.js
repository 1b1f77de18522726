// On the map of the results: light up what a row rests on, and what rests on it.

const rows = new Map([...document.querySelectorAll(".map > li")].map((row) => [row.id.slice(4), row]));
const parents = new Map([...rows].map(([name, row]) => [name, row.dataset.on.split(" ").filter(Boolean)]));
const users = new Map([...rows.keys()].map((name) => [name, new Set()]));
for (const [name, above] of parents) for (const parent of above) users.get(parent).add(name);

function reached(name, next, found = new Set()) {
  for (const other of next.get(name)) {
    if (found.has(other)) continue;
    found.add(other);
    reached(other, next, found);
  }
  return found;
}

function light(name) {
  for (const lit of document.querySelectorAll(".map .above, .map .below, .map .self, .map .lit"))
    lit.classList.remove("above", "below", "self", "lit");
  document.body.classList.toggle("map-lit", Boolean(name));
  if (!name) return;
  const above = reached(name, parents), below = reached(name, users);
  rows.get(name).classList.add("self");
  for (const other of above) rows.get(other).classList.add("above");
  for (const other of below) rows.get(other).classList.add("below");
  // A rail shines from its row down to the last row that shines with it.
  const up = new Set([name, ...above]), down = new Set([name, ...below]);
  for (const other of new Set([...up, ...down])) {
    const shines = (user) => (up.has(other) && up.has(user)) || (down.has(other) && down.has(user));
    const all = [...rows.get(other).parentElement.children];
    const ends = [...users.get(other)].filter(shines).map((user) => all.indexOf(rows.get(user)));
    const from = all.indexOf(rows.get(other)), to = Math.max(-1, ...ends);
    for (let i = from; i <= to; i++)
      for (const part of all[i].querySelectorAll(`[data-of="${other}"]`))
        if (!part.classList.contains("joint") || shines(all[i].id.slice(4))) part.classList.add("lit");
  }
}

const rowOf = (target) => target.closest?.(".map > li")?.id.slice(4);
for (const map of document.querySelectorAll(".map")) {
  map.addEventListener("pointerover", (event) => light(rowOf(event.target)));
  map.addEventListener("pointerleave", () => light(rowOf(document.activeElement)));
  map.addEventListener("focusin", (event) => light(rowOf(event.target)));
  map.addEventListener("focusout", () => light(null));
}
