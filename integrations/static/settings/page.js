// On every page: copying, filters, and where the navigation stands.

// Read aloud when its words change, therefore here before them.
const said = document.body.appendChild(document.createElement("p"));
said.className = "visually-hidden";
said.setAttribute("role", "status");

// Copies the text in data-copy, or what is at data-copy-from, and says so in words for a moment.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const { copy, copyFrom } = button.dataset;
  await write((copy ?? (await (await fetch(copyFrom)).text())).trim());
  const label = button.querySelector("[data-label]") || button;
  if (button.classList.contains("copied")) return;
  const words = label.innerHTML;
  label.textContent = button.dataset.copied;
  button.classList.add("copied");
  said.textContent = button.dataset.copied;
  setTimeout(() => {
    label.innerHTML = words;
    button.classList.remove("copied");
    said.textContent = "";
  }, 1800);
});

async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.body.appendChild(document.createElement("textarea")); // plain http
  area.value = text;
  area.select();
  document.execCommand("copy");
  area.remove();
}

// A filter closes when the reader goes on elsewhere; without this file all stay open.
function closeFilters(but = null) {
  for (const filter of document.querySelectorAll("details.filter[open]")) {
    if (filter !== but) filter.open = false;
  }
}
document.addEventListener("click", (event) => closeFilters(event.target.closest("details.filter")));
document.addEventListener("list:found", () => closeFilters());
document.addEventListener("keydown", (event) => {
  const filter = event.target.closest("details.filter[open]");
  if (event.key !== "Escape" || !filter) return;
  filter.open = false;
  filter.querySelector("summary").focus();
});
closeFilters();
document.documentElement.classList.add("started");

// On a phone the navigation is one line to swipe: the current page is brought into it.
document.querySelector(".side-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
