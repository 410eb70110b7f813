// The portal header as it will look, while colour and name are being chosen.
const preview = document.querySelector("[data-preview]");
const color = document.getElementById("id_accent_color");
const name_ = document.getElementById("id_brand_name");
const hostname = document.getElementById("id_hostname");

function luminance(hex) {
  const linear = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function draw() {
  const light = luminance(color.value) + 0.05;
  preview.querySelector("[data-bar]").setAttribute("fill", color.value);
  const title = preview.querySelector("[data-title]");
  const dark = light / 0.0565 >= 4.5 ? "#10141a" : "#000000";
  title.setAttribute("fill", 1.05 / light >= 4.5 ? "#ffffff" : dark);
  const text = name_.value || hostname.value;
  if (text) title.textContent = text.length > 26 ? `${text.slice(0, 25)}…` : text;
}

if (color) for (const field of [color, name_, hostname]) field.addEventListener("input", draw);
