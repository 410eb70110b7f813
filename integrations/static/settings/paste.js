// A pasted OAuth Authorization URL fills in an empty client ID at once; the server decides anyway.
const pasted = document.getElementById("id_authorization_url");
const clientId = document.getElementById("id_client_id");
let filled = "";
function fill() {
  if (clientId.value && clientId.value !== filled) return;
  const text = pasted.value.replace(/\s+/g, "");
  filled = URL.canParse(text) ? new URL(text).searchParams.get("client_id") || "" : "";
  clientId.value = filled;
}
pasted?.addEventListener("input", fill);
if (pasted?.value) fill(); // pasted before this file was there
