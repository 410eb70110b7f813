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
