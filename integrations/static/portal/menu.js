// The menu opens by hover and focus without this file; here Escape closes it again.
document.querySelectorAll(".menu").forEach((menu) => {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      menu.classList.add("closed");
      menu.querySelector("a").focus();
    }
  });
  for (const reopen of ["mouseenter", "focusout"]) {
    menu.addEventListener(reopen, (event) => {
      if (!menu.contains(event.relatedTarget)) menu.classList.remove("closed");
    });
  }
});
