// Tabs after the WAI-ARIA pattern. The open one is in the URL; without this file all parts show.
const root = document.querySelector("[data-tabs]");
const list = root.querySelector("[role=tablist]");
const tabs = [...list.querySelectorAll("[role=tab]")];
const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
const named = (name) => tabs.find((tab) => tab.dataset.name === name);

function open(tab, { focus = false, remember = true } = {}) {
  for (const each of tabs) {
    const isOpen = each === tab;
    each.setAttribute("aria-selected", isOpen);
    each.tabIndex = isOpen ? 0 : -1;
    panelOf(each).hidden = !isOpen;
  }
  document.querySelector("[data-current-tab]").value = tab.dataset.name;
  if (remember) history.replaceState(null, "", `#${tab.dataset.name}`);
  if (focus) tab.focus();
}

list.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) open(tab);
});
list.addEventListener("keydown", (event) => {
  const at = tabs.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  open(tabs[(to + tabs.length) % tabs.length], { focus: true });
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-open-tab]");
  const tab = link && named(link.dataset.openTab);
  if (!tab) return;
  event.preventDefault();
  open(tab, { focus: true });
});
window.addEventListener("hashchange", () => {
  const tab = named(location.hash.slice(1));
  if (tab) open(tab, { remember: false });
});

document.documentElement.classList.add("js-tabs");
const failed = tabs.find((tab) => "hasError" in tab.dataset);
const asked = named(location.hash.slice(1));
open(failed || asked || tabs[0], { remember: Boolean(failed) });
