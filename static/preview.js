// A card with the equation or figure that a link leads to, while the pointer rests on the link or the focus is there.
// Escape closes it, the pointer may move onto it, and nothing in it takes the focus.

// The equations of a page, as tools/finding.py left them; a script can be loaded from disk, where a fetch is refused.
const previews = new Map();
const requests = new Map();

function bookPreviews(page, equations) {
  previews.set(page, equations);
  requests.get(page)?.resolve(equations);
}

function loadPreviews(page) {
  if (previews.has(page)) return Promise.resolve(previews.get(page));
  if (!requests.has(page)) {
    const promise = {};
    promise.done = new Promise((resolve) => (promise.resolve = resolve));
    requests.set(page, promise);
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.content_root}_static/previews/${page.split("/").pop()}.js`;
    script.onerror = () => promise.resolve({});
    document.head.append(script);
  }
  return requests.get(page).done;
}

// [heading, HTML or node] for the target of a link, or null.
async function previewOf(link) {
  const anchor = decodeURIComponent(link.hash.slice(1));
  if (link.pathname === location.pathname) {
    const target = document.getElementById(anchor);
    const formula = target?.querySelector(".equation-body > *");
    if (formula) {
      const kind = target.querySelector(".equation-kind").firstChild.textContent.trim();
      return [`${kind} ${target.querySelector(".eqno").firstChild.textContent}`, formula.cloneNode(true)];
    }
    const image = target?.matches("figure") && target.querySelector("img");
    return image ? [target.querySelector(".caption-number")?.textContent ?? "Figure", image.cloneNode()] : null;
  }
  const page = link.pathname.match(/(chapters\/[^/]+)\.html$/)?.[1];
  const found = page && (await loadPreviews(page))[anchor];
  return found ? [`${found[0]} · ${found[1]}`, found[2]] : null;
}

function previewCards() {
  const LINKS = 'article a[href*="#equation-"]:not(.headerlink), article a[href*="#fig-"]:not(.headerlink)';
  const card = document.createElement("div");
  card.className = "preview";
  card.role = "tooltip";
  card.hidden = true;
  card.innerHTML = '<p class="preview-head" id="preview-head"></p><div class="preview-body"></div>';
  document.querySelector("article").append(card);
  let link = null, timer = 0;

  function hide() {
    clearTimeout(timer);
    link?.removeAttribute("aria-describedby");
    link = null;
    card.hidden = true;
  }

  async function show(wanted) {
    if (wanted === link) return;
    hide();
    link = wanted;
    const found = await previewOf(wanted);
    if (!found || link !== wanted) return;
    card.firstChild.textContent = found[0];
    card.lastChild.replaceChildren();
    typeof found[1] === "string" ? (card.lastChild.innerHTML = found[1]) : card.lastChild.append(found[1]);
    card.hidden = false;
    link.setAttribute("aria-describedby", "preview-head");
    const at = link.getClientRects()[0], size = card.getBoundingClientRect();
    const origin = card.offsetParent.getBoundingClientRect(), zoom = card.currentCSSZoom ?? 1; // of the teaching view
    if (link.closest(".map") && at.right + size.width + 60 < innerWidth) {
      // beside the name, so that the rows around it stay in sight
      card.style.left = `${(at.right + 40 - origin.left) / zoom}px`;
      card.style.top = `${(Math.max(8, at.top - size.height / 2) - origin.top) / zoom}px`;
      return;
    }
    const left = Math.min(Math.max(8, at.left), document.documentElement.clientWidth - size.width - 8);
    const below = at.bottom + size.height + 8 < innerHeight || at.top < size.height + 8;
    card.style.left = `${(left - origin.left) / zoom}px`;
    card.style.top = `${((below ? at.bottom + 2 : at.top - size.height - 2) - origin.top) / zoom}px`;
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const over = event.target.closest(LINKS);
    if (card.contains(event.target) || (over && over === link)) clearTimeout(timer);
    else if (over) {
      clearTimeout(timer);
      timer = setTimeout(show, 250, over);
    } else if (link !== document.activeElement) {
      clearTimeout(timer);
      timer = setTimeout(hide, 300); // time enough to reach the card
    }
  });
  document.addEventListener("focusin", (event) => {
    const focused = event.target.closest(LINKS);
    if (focused?.matches(":focus-visible")) show(focused);
    else if (!focused) hide();
  });
  document.addEventListener("focusout", (event) => event.target === link && hide());
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

if (matchMedia("(any-hover: hover)").matches) previewCards();
