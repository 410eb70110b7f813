// Lists: found while typing, chosen row by row.
const list = document.getElementById("changelist");
const search = document.getElementById("changelist-search");

function drawSelection() {
  const bar = list.querySelector("[data-selection]");
  if (!bar) return;
  const boxes = [...list.querySelectorAll(".action-select")];
  const ticked = boxes.filter((box) => box.checked).length;
  const all = bar.querySelector("[data-all]");
  const isAcross = ticked === boxes.length && bar.querySelector("[name=select_across]").value === "1";
  const words = bar.querySelector("[data-count]");
  for (const box of boxes) box.closest("tr").classList.toggle("selected", box.checked);
  list.querySelector("#action-toggle").checked = ticked > 0 && ticked === boxes.length;
  bar.classList.toggle("shown", ticked > 0);
  if (all) all.hidden = isAcross || ticked < boxes.length;
  const shown = isAcross ? all.dataset.all : ticked;
  words.textContent = ticked === 1 ? words.dataset.one : words.dataset.many.replace("#", shown);
}

function choose(isChosen) {
  for (const box of list.querySelectorAll(".action-select")) box.checked = isChosen;
  across("0");
}

function across(value) {
  list.querySelector("[name=select_across]").value = value;
  drawSelection();
}

list.addEventListener("change", (event) => {
  if (event.target.id === "action-toggle") choose(event.target.checked);
  else if (event.target.classList.contains("action-select")) across("0");
});
list.addEventListener("click", (event) => {
  if (event.target.closest("[data-none]")) choose(false);
  else if (event.target.closest("[data-all]")) across("1");
});

let waiting;
let asked = search?.elements.q?.value;
async function find() {
  const query = new URLSearchParams(new FormData(search));
  const wanted = query.get("q").trim();
  if (wanted === asked) return;
  asked = wanted;
  const answer = await fetch(`?${query}`);
  if (!answer.ok || answer.redirected || wanted !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["changelist-form", "changelist-filter"]) {
    const found = page.getElementById(id);
    if (found) document.getElementById(id)?.replaceWith(document.adoptNode(found));
  }
  history.replaceState(null, "", `?${query}`);
  document.dispatchEvent(new Event("list:found"));
  drawSelection();
}
search?.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 250); });

drawSelection();
