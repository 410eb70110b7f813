// Available and selected hostnames, a page at a time; the two text areas carry what was moved.
for (const widget of document.querySelectorAll("[data-two-lists]")) {
  const words = widget.dataset;
  const pages = JSON.parse(widget.querySelector("[type='application/json']").textContent);
  const sides = [...widget.querySelectorAll("[data-side]")].map((half) => ({
    half,
    isSelected: half.dataset.side === "selected",
    page: pages[half.dataset.side],
    area: widget.querySelector(`[name$=_${half.dataset.side === "selected" ? "added" : "removed"}]`),
    arrived: new Map(), // from the other side, until the form is saved
    list: half.querySelector("[role=listbox]"),
    filter: half.querySelector("[data-filter]"),
    more: half.querySelector("[data-more]"),
    active: 0,
  }));
  for (const side of sides) {
    for (const name of side.area.value.split(/\s+/).filter(Boolean)) side.arrived.set(name, { name, shown: name });
  }
  const opposite = (side) => sides[side === sides[0] ? 1 : 0];

  function rowsOf(side) {
    const wanted = side.filter.value.trim().toLowerCase();
    const stayed = side.page.rows.filter((row) => !opposite(side).arrived.has(row.name) && !side.arrived.has(row.name));
    return [...side.arrived.values(), ...stayed].filter((row) => row.shown.toLowerCase().includes(wanted));
  }

  function draw(side) {
    const shown = rowsOf(side);
    const count = side.page.count + side.arrived.size - opposite(side).arrived.size;
    side.active = Math.max(0, Math.min(side.active, shown.length - 1));
    side.list.replaceChildren(...shown.map((row, index) => item(side, row, index)));
    if (!shown.length) side.list.append(nothing(side));
    side.half.querySelector("[data-count]").textContent = `(${count})`;
    side.half.querySelector("[data-all]").hidden = !shown.some((row) => !row.taker);
    side.more.hidden = !side.page.more;
    mark(side);
  }

  function item(side, row, index) {
    const line = document.createElement("li");
    line.id = `${side.list.id}-${index}`;
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", side.isSelected);
    line.append(row.shown);
    if (row.taker) {
      line.setAttribute("aria-disabled", "true");
      line.append(Object.assign(document.createElement("small"), { textContent: `${words.usedBy} ${row.taker}` }));
    }
    line.addEventListener("click", () => { side.active = index; move(side, [row]); });
    return line;
  }

  function nothing(side) {
    const text = side.filter.value ? words.noMatch : side.isSelected ? words.noneSelected : words.noneAvailable;
    const line = Object.assign(document.createElement("li"), { className: "nothing", textContent: text });
    line.setAttribute("role", "option");
    line.setAttribute("aria-disabled", "true");
    return line;
  }

  function mark(side) {
    const lines = [...side.list.querySelectorAll("li[id]")];
    lines.forEach((line, index) => line.classList.toggle("active", index === side.active));
    const active = lines[side.active];
    if (!active) return side.list.removeAttribute("aria-activedescendant");
    side.list.setAttribute("aria-activedescendant", active.id);
    if (document.activeElement === side.list) active.scrollIntoView({ block: "nearest" });
  }

  function move(side, rows) {
    const movable = rows.filter((row) => !row.taker);
    for (const row of movable) {
      if (!side.arrived.delete(row.name)) opposite(side).arrived.set(row.name, row);
    }
    for (const each of sides) {
      each.area.value = [...each.arrived.keys()].join("\n");
      draw(each);
    }
    if (!movable.length) return;
    const names = movable.length === 1 ? movable[0].shown : movable.length;
    widget.querySelector("[data-announce]").textContent = `${names} ${side.isSelected ? words.movedOut : words.movedIn}`;
  }

  async function load(side, { after = "" } = {}) {
    const wanted = side.filter.value.trim();
    const query = new URLSearchParams({ side: side.half.dataset.side, app: words.app, q: wanted, after });
    const answer = await fetch(`${words.url}?${query}`);
    if (!answer.ok || answer.redirected || wanted !== side.filter.value.trim()) return;
    const page = await answer.json();
    side.page = { ...page, rows: after ? [...side.page.rows, ...page.rows] : page.rows };
    draw(side);
  }

  for (const side of sides) {
    side.filter.addEventListener("input", () => { draw(side); load(side); });
    side.filter.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    side.more.addEventListener("click", () => load(side, { after: side.page.rows.at(-1).name }));
    side.half.querySelector("[data-all]").addEventListener("click", () => move(side, rowsOf(side)));
    side.list.addEventListener("keydown", (event) => {
      const shown = rowsOf(side);
      const to = { ArrowDown: side.active + 1, ArrowUp: side.active - 1, Home: 0, End: shown.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        side.active = Math.max(0, Math.min(to, shown.length - 1));
        mark(side);
      } else if ((event.key === "Enter" || event.key === " ") && shown.length) {
        event.preventDefault();
        move(side, [shown[side.active]]);
      }
    });
    draw(side);
  }
}
