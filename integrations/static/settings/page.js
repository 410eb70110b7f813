// On every page: copying, filters, and where the navigation stands.

// Copies the text in data-copy, and says so in words for a moment.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await write(button.dataset.copy.trim());
  const label = button.querySelector("[data-label]") || button;
  if (button.classList.contains("copied")) return;
  const words = label.innerHTML;
  label.textContent = button.dataset.copied;
  button.classList.add("copied");
  status().textContent = button.dataset.copied;
  setTimeout(() => {
    label.innerHTML = words;
    button.classList.remove("copied");
    status().textContent = "";
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

function status() {
  let region = document.getElementById("copy-status");
  if (!region) {
    region = document.body.appendChild(document.createElement("p"));
    region.id = "copy-status";
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
  }
  return region;
}

// A filter closes when the reader goes on elsewhere; without this file all stay open.
for (const filter of document.querySelectorAll("details.filter")) {
  filter.open = false;
  document.addEventListener("click", (event) => { if (!filter.contains(event.target)) filter.open = false; });
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    filter.open = false;
    filter.querySelector("summary").focus();
  });
}

// On a phone the navigation is one line to swipe: the current page is brought into it.
document.querySelector(".side-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// On a phone the head of a list is out of sight: each cell says itself what it is.
const heads = [...document.querySelectorAll("#result_list thead th")].map((head) => head.innerText.trim());
for (const row of document.querySelectorAll("#result_list tbody tr")) {
  [...row.cells].forEach((cell, column) => { cell.dataset.column = heads[column] || ""; });
}
