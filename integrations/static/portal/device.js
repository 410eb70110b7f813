// Watches a device login: counts down, says when the service is busy, and reloads once it is over.
// Without this file the page reloads itself every few seconds.
const page = document.querySelector("[data-status-url]");
const clock = document.getElementById("time-left");
const busy = document.getElementById("busy");
const waiting = document.getElementById("waiting");
let endsAt = Date.now() + Number(page.dataset.secondsLeft) * 1000;

function countDown() {
  const seconds = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

async function look() {
  let pause = 2;
  try {
    const answer = await fetch(page.dataset.statusUrl, { headers: { Accept: "application/json" } });
    if (answer.status >= 400 && answer.status < 500) return location.reload();
    if (answer.ok) {
      const progress = await answer.json();
      if (progress.is_over) return location.reload();
      endsAt = Date.now() + progress.seconds_left * 1000;
      pause = progress.ask_again_in;
      busy.hidden = progress.state !== "busy";
      waiting.hidden = !busy.hidden;
    }
  } catch {
    pause = 2; // offline for a moment
  }
  setTimeout(look, pause * 1000);
}

countDown();
setInterval(countDown, 1000);
setTimeout(look, Number(page.dataset.askAgainIn) * 1000);
