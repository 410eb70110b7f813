// What is wrong with the page as it stands, as sentences. The rules of tests/e2e/screens.
const said = (element) => {
  const name = element.id ? `#${element.id}` : `.${[...element.classList].join(".")}`;
  const text = (element.innerText || element.value || "").trim().slice(0, 30);
  return `<${element.localName}${name.length > 1 ? name : ""}> “${text}”`;
};
const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
const isForEars = (element, style) =>
  style.clipPath !== "none" || style.clip !== "auto" || element.offsetWidth <= 1;

window.rules = {
  wide() {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const over = [...document.body.querySelectorAll("*")].filter(
      (each) => isShown(each) && each.getBoundingClientRect().right > root.clientWidth + 1);
    return [`the page scrolls sideways: ${root.scrollWidth} px, ${over.slice(-1).map(said)}`];
  },

  clipped() {
    const found = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      const inside = text.parentElement;
      if (!text.data.trim() || !isShown(inside) || inside.closest("[title], svg, option")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const { left, right, top, bottom } = range.getBoundingClientRect();
      for (let box = inside; box && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (isForEars(box, style) || ["auto", "scroll"].includes(style.overflowX)) break;
        const edge = box.getBoundingClientRect();
        const hides = (way) => ["hidden", "clip"].includes(way);
        const isCut = (hides(style.overflowX) && (right > edge.right + 1 || left < edge.left - 1
          || box.scrollWidth > box.clientWidth + 1 && box === inside))
          || (hides(style.overflowY) && (bottom > edge.bottom + 2 || top < edge.top - 2));
        if (isCut) found.add(`clipped without a title: ${said(inside)}`);
        if (isCut || style.position === "fixed") break;
      }
    }
    return [...found];
  },

  isUnder: (element) => Boolean(coverOf(element)),

  // Each can be seen to have the focus, and nothing lies over it. A key was pressed before.
  focus() {
    document.activeElement.blur();
    const found = [];
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after { transition: none !important; }");
    document.adoptedStyleSheets.push(still);
    const looks = (element) => [null, "::before", "::after"].map((part) => {
      const style = getComputedStyle(element, part);
      const outline = style.outlineStyle === "none" ? "" : style.outline;
      return [outline, style.boxShadow, style.borderColor, style.backgroundColor].join();
    }).join();
    const near = (element) => [element, element.parentElement, element.parentElement?.parentElement,
      element.nextElementSibling, ...(element.labels ?? [])].filter(Boolean);
    const all = document.querySelectorAll(
      "a[href], button, input, select, textarea, summary, [tabindex='0'], audio[controls]");
    for (const each of [...all].slice(0, 150)) {
      if (each.disabled || each.tabIndex < 0 || each.type === "hidden" || !isShown(each)) continue;
      const before = near(each).map(looks).join();
      each.focus();
      if (document.activeElement !== each) continue;
      if (near(each).map(looks).join() === before) found.push(`no sign of the focus: ${said(each)}`);
      const cover = coverOf(each);
      if (cover) found.push(`the focus is under ${said(cover)}: ${said(each)}`);
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
    document.adoptedStyleSheets.pop();
    return found;
  },
};

function coverOf(element) {
  const box = element.getBoundingClientRect();
  if (box.height > innerHeight / 2 || isForEars(element, getComputedStyle(element))) return null;
  const places = [[0.1, 0.15], [0.5, 0.5], [0.9, 0.85]];
  // Of a text area a browser scrolls to where the caret is.
  for (const [across, down] of element.localName === "textarea" ? places.slice(0, 1) : places) {
    const at = document.elementFromPoint(box.left + box.width * across, box.top + box.height * down);
    for (let over = at; over && !over.contains(element); over = over.parentElement) {
      if (["fixed", "sticky"].includes(getComputedStyle(over).position)) return over;
    }
  }
  return null;
}
