// Copies the text in data-copy, and says so: on the button, and aloud.
let said;
if (document.querySelector("[data-copy]")) {
  said = document.body.appendChild(document.createElement("p"));
  said.className = "visually-hidden";
  said.ariaLive = "polite";
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy.trim());
  const label = button.querySelector("[data-label]") || button;
  label.textContent = button.dataset.copied;
  if (said) said.textContent = button.dataset.copied;
});
