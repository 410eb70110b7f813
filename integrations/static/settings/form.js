// Forms: the first mistake has the focus, and what is not saved is not lost without a question.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let isSafe = !("wasRefused" in form.dataset);
  form.addEventListener("input", () => { isSafe = false; });
  form.addEventListener("submit", () => { isSafe = true; });
  window.addEventListener("beforeunload", (event) => { if (!isSafe) event.preventDefault(); });
  if (!("wasRefused" in form.dataset)) continue;
  const mistake = form.querySelector(".errors :is(input, textarea, select):not([type=hidden])");
  const tab = document.getElementById(mistake?.closest("[role=tabpanel]")?.getAttribute("aria-labelledby"));
  tab?.click();
  mistake?.focus();
}
