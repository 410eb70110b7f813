// Before anything is painted: which tab the address asks for, so that nothing jumps when tabs.js
// takes over. Where that never comes, all parts show in the end.
{
  const page = document.documentElement;
  page.dataset.tab = location.hash.slice(1) || "general";
  window.addEventListener("load", () => {
    if (!page.classList.contains("js-tabs")) delete page.dataset.tab;
  });
}
