// Before the first paint. A script further down opens a tab; until then none is seen, so none jumps.
document.documentElement.classList.add("deciding");
window.addEventListener("load", () => document.documentElement.classList.remove("deciding"));
