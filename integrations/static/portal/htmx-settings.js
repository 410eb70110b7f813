// Before htmx looks at the page: nothing inline, which the Content-Security-Policy would refuse; no
// copies of pages in the browser's storage; and refusals are shown, because they are sentences.
Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "...", swap: true },
  ],
});

// What had the focus may be gone with what was replaced: the next Tab begins where it was.
let lost = "";
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  lost = target.contains(document.activeElement) ? target.id : "";
});
document.addEventListener("htmx:afterSettle", () => {
  const part = lost && document.activeElement === document.body && document.getElementById(lost);
  if (!part) return;
  part.tabIndex = -1;
  part.focus();
});
