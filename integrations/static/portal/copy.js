// Copies the text in data-copy, and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy.trim());
  const label = button.querySelector("[data-label]") || button;
  label.textContent = button.dataset.copied;
});
