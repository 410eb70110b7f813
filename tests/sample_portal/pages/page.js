const list = document.getElementById("events");
const person = document.getElementById("person");

document.getElementById("ask").addEventListener("click", async () => {
  const answer = await fetch("/webex-person");
  const told = await answer.json();
  person.textContent = answer.ok ? `${told.displayName}, ${told.emails[0]}` : told.detail;
});

async function look() {
  const answer = await fetch("/events");
  if (answer.ok) {
    const items = (await answer.json()).map((event) => {
      const item = document.createElement("li");
      item.textContent = `${event.type}: ${event.data.reason.text}`;
      return item;
    });
    list.replaceChildren(...items);
  }
  setTimeout(look, 1000);
}

// Whether somebody is signed in says the badge; only then there is something to ask for.
document.getElementById("badge").addEventListener("webex-badge", ({ detail }) => {
  if (detail.state !== "signed-out") look();
}, { once: true });
