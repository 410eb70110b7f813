// <webex-badge>: the portal's Webex badge for pages that the portal did not draw.
//
//   <script src="/static/webex-badge.js" defer></script>
//   <webex-badge></webex-badge>
//
// src        who answers how the user stands; default /webex/status/, or …/api/v1/standing
// href       where a click leads; default /webex/ of the origin of src, empty: nowhere
// with-text  shows the words beside the mark; without it only screen readers have them
// refresh    seconds between two looks while the page is seen; default 60, 0: never by itself
//
// data-state on the element is linked, not-linked, none (not offered: nothing is shown),
// signed-out or unknown; the event webex-badge tells each change of it, with the answer.
// <span slot="signed-out"> and <span slot="unknown"> bring words of your own.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const CHECK = "M5.8 10.4l2.9 2.9 5.5-6.2", EXCLAMATION = "M10 4.8v6M10 14.6v.2", DASH = "M6 10h8";
  const SIGNS = { linked: CHECK, "not-linked": EXCLAMATION, "signed-out": DASH, unknown: DASH };
  const OWN_WORDS = { "signed-out": "Sign in to use Webex", unknown: "Webex: no answer, trying again" };
  const FIRST_RETRY = 5, LAST_RETRY = 300, PATIENCE = 15; // seconds

  const look = new CSSStyleSheet();
  look.replaceSync(`
    :host { display: inline-flex; vertical-align: middle; font-weight: 600; }
    span[role="status"] { display: inline-flex; }
    :host([hidden]), :host(:not([data-state])), :host([data-state="none"]) { display: none; }
    [part="badge"] { display: inline-flex; align-items: center; gap: .45rem; color: inherit; text-decoration: none; }
    [part="badge"]:focus-visible { outline: 2.5px solid currentColor; outline-offset: 2px; border-radius: 7px; }
    svg { width: 20px; height: 20px; flex: none; display: block; }
    .ring { fill: #fff; }
    .disc { fill: #66748a; }
    .sign { stroke: #fff; fill: none; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
    [part="text"] { color: var(--webex-badge-quiet, light-dark(#566274, #a3afc0)); }
    :host([data-state="linked"]) .disc { fill: #16803f; }
    :host([data-state="linked"]) [part="text"] { color: var(--webex-badge-good, light-dark(#12703c, #6fd699)); }
    :host([data-state="not-linked"]) .disc { fill: #c62f26; }
    :host([data-state="not-linked"]) [part="text"] { color: var(--webex-badge-bad, light-dark(#b3261e, #ff9d94)); }
    :host(:not([with-text])) [part="text"] {
      position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
      clip-path: inset(50%); white-space: nowrap;
    }
    @media (forced-colors: active) { .ring, .disc, .sign { forced-color-adjust: none; } }
  `);

  function stateOf(status, answer) {
    if (status === 401) return "signed-out";
    if (status === 403) return "none";
    if (!answer) return "unknown";
    const state = answer.status ?? answer.state;
    if (state === "not_offered" || state === "right_lost") return "none";
    return answer.linked ? "linked" : "not-linked";
  }

  class WebexBadge extends HTMLElement {
    static observedAttributes = ["src", "href"];
    #root = this.attachShadow({ mode: "open" });
    #live = this.#root.appendChild(document.createElement("span"));
    #shown = "";
    #timer = 0;
    #retry = FIRST_RETRY;
    #asked = null;
    #seen = () => document.visibilityState === "visible" && this.look();

    connectedCallback() {
      this.#root.adoptedStyleSheets = [look];
      this.#live.setAttribute("role", "status"); // a change is read out, and where focus is stays
      document.addEventListener("visibilitychange", this.#seen);
      addEventListener("pageshow", this.#seen);
      addEventListener("online", this.#seen);
      this.look();
    }

    disconnectedCallback() {
      document.removeEventListener("visibilitychange", this.#seen);
      removeEventListener("pageshow", this.#seen);
      removeEventListener("online", this.#seen);
      clearTimeout(this.#timer);
      this.#asked?.abort();
    }

    attributeChangedCallback() {
      if (this.isConnected && this.#asked) this.look();
    }

    get #source() {
      return new URL(this.getAttribute("src") || "/webex/status/", document.baseURI);
    }

    // Asks once; a question that is still under way is given up.
    async look() {
      clearTimeout(this.#timer);
      this.#asked?.abort();
      const asked = (this.#asked = new AbortController());
      const signal = AbortSignal.any([asked.signal, AbortSignal.timeout(PATIENCE * 1000)]);
      let state = "unknown", answer = null;
      try {
        const response = await fetch(this.#source, {
          headers: { Accept: "application/json" }, credentials: "include", cache: "no-store",
          redirect: "error", signal,
        });
        answer = response.ok ? await response.json() : null;
        state = stateOf(response.status, answer);
      } catch {
        // No network, no answer in time, or no JSON: unknown, and asked again.
      }
      if (asked.signal.aborted || !this.isConnected) return;
      this.#show(state, answer);
      this.#plan(state);
    }

    #plan(state) {
      const refresh = Number(this.getAttribute("refresh") ?? 60);
      const isUnknown = state === "unknown";
      const pause = isUnknown ? this.#retry : refresh;
      this.#retry = isUnknown ? Math.min(this.#retry * 2, LAST_RETRY) : FIRST_RETRY;
      if (pause > 0) this.#timer = setTimeout(this.#seen, pause * 1000);
    }

    #show(state, answer) {
      const before = this.dataset.state;
      const href = this.getAttribute("href") ?? new URL("/webex/", this.#source).href;
      const shown = JSON.stringify([state, answer, href]);
      if (shown === this.#shown) return;
      this.#shown = shown;
      this.dataset.state = state;
      const hadFocus = this.#root.activeElement !== null;
      this.#live.replaceChildren(...(state === "none" ? [] : [this.#drawn(state, answer, href)]));
      if (hadFocus) this.#live.querySelector("a")?.focus();
      if (before === state) return;
      const detail = { state, answer };
      this.dispatchEvent(new CustomEvent("webex-badge", { bubbles: true, composed: true, detail }));
    }

    #drawn(state, answer, href) {
      const badge = document.createElement(href ? "a" : "span");
      badge.setAttribute("part", "badge");
      if (href) badge.href = href;
      if (answer?.reason) badge.title = answer.reason;
      badge.append(mark(SIGNS[state]), this.#words(state, answer));
      return badge;
    }

    #words(state, answer) {
      const words = document.createElement("span");
      words.setAttribute("part", "text");
      const own = document.createElement("slot");
      own.name = state;
      own.textContent = answer?.label || answer?.reason || OWN_WORDS[state] || "Webex";
      words.append(own);
      return words;
    }
  }

  function mark(sign) {
    const svg = document.createElementNS(SVG, "svg");
    const facts = { viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" };
    for (const [name, value] of Object.entries(facts)) svg.setAttribute(name, value);
    svg.append(
      shape("circle", { class: "ring", cx: 10, cy: 10, r: 10 }),
      shape("circle", { class: "disc", cx: 10, cy: 10, r: 9 }),
      shape("path", { class: "sign", d: sign }),
    );
    return svg;
  }

  function shape(name, facts) {
    const found = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(facts)) found.setAttribute(key, value);
    return found;
  }

  if (!customElements.get("webex-badge")) customElements.define("webex-badge", WebexBadge);
})();
