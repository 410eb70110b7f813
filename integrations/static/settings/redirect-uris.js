// The redirect URIs are filtered while typing.
const finder = document.querySelector("[data-find]");
let pause;
let lastFound = finder?.value;
async function find() {
  const wanted = finder?.value;
  const query = new URLSearchParams(location.search);
  if (wanted !== undefined) query.set("find", wanted);
  if (wanted !== lastFound) query.delete("uris");
  lastFound = wanted;
  const answer = await fetch(`?${query}`);
  if (!answer.ok || answer.redirected || wanted !== finder?.value) return;
  const focused = document.activeElement.getAttribute("formaction");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["[data-returned]", "[data-found]"]) {
    document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  }
  if (focused) document.querySelector(`[formaction="${focused}"]`)?.focus();
}
finder?.addEventListener("input", (event) => {
  event.stopPropagation(); // not a change of the form
  clearTimeout(pause);
  pause = setTimeout(find, 250);
});
finder?.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });

// What a test link comes to is said here, too, where it was pressed.
const testing = document.querySelector("[data-test]");
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[formtarget=_blank]");
  if (button) watch(new URL("progress/", button.formAction), button.innerText.trim().split(/\s+/).pop());
});
let watched;
async function watch(url, hostname) {
  watched = url;
  for (let progress = "waiting"; progress === "waiting" && watched === url; ) {
    testing.hidden = false;
    testing.className = "message";
    testing.textContent = `${testing.dataset.waiting} ${hostname}`;
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected) return;
    ({ progress } = await answer.json());
    if (progress === "waiting" || watched !== url) continue;
    testing.className = `message ${progress === "worked" ? "success" : "error"}`;
    testing.textContent = `${testing.dataset[progress]} ${hostname}`;
    find();
  }
}
