// The search page: Sphinx's own search, and before it what the book names: results, definitions, figures, words.

const SHOWN = 8; // of the named things at first
const WORTH = { Definition: 3, Result: 3, Glossary: 2, Question: 0, Figure: 0, Quoted: -3 };

let named = [];
function bookNamed(items) {
  const words = (text) => splitQuery(text.toLowerCase());
  const stems = (text) => words(text).filter((word) => !stopwords.includes(word)).map(stem);
  named = items.map(([name, kind, number, page, anchor, title, text], order) => ({
    order, name, kind, number, page, anchor, title,
    label: anchor.replace("equation-", "").replaceAll("-", " "),
    inName: stems(name), inText: words(text).map(stem), inTitle: stems(title), plain: `${name} ${text}`.toLowerCase(),
  }));
}

const stemmer = new Stemmer();
function stem(word) {
  return stemmer.stemWord(word);
}

// How well a thing fits the words of a query; 0 unless every word is found in it somewhere.
function fit(item, wanted, query) {
  let score = 0, hits = 0;
  for (const word of wanted) {
    const begins = (part) => word.length > 2 && part.startsWith(word);
    if (item.inName.includes(word)) score += 10, hits++;
    else if (item.inName.some(begins)) score += 6, hits++;
    else if (stem(item.kind.toLowerCase()) === word || item.number === word) score += 4;
    else if (item.inText.includes(word)) score += 3;
    else if (item.inText.some(begins)) score += 2;
    else if (item.inTitle.includes(word)) score += 1;
    else return 0;
  }
  score += (10 * hits) / item.inName.length + (5 * wanted.length) / (item.inText.length + 5);
  if (item.name.toLowerCase().includes(query)) score += 10;
  else if (item.plain.includes(query)) score += 3;
  if ([query, `${item.kind.toLowerCase()} ${query}`].includes(item.label)) score += 20;
  else if (item.label.endsWith(` ${query}`)) score += 8;
  return score + WORTH[item.kind];
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

// The best first; a definition that several chapters repeat is one entry with several places.
function findNamed(query) {
  const words = query.toLowerCase().match(/\d+\.\d+|[\p{Letter}\p{Number}]+/gu) ?? [];
  const telling = words.filter((word) => !stopwords.includes(word));
  const wanted = (telling.length ? telling : words).map(stem);
  if (!wanted.length) return [];
  const found = named
    .map((item) => ({ ...item, score: fit(item, wanted, query.toLowerCase().trim()) }))
    .filter((item) => item.score > 0)
    .sort((a, b) => b.score - a.score);
  const groups = groupBy(found, (item) => `${item.kind} ${item.name}`);
  return [...groups.values()].map((group) => {
    const [first, ...places] = group.sort((a, b) => a.order - b.order);
    return { ...first, places };
  });
}

const element = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
const addressOf = (item) => `${document.documentElement.dataset.content_root}${item.page}.html#${item.anchor}`;

function entry(item) {
  const line = element("li", "found");
  const link = element("a", "", item.name);
  link.href = addressOf(item);
  const place = element("p", "found-place", `${item.kind} ${item.number}`.trim() + ` · ${item.title}`);
  line.append(link, place);
  if (item.places.length) {
    place.append(" · also ");
    item.places.forEach((other, i) => {
      const also = element("a", "", other.number || other.title);
      also.href = addressOf(other);
      place.append(i ? ", " : "", also);
    });
  }
  if (item.anchor.startsWith("equation-")) {
    const formula = element("div", "found-formula equation-body");
    line.append(formula);
    loadPreviews(item.page).then((equations) => {
      formula.innerHTML = equations[item.anchor]?.[2] ?? "";
      dispatchEvent(new Event("resize")); // book.js makes what scrolls sideways reachable
    });
  }
  return line;
}

function list(heading, items, append) {
  const box = document.getElementById("search-results");
  const out = element("ol", "search");
  box.append(element("h2", "", heading), out);
  items.slice(0, SHOWN).forEach((item) => append(out, item));
  if (items.length <= SHOWN) return;
  const more = element("button", "more", `Show ${items.length - SHOWN} more`);
  more.type = "button";
  more.addEventListener("click", () => {
    items.slice(SHOWN).forEach((item) => append(out, item));
    out.children[SHOWN].querySelector("a").focus();
    more.remove();
  });
  box.append(more);
}

const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

Search.performSearch = (query) => {
  document.title = `${query} – ${document.title}`;
  if (Search.hasIndex()) Search.query(query);
  else Search.deferQuery(query);
};

Search.query = (query) => {
  const found = findNamed(query);
  const [, searchTerms, excluded, highlight, objects] = Search._parseQuery(query);
  const pages = Search._performSearch(query, searchTerms, excluded, highlight, objects).reverse();
  if (found.length) list("Results, definitions, figures and words", found, (out, item) => out.append(entry(item)));
  if (pages.length)
    list("Pages, sections and functions", pages, (out, item) => {
      Search.output = out;
      _displayItem(item, searchTerms, highlight);
    });
  document.getElementById("search-status").textContent =
    found.length + pages.length === 0
      ? `Nothing was found for “${query}”. Fewer words, or other ones, may help.`
      : `Found for “${query}”: ${count(found.length, "result, definition, figure or word", "results, definitions, figures and words")}, ` +
        `and ${count(pages.length, "page or section", "pages and sections")}.`;
};
