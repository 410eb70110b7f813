// Available and selected hostnames, over the plain multiple select that is there without this file.
for (const widget of document.querySelectorAll("[data-two-lists]")) {
  const select = widget.querySelector("select");
  const words = widget.dataset;
  const sides = [...widget.querySelectorAll("[data-side]")].map((half) => ({
    half,
    isSelected: half.dataset.side === "selected",
    list: half.querySelector("[role=listbox]"),
    filter: half.querySelector("[data-filter]"),
    active: 0,
  }));

  const rowsOf = (side) => {
    const wanted = side.filter.value.trim().toLowerCase();
    const options = [...select.options].filter((option) => option.selected === side.isSelected);
    return { all: options, shown: options.filter((option) => option.dataset.hostname.toLowerCase().includes(wanted)) };
  };

  function draw(side) {
    const { all, shown } = rowsOf(side);
    side.active = Math.max(0, Math.min(side.active, shown.length - 1));
    side.list.replaceChildren(...shown.map((option, index) => item(side, option, index)));
    if (!shown.length) side.list.append(nothing(side, all.length));
    side.half.querySelector("[data-count]").textContent = `(${all.filter((option) => !option.disabled).length})`;
    side.half.querySelector("[data-all]").hidden = !shown.some((option) => !option.disabled);
    mark(side);
  }

  function item(side, option, index) {
    const row = document.createElement("li");
    row.id = `${side.list.id}-${index}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", side.isSelected);
    row.append(option.dataset.hostname);
    if (option.disabled) {
      row.setAttribute("aria-disabled", "true");
      row.append(Object.assign(document.createElement("small"), { textContent: `${words.usedBy} ${option.dataset.taker}` }));
    }
    row.addEventListener("click", () => { side.active = index; move(side, [option]); });
    return row;
  }

  function nothing(side, known) {
    const text = known ? words.noMatch : side.isSelected ? words.noneSelected : words.noneAvailable;
    const row = Object.assign(document.createElement("li"), { className: "nothing", textContent: text });
    row.setAttribute("role", "option");
    row.setAttribute("aria-disabled", "true");
    return row;
  }

  function mark(side) {
    const rows = [...side.list.querySelectorAll("li[id]")];
    rows.forEach((row, index) => row.classList.toggle("active", index === side.active));
    const active = rows[side.active];
    if (!active) return side.list.removeAttribute("aria-activedescendant");
    side.list.setAttribute("aria-activedescendant", active.id);
    if (document.activeElement === side.list) active.scrollIntoView({ block: "nearest" });
  }

  function move(side, options) {
    const movable = options.filter((option) => !option.disabled);
    for (const option of movable) option.selected = !side.isSelected;
    sides.forEach(draw);
    if (!movable.length) return;
    const names = movable.length === 1 ? movable[0].dataset.hostname : movable.length;
    widget.querySelector("[data-announce]").textContent = `${names} ${side.isSelected ? words.movedOut : words.movedIn}`;
  }

  for (const side of sides) {
    side.filter.addEventListener("input", () => draw(side));
    side.filter.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    side.half.querySelector("[data-all]").addEventListener("click", () => move(side, rowsOf(side).shown));
    side.list.addEventListener("keydown", (event) => {
      const shown = rowsOf(side).shown;
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
  select.hidden = true;
  widget.querySelector(".lists").hidden = false;
}
