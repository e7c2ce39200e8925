// <unstuck-help>: a conversation with the practice's help, on the practice's own pages.
//
//   <script type="module" src="https://help.example/widget.js"></script>
//   <unstuck-help flow="my-setup-email"></unstuck-help>
//
// Attributes: flow, mode (launcher | inline | page), embed, lang, content-lang, theme (light | dark), open, label.
// Properties: identity, an async function that gives a fresh signed token of whoever is signed in, or null;
//             strings, words of one's own in the place of the widget's. Method: forget().
// Events:     unstuck-open, unstuck-close, unstuck-turn (detail: seq), unstuck-end (detail: outcome).
// Styles:     --unstuck-accent, -on-accent, -head, -on-head, -paper, -ink, -quiet, -line, -bad, -radius, -font, -height;
//             parts: launcher panel header log question choice field send.
//
// Every text of a flow, of a person or of the clinic becomes a text node; nothing is ever read as markup.

const HOME = new URL(".", import.meta.url);
// Other languages: words/LANGUAGE.json beside this file.
const ENGLISH = {
  open: "Help", close: "Close", back: "Back", restart: "Start over", copy: "Copy", print: "Print", copied: "Copied.",
  send: "Send", skip: "Skip", change: "Change", show: "Show", hide: "Hide", reveal: "Show it once",
  once: "This is shown only once. Write it down now.", done: "I have it", again: "Type it again",
  differ: "The two are not the same.", empty: "Please answer first.", search: "Search", working: "One moment…",
  lost: "The connection is gone. Trying again…", there: "Connected again.",
  wait: "Too much at once. It goes on in a moment…", ended: "This conversation has ended.", anew: "Start a new one",
  failed: "That did not work.", retry: "Try again", gone: "This conversation is not there any more.",
  stale: "This was answered in another window.", short: "characters at least", yes: "Yes", no: "No", title: "Help",
  log: "Conversation",
};

const LIGHT = "--accent:var(--unstuck-accent,#0b6b61);--on-accent:var(--unstuck-on-accent,#fff);--paper:var(--unstuck-paper,#fff);--ink:var(--unstuck-ink,#17211f);--quiet:var(--unstuck-quiet,#56625f);--line:var(--unstuck-line,#7d8b88);--bad:var(--unstuck-bad,#a3202a);--head:var(--unstuck-head,var(--accent));--on-head:var(--unstuck-on-head,var(--on-accent));";
const DARK = "--accent:var(--unstuck-accent,#62d2c3);--on-accent:var(--unstuck-on-accent,#04201d);--paper:var(--unstuck-paper,#151c1c);--ink:var(--unstuck-ink,#e9efee);--quiet:var(--unstuck-quiet,#a8b5b2);--line:var(--unstuck-line,#73827f);--bad:var(--unstuck-bad,#ff9a9f);--head:var(--unstuck-head,color-mix(in srgb,var(--accent) 16%,var(--paper)));--on-head:var(--unstuck-on-head,var(--ink));";
const STYLE = `
:host { ${LIGHT} --radius: var(--unstuck-radius, 18px); --soft: color-mix(in srgb, var(--ink) 6%, var(--paper));
  --tint: color-mix(in srgb, var(--accent) 11%, var(--paper)); --hair: color-mix(in srgb, var(--ink) 15%, var(--paper));
  color-scheme: light; font: 1rem/1.5 var(--unstuck-font, system-ui, -apple-system, "Segoe UI", sans-serif); color: var(--ink); display: block; text-align: start; }
@media (prefers-color-scheme: dark) { :host(:not([theme=light])) { ${DARK} color-scheme: dark; } }
:host([theme=dark]) { ${DARK} color-scheme: dark; }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
p, ul, ol, h2 { margin: 0; } p + *, ul + *, ol + * { margin-block-start: .5rem; } ul, ol { padding-inline-start: 1.4rem; }
button, input { font: inherit; color: inherit; min-block-size: 2.75rem; min-inline-size: 2.75rem; margin: 0; }
button { cursor: pointer; border: 1px solid var(--line); background: var(--paper); border-radius: 999px; padding: .4rem 1rem; text-align: start; transition: background .12s, border-color .12s; }
button:hover { background: var(--tint); }
.slow .question button { cursor: progress; border-color: var(--hair); } .slow .question button:hover { background: var(--paper); } .slow .question .send { border-color: transparent; } .slow .question .send:hover { background: var(--accent); }
::placeholder { color: var(--quiet); opacity: 1; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
svg { inline-size: 1.4rem; block-size: 1.4rem; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; flex: none; display: block; }
.launcher { position: fixed; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483000; display: flex; gap: .55rem; align-items: center; max-inline-size: calc(100vw - 2.5rem);
  background: var(--accent); color: var(--on-accent); border-color: transparent; padding: .75rem 1.35rem .75rem 1.1rem; font-weight: 600; box-shadow: 0 2px 6px rgb(0 0 0 / .18), 0 8px 28px rgb(0 0 0 / .22); transition: transform .15s; }
.launcher:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); transform: translateY(-2px); }
.panel { background: var(--paper); display: flex; flex-direction: column; border: 1px solid var(--hair); border-radius: var(--radius); overflow: hidden; min-inline-size: 0; max-inline-size: 100%; position: relative; }
:host([mode=inline]) .panel { max-block-size: var(--unstuck-height, 42rem); box-shadow: 0 1px 3px rgb(0 0 0 / .08); }
:host(:not([mode=inline], [mode=page])) .panel { position: fixed; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483001; inline-size: min(26rem, calc(100vw - 2.5rem));
  block-size: min(var(--unstuck-height, 42rem), calc(100dvh - 2.5rem)); box-shadow: 0 4px 12px rgb(0 0 0 / .16), 0 16px 56px rgb(0 0 0 / .28); animation: rise .18s ease-out; }
:host([mode=page]) .panel { border: 0; border-radius: 0; block-size: 100dvh; max-inline-size: 46rem; margin-inline: auto; }
@media (max-width: 30rem), (max-height: 30rem) { :host(:not([mode=inline], [mode=page])) .panel { inset: 0; inline-size: 100%; block-size: 100dvh; border: 0; border-radius: 0; } }
@keyframes rise { from { opacity: 0; transform: translateY(14px) scale(.98); } }
header, .status, footer { flex: none; }
header { display: flex; align-items: center; gap: .15rem; padding: .4rem; min-block-size: 3.6rem; background: var(--head); color: var(--on-head); }
header h2 { font-size: 1.05rem; line-height: 1.3; font-weight: 650; flex: 1; min-inline-size: 0; overflow-wrap: anywhere; margin: .35rem .6rem; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
header button { background: transparent; border-color: transparent; padding: 0; display: grid; place-items: center; flex: none; }
header button:hover { background: color-mix(in srgb, var(--on-head) 18%, transparent); }
header :focus-visible { outline-color: var(--on-head); outline-offset: -4px; }
:host(:dir(rtl)) .turn { transform: scaleX(-1); }
.scroll { flex: 1 1 auto; overflow-y: auto; overscroll-behavior: contain; padding: 1rem; display: flex; flex-direction: column; gap: .6rem; overflow-wrap: anywhere; min-block-size: 8rem; }
.scroll:focus-visible { outline-offset: -3px; }
.log, .news { display: contents; }
.said, .asked, .mine span { border: 1px solid transparent; border-radius: var(--radius); padding: .6rem .9rem; max-inline-size: 92%; inline-size: fit-content; }
.said, .asked { background: var(--soft); border-end-start-radius: 5px; align-self: flex-start; }
.mine { align-self: flex-end; display: grid; justify-items: end; max-inline-size: 88%; }
.mine span { background: var(--accent); color: var(--on-accent); border-end-end-radius: 5px; max-inline-size: 100%; }
.mine button { border-color: transparent; color: var(--quiet); font-size: .85rem; padding: 0 .6rem; min-block-size: 1.75rem; background: transparent; text-decoration: underline; text-underline-offset: .2em; }
.mine button:hover { color: var(--ink); }
.did { color: var(--quiet); font-size: .925rem; display: flex; gap: .5rem; align-items: baseline; padding-inline: .35rem; }
.did svg { inline-size: 1rem; block-size: 1rem; color: var(--accent); position: relative; inset-block-start: .15rem; } .did.bad svg { color: var(--bad); }
.path { display: flex; flex-wrap: wrap; gap: .35rem; padding: 0; list-style: none; }
.path li { border: 1px solid var(--line); border-radius: .5rem; padding: 0 .5rem; font-size: .925rem; background: var(--paper); margin: 0; } .path li + li::before { content: "→ " / ""; color: var(--quiet); }
:host(:dir(rtl)) .path li + li::before { content: "← " / ""; }
.question { display: flex; flex-direction: column; gap: .6rem; } .question:focus { outline: none; } .question:focus-visible .asked { outline: 2px solid var(--accent); outline-offset: 1px; }
.hint, .effect, .detail { color: var(--quiet); font-size: .9rem; } .hint, .wrong { padding-inline: .35rem; inline-size: fit-content; } .choices bdi { justify-self: start; }
.choices { display: grid; gap: .45rem; } .choices button { display: grid; grid-template-columns: 1fr auto; align-items: center; inline-size: 100%; border-radius: calc(var(--radius) * .75); padding: .55rem 1rem; border-color: var(--accent); font-weight: 550; }
.choices button::after { content: ""; grid-area: 1 / 2 / span 3; inline-size: .5rem; block-size: .5rem; border: solid var(--accent); border-width: 2px 2px 0 0; transform: rotate(45deg); margin-inline-start: .75rem; } :host(:dir(rtl)) .choices button::after { transform: rotate(-135deg); }
.choices .effect, .choices .detail { grid-column: 1; font-weight: 400; }
form { display: grid; gap: .55rem; } label { display: grid; gap: .25rem; } .send { background: var(--accent); color: var(--on-accent); border-color: transparent; font-weight: 600; text-align: center; }
.send:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
.pick { display: flex; gap: .7rem; align-items: center; border: 1px solid var(--line); border-radius: calc(var(--radius) * .75); padding: .4rem .9rem; min-block-size: 2.75rem; cursor: pointer; } .pick:has(:checked) { background: var(--tint); border-color: var(--accent); }
.pick input { min-inline-size: 1.25rem; inline-size: 1.25rem; min-block-size: 1.25rem; accent-color: var(--accent); flex: none; }
.field { inline-size: 100%; border: 1px solid var(--line); border-radius: calc(var(--radius) * .75); padding: .45rem .9rem; background: var(--paper); } .field[aria-invalid] { border-color: var(--bad); border-width: 2px; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; } .plain { border-color: transparent; color: var(--quiet); }
.wrong { color: var(--bad); font-weight: 550; } .wrong::before { content: "⚠ " / ""; } .asked .wrong { padding: 0; }
.secret { font: 1.2rem/1.6 ui-monospace, monospace; border: 2px dashed var(--accent); border-radius: .7rem; padding: .6rem .9rem; user-select: all; inline-size: 100%; }
.status { padding: 0 1rem; color: var(--quiet); font-size: .9rem; } .status:not(:empty) { padding-block: .3rem; }
.dots { display: flex; gap: .3rem; padding: .8rem .9rem; background: var(--soft); border-radius: var(--radius); inline-size: fit-content; } .dots i { inline-size: .45rem; block-size: .45rem; border-radius: 50%; background: var(--quiet); animation: dot 1.2s infinite; } .dots i:nth-child(2) { animation-delay: .15s; } .dots i:nth-child(3) { animation-delay: .3s; }
@keyframes dot { 30% { transform: translateY(-.3rem); opacity: .5; } 60% { transform: none; opacity: 1; } }
footer { display: flex; flex-wrap: wrap; justify-content: center; border-block-start: 1px solid var(--hair); padding: .15rem .4rem; } footer button { border-color: transparent; background: transparent; color: var(--quiet); font-size: .875rem; padding: .2rem .7rem; }
code { font-family: ui-monospace, monospace; font-size: .95em; } a { color: inherit; text-decoration-color: var(--accent); text-decoration-thickness: 2px; text-underline-offset: .15em; }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } .launcher:hover { transform: none; } }
@media (forced-colors: active) { .said, .asked, .mine span, .dots, .launcher, .send, header { border: 1px solid CanvasText; } header button { border: 1px solid ButtonText; } .choices button::after { border-color: ButtonText; } .pick:has(:checked) { border-width: 3px; } }
`;

const h = (tag, props = {}, ...children) => {
  const { attrs, ...rest } = props;
  const made = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(attrs ?? {})) if (value != null) made.setAttribute(name, value);
  made.append(...children.flat().filter((child) => child != null && child !== false));
  return made;
};

const ICONS = { help: "M21 11.5a8.5 8.5 0 0 1-12.3 7.6L4 20.5l1.4-4.6A8.5 8.5 0 1 1 21 11.5zM10.2 9.2a2.2 2.2 0 1 1 3.2 2c-.6.3-.9.7-.9 1.3M12.5 15.4h0", close: "M6 6l12 12M18 6L6 18", back: "M15 5l-7 7 7 7", done: "M4 12l6 6L20 6", bad: "M12 5v9M12 19h0" };
const icon = (name, className = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("aria-hidden", "true");
  made.setAttribute("class", className);
  path.setAttribute("d", ICONS[name]);
  made.append(path);
  return made;
};

const span = (each) => {
  let made = document.createTextNode(each.text);
  if (each.style === "code") made = h("code", {}, made);
  if (each.style === "link" && /^https:\/\//i.test(each.href ?? "")) made = h("a", { href: each.href, target: "_blank", rel: "noopener noreferrer" }, made);
  if (each.style === "data") made = h("bdi", {}, made);
  return each.strong || each.style === "strong" ? h("strong", {}, made) : made;
};

const rich = (blocks, text) => {
  if (!blocks?.length) return [h("p", { dir: "auto" }, text)];
  const made = [];
  let list = null;
  for (const { kind, spans } of blocks) {
    const want = { item: "UL", number: "OL" }[kind];
    if (want) {
      if (list?.tagName !== want) made.push((list = h(want, { dir: "auto" })));
      list.append(h("li", {}, spans.map(span)));
      continue;
    }
    list = null;
    made.push(kind === "path" ? h("ol", { className: "path" }, spans.map((each) => h("li", { dir: "auto" }, span(each)))) : h("p", { dir: "auto" }, spans.map(span)));
  }
  return made;
};

const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

// Waits so long, or until the network is there again.
const pause = (ms) => new Promise((done) => {
  const go = () => { clearTimeout(timer); removeEventListener("online", go); done(); };
  const timer = setTimeout(go, ms);
  addEventListener("online", go);
});

// Pages in a sandbox or a private window may have no storage: the conversation then lasts as long as the page.
const stored = (store, name, value) => {
  try {
    const found = window[store];
    if (value === undefined) return JSON.parse(found.getItem(name));
    value === null ? found.removeItem(name) : found.setItem(name, JSON.stringify(value));
  } catch { /* none, or something else's */ }
  return null;
};

// Whom the host's token is about, to keep the conversations of two people of one browser apart; the server checks it.
const subject = (token) => {
  try { return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub ?? ""; } catch { return ""; }
};

class UnstuckHelp extends HTMLElement {
  static observedAttributes = ["open", "flow", "embed"];
  identity = null;
  strings = null;
  #root = this.attachShadow({ mode: "open" });
  #ready = null;
  #words = {};
  #language = "";
  #held = null; // { session, token }
  #signed = null; // a token of the host that was not used yet
  #who = ""; // whom the host says it is
  #life = 0; // how often everything was forgotten
  #turn = null;
  #busy = false;
  #parts = null;
  #channel = null;
  #missed = null; // what another tab said while this one was busy

  async connectedCallback() {
    this.#channel = new BroadcastChannel(`unstuck ${HOME.origin}`);
    this.#channel.onmessage = ({ data }) => this.#elsewhere(data);
    if (this.#parts) return;
    await (this.#ready ??= this.#learn());
    this.#build();
    if (!this.#launches || this.hasAttribute("open")) this.#show(this.#launches);
  }

  // The words of the page's language. A page that sets `identity` does so in the meantime.
  async #learn() {
    const language = this.#lang.slice(0, 2).toLowerCase();
    const reply = language !== "en" && (await fetch(new URL(`widget/${language}.json`, HOME), { credentials: "omit" }).catch(() => null));
    if (reply?.ok) this.#words = await reply.json();
    else this.#language = "en";
    await new Promise((done) => setTimeout(done));
  }

  disconnectedCallback() { this.#channel?.close(); }

  attributeChangedCallback(name, was, is) {
    if (!this.#parts || was === is) return;
    if (name === "open") return is === null ? this.#hide() : this.#show(true);
    this.#held = this.#turn = null;
    if (!this.#parts.panel.hidden) this.#begin();
  }

  // Lets go of the conversation in this browser, for instance when somebody signs out: nothing of it stays on the
  // screen, and what is on its way is dropped.
  forget() {
    this.#clear();
    this.removeAttribute("open");
  }

  #clear() {
    stored(this.#store, this.#place, null);
    try {
      for (const name of Object.keys(sessionStorage)) if (name.startsWith(`unstuck:${HOME.origin}:`)) sessionStorage.removeItem(name);
    } catch { /* storage that may not be used holds nothing */ }
    this.#life++;
    this.#held = this.#turn = this.#signed = null;
    this.#who = "";
    const p = this.#parts;
    if (!p) return;
    this.#work(false);
    this.#say("");
    p.log.replaceChildren();
    p.question.replaceChildren();
    p.question.hidden = p.back.hidden = true;
    p.title.textContent = this.word("title");
  }

  get #launches() { return !["inline", "page"].includes(this.getAttribute("mode")); }
  get #place() { return `unstuck:${HOME.origin}:${this.getAttribute("embed") ?? ""}:${this.getAttribute("flow") ?? ""}:${this.#who}`; }
  get #store() { return this.#who ? "sessionStorage" : "localStorage"; }
  get #lang() { return this.closest("[lang]")?.lang || document.documentElement.lang || "en"; }
  word(name) { return this.strings?.[name] ?? this.#words[name] ?? ENGLISH[name]; }
  #tell(name, detail) { this.dispatchEvent(new CustomEvent(`unstuck-${name}`, { detail, bubbles: true })); }

  // -- the frame -------------------------------------------------------------------------------

  #build() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    const p = (this.#parts = {});
    const launches = this.#launches;
    const spoken = this.getAttribute("content-lang") ?? "en";
    const button = (name, act) => h("button", { type: "button", onclick: act }, this.word(name));
    const round = (name, act, shape) => h("button", { type: "button", onclick: act, title: this.word(name), attrs: { "aria-label": this.word(name) } }, icon(name, shape));
    p.launcher = h("button", { type: "button", className: "launcher", hidden: !launches, onclick: () => this.toggleAttribute("open", true), attrs: { part: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" } }, icon("help"), h("span", {}, this.getAttribute("label") ?? this.word("open")));
    p.title = h("h2", { id: "title" }, this.word("title"));
    p.close = round("close", () => this.toggleAttribute("open", false));
    p.close.hidden = !launches;
    p.back = round("back", () => this.#send("back", { seq: this.#turn.seq }), "turn");
    p.back.hidden = true;
    p.header = h("header", { attrs: { part: "header" } }, p.back, p.title, p.close);
    p.footer = h("footer", {}, button("restart", () => this.#restart()), button("copy", () => this.#copy()), button("print", () => this.#print()));
    p.log = h("div", { className: "log", lang: spoken, attrs: { part: "log" } });
    p.news = h("div", { className: "news", id: "news" });
    p.question = h("div", { className: "question", lang: spoken, tabIndex: -1, hidden: true, attrs: { part: "question", role: "group", "aria-labelledby": "news asked", "aria-describedby": "hint wrong" } });
    p.dots = h("div", { className: "dots", hidden: true, attrs: { "aria-hidden": "true" } }, h("i"), h("i"), h("i"));
    p.status = h("div", { className: "status", attrs: { role: "status" } });
    p.scroll = h("div", { className: "scroll", tabIndex: 0, attrs: { role: "region", "aria-label": this.word("log") } }, p.log, p.question, p.dots);
    p.panel = h("section", { className: "panel", hidden: launches, lang: this.#language || this.#lang, attrs: { part: "panel", role: launches ? "dialog" : "region", "aria-labelledby": "title" } }, p.header, p.scroll, p.status, p.footer);
    this.#root.addEventListener("keydown", (event) => { if (event.key === "Escape" && launches) this.toggleAttribute("open", false); });
    this.#root.append(p.launcher, p.panel);
  }

  async #show(focus) {
    const p = this.#parts;
    p.panel.hidden = false;
    p.launcher.hidden = true;
    p.launcher.setAttribute("aria-expanded", "true");
    this.#tell("open");
    if (focus) p.close.focus();
    if (!this.#turn) await this.#begin();
    if (focus) this.#focus();
    this.#settle();
  }

  #hide() {
    const p = this.#parts;
    if (!this.#launches) return;
    p.panel.hidden = true;
    p.launcher.hidden = false;
    p.launcher.setAttribute("aria-expanded", "false");
    p.launcher.focus();
    this.#tell("close");
  }

  // -- talking to the server -------------------------------------------------------------------

  async #begin() {
    if (this.#busy) return;
    const life = this.#life;
    const signed = await this.#identify();
    if (life !== this.#life) return;
    this.#signed = signed;
    this.#who = this.#signed ? subject(this.#signed) : "";
    this.#held = stored(this.#store, this.#place);
    if (!this.#held) return this.#start();
    const known = await this.#ask("GET", "");
    if (known) await this.#whole(known, false);
  }

  async #start() {
    this.#held = this.#turn = null;
    this.#parts.log.replaceChildren();
    this.#parts.question.hidden = true;
    const made = await this.#request("POST", new URL("v1/sessions", HOME), async () => {
      // The host's token is good once, so each try has one of its own.
      const identity = this.#signed ?? (await this.#identify());
      this.#signed = null;
      return { flow: this.getAttribute("flow") ?? "", embed: this.getAttribute("embed") ?? "", ...(identity && { identity }) };
    });
    if (!made) return;
    this.#held = { session: made.session, token: made.token };
    stored(this.#store, this.#place, this.#held);
    this.#tellTabs();
    await this.#whole(made, false);
  }

  async #identify() { try { return (await this.identity?.()) ?? null; } catch { return null; } }
  #ask(method, path, body, headers) { return this.#request(method, new URL(`v1/sessions/${this.#held.session}${path}`, HOME), body && (() => body), headers); }

  async #request(method, url, bodyOf, headers = {}) {
    const life = this.#life;
    this.#work(true);
    try {
      for (let tries = 0, renewed = false; ; ) {
        const body = await bodyOf?.();
        const reply = await fetch(url, {
          method, credentials: "omit", cache: "no-store", redirect: "error", body: body && JSON.stringify(body),
          headers: { ...headers, ...(body && { "Content-Type": "application/json" }), ...(this.#held && { Authorization: `Bearer ${this.#held.token}` }) },
        }).catch(() => null);
        if (life !== this.#life) return null;
        if (reply && ![429, 502, 503, 504].includes(reply.status)) {
          if (tries) this.#say(this.word("there"));
          if (reply.status === 401 && this.#held && !renewed && (renewed = await this.#renew())) continue;
          return this.#read(reply);
        }
        if (!this.isConnected) return null;
        // The network is gone, or the server has too much to do; the same request under the same key does nothing twice.
        this.#say(this.word(reply?.status === 429 ? "wait" : "lost"));
        const asked = 1000 * (Number(reply?.headers.get("retry-after")) || 0);
        await pause(Math.max(asked, Math.min(8000, 400 * 2 ** tries++) * (0.7 + 0.6 * Math.random())));
      }
    } finally { if (life === this.#life) this.#work(false); }
  }

  async #read(reply) {
    const told = await reply.json().catch(() => ({}));
    if (reply.ok) return told;
    if (reply.status === 409 && told.turn) {
      const known = await this.#ask("GET", "");
      if (known) await this.#whole(known);
      this.#say(this.word("stale"));
    } else if ([401, 404].includes(reply.status) && this.#held) this.#over(this.word("gone"));
    else {
      // What is wrong with the page that the widget stands on is for whoever made it.
      const ours = [403, 404].includes(reply.status);
      if (ours) console.error("unstuck-help:", told.title, told.detail);
      this.#wrong([told.title ?? this.word("failed"), !ours && told.detail].filter(Boolean).join(" "));
    }
    return null;
  }

  // Lets the host vouch anew for whoever is signed in, when their token has ended.
  async #renew() {
    const identity = await this.#identify();
    if (!identity || subject(identity) !== this.#who) return false;
    const reply = await fetch(new URL(`v1/sessions/${this.#held.session}/token`, HOME), { method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ identity, embed: this.getAttribute("embed") ?? "" }) }).catch(() => null);
    if (!reply?.ok || !this.#held) return false;
    this.#held = { ...this.#held, token: (await reply.json()).token };
    stored(this.#store, this.#place, this.#held);
    return true;
  }

  async #send(what, body, mine) {
    if (this.#busy) return;
    const asked = this.#turn?.prompt;
    const stream = this.#listen();
    let told = await this.#ask("POST", `/${what}`, body, { "Idempotency-Key": key() });
    stream.abort();
    if (!told) return;
    // What was taken back is taken out: the conversation is shown anew.
    if (what === "back" && !told.problem) told = (await this.#ask("GET", "")) ?? told;
    if (told.transcript) await this.#whole(told);
    else {
      if (mine != null && !told.problem) this.#past([h("div", { className: "said" }, rich(asked.rich, asked.text)), this.#mine(mine, asked.id)]);
      this.#render(told);
    }
    this.#tellTabs();
  }

  // Tells what is being done while an answer takes long.
  #listen() {
    const stop = new AbortController();
    const { session, token } = this.#held;
    const listen = async () => {
      const reply = await fetch(new URL(`v1/sessions/${session}/events`, HOME), { credentials: "omit", signal: stop.signal, headers: { Authorization: `Bearer ${token}` } });
      const reader = reply.ok && reply.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let kept = ""; reader; ) {
        const { value, done } = await reader.read();
        if (done) return;
        const events = (kept + value).split("\n\n");
        kept = events.pop();
        for (const each of events) if (this.#busy && each.startsWith("event: working")) this.#clock(JSON.parse(each.split("data: ")[1]).seconds);
      }
    };
    const timer = setTimeout(() => listen().catch(() => {}), 700);
    stop.signal.addEventListener("abort", () => clearTimeout(timer));
    return stop;
  }

  // The end has the number of the last question.
  get #at() { return (this.#turn?.seq ?? 0) + (this.#turn?.end ? 0.5 : 0); }

  // Only visitors share a conversation among their tabs.
  #tellTabs() { if (!this.#who) this.#channel?.postMessage({ place: this.#place, held: this.#held, seq: this.#at }); }

  // Another tab went on: this one shows what there is now. What is stored may come later than the message.
  async #elsewhere(data) {
    const { place, held, seq } = data;
    if (place !== this.#place) return;
    this.#missed = this.#busy ? data : null;
    if (this.#who || this.#busy || !this.#turn || !held || (held.session === this.#held?.session && seq === this.#at)) return;
    this.#held = held;
    const known = await this.#ask("GET", "");
    if (known) await this.#whole(known, false);
  }

  // -- showing ---------------------------------------------------------------------------------

  async #whole(known, focus = true) {
    this.#parts.title.textContent = known.title;
    if (!known.turn.prompt && !known.turn.reveal && !known.turn.end) {
      // Something is still being done, or was cut off.
      known = await this.#ask("POST", "/resume", {});
      if (!known) return;
    }
    this.#parts.log.replaceChildren();
    for (const given of known.transcript) this.#past([h("div", { className: "said" }, rich(null, given.question)), this.#mine(given.answer, given.prompt)]);
    this.#render(known.turn, focus);
  }

  #past(nodes) { this.#parts.news.removeAttribute("id"); this.#parts.log.append(...nodes); }

  #mine(text, prompt) {
    const change = () => this.#send("change", { prompt, seq: this.#turn.seq });
    return h("div", { className: "mine" }, h("span", { dir: "auto" }, h("bdi", {}, text)), prompt && h("button", { type: "button", onclick: change, attrs: { "aria-label": `${this.word("change")}: ${text}` } }, this.word("change")));
  }

  #render(turn, focus = true) {
    const p = this.#parts;
    if (turn.problem && this.#turn && turn.seq === this.#turn.seq && turn.prompt?.id === this.#turn.prompt?.id) return this.#wrong(turn.problem.text);
    const inside = p.question.contains(this.#root.activeElement);
    this.#turn = turn;
    p.news.removeAttribute("id");
    p.news = h("div", { className: "news", id: "news" });
    for (const did of turn.did) {
      const bad = did.error || did.outcome === "unknown";
      p.news.append(h("div", { className: bad ? "did bad" : "did" }, icon(bad ? "bad" : "done"), h("span", { dir: "auto" }, did.text || did.action)));
    }
    for (const said of turn.say) p.news.append(h("div", { className: "said" }, rich(said.rich, said.text)));
    p.log.append(p.news);
    p.back.hidden = !turn.prompt || turn.seq <= 1;
    p.question.replaceChildren();
    p.question.hidden = false;
    if (turn.reveal) this.#secret(turn.reveal);
    else if (turn.prompt) this.#question(turn.prompt);
    else if (turn.end) this.#end(turn.end);
    if (turn.problem) this.#wrong(turn.problem.text);
    else this.#say("");
    this.#tell("turn", { seq: turn.seq });
    if (focus || inside) this.#focus();
    this.#settle();
  }

  // Focus goes to the field where something is typed, and otherwise to the question, which is read with what came before.
  #focus() {
    const { panel, question } = this.#parts;
    if (!panel.hidden) (question.querySelector("form .field") ?? question).focus({ preventScroll: true });
  }

  // Scrolls what is new into view, from its beginning, and never the page around the widget.
  #settle() {
    const { scroll, news, question } = this.#parts;
    const first = news.firstElementChild ?? question;
    scroll.scrollTop += first.getBoundingClientRect().top - scroll.getBoundingClientRect().top - 12;
  }

  // Scrolls no further than to where this ends.
  #see(node) {
    const { scroll } = this.#parts;
    scroll.scrollTop += Math.max(0, node.getBoundingClientRect().bottom + 16 - scroll.getBoundingClientRect().bottom);
  }

  #question(prompt) {
    const { question } = this.#parts;
    question.append(h("div", { id: "asked", className: "asked" }, rich(prompt.rich, prompt.text)));
    if (prompt.hint) question.append(h("div", { className: "hint", id: "hint", dir: "auto" }, prompt.hint));
    const answer = (value, label) => this.#send("answers", { answer: value, prompt: prompt.id, seq: this.#turn.seq }, label);
    const choices = prompt.choices ?? (prompt.kind === "yes-no" ? ["yes", "no"].map((id) => ({ id, label: this.word(id) })) : null);
    question.append(choices && prompt.kind !== "several" ? this.#choices(choices, answer) : this.#form(prompt, choices, answer));
    if (prompt.optional) question.append(h("div", { className: "row" }, h("button", { type: "button", className: "plain", onclick: () => answer(null, this.word("skip")) }, this.word("skip"))));
  }

  #choices(choices, answer) {
    const list = h("div", { className: "choices" });
    for (const choice of choices) {
      list.append(h("button", { type: "button", value: choice.id, onclick: () => answer(choice.id, choice.label), attrs: { part: "choice" } }, h("bdi", {}, choice.label),
        choice.detail && h("bdi", { className: "detail" }, choice.detail), choice.effect && h("span", { className: "effect", dir: "auto" }, choice.effect)));
    }
    if (choices.length < 9) return list;
    const search = h("input", { type: "search", className: "field", autocomplete: "off", placeholder: this.word("search"), attrs: { "aria-label": this.word("search") } });
    search.oninput = () => { for (const each of list.children) each.hidden = !each.textContent.toLowerCase().includes(search.value.trim().toLowerCase()); };
    return h("div", { className: "choices" }, search, list);
  }

  #form(prompt, choices, answer) {
    const kinds = { email: ["email", "email"], phone: ["tel", "tel"], date: ["date", "off"], number: ["text", "off"], secret: ["password", prompt.twice ? "new-password" : "current-password"] };
    const [type, autocomplete] = kinds[prompt.kind] ?? ["text", "off"];
    const field = (name) => h("input", { type, name, autocomplete, className: "field", spellcheck: type === "text" && prompt.kind !== "number", required: !prompt.optional, maxLength: 4000, enterKeyHint: "send",
      attrs: { "aria-labelledby": name === "again" ? null : "asked", "aria-describedby": "news hint wrong", part: "field", inputmode: prompt.kind === "number" ? "decimal" : null, autocapitalize: prompt.kind === "text" ? null : "off", dir: ["email", "phone"].includes(prompt.kind) ? "ltr" : "auto" } });
    const inputs = choices
      ? choices.map((choice) => h("label", { className: "pick" }, h("input", { type: "checkbox", value: choice.id }), h("span", {}, h("bdi", {}, choice.label), choice.detail && h("bdi", { className: "detail" }, ` ${choice.detail}`), choice.effect && h("span", { className: "effect" }, ` ${choice.effect}`))))
      : [field("value"), prompt.twice && h("label", {}, this.word("again"), field("again"))];
    const send = h("button", { type: "submit", className: "send", attrs: { part: "send" } }, this.word("send"));
    const eye = type === "password" && h("button", { type: "button", className: "plain", attrs: { "aria-pressed": "false" } }, this.word("show"));
    const form = h("form", { noValidate: true, attrs: { "aria-labelledby": "asked" } }, inputs, h("div", { className: "row" }, send, eye));
    if (eye) eye.onclick = () => {
      const hidden = form.elements.value.type === "password";
      for (const each of form.querySelectorAll(".field")) each.type = hidden ? "text" : "password";
      eye.textContent = this.word(hidden ? "hide" : "show");
      eye.setAttribute("aria-pressed", hidden);
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      if (choices) {
        const picked = [...form.querySelectorAll(":checked")].map((each) => each.value);
        const labels = choices.filter((each) => picked.includes(each.id)).map((each) => each.label);
        return picked.length || prompt.optional ? answer(picked, labels.join(", ") || "–") : this.#wrong(this.word("empty"));
      }
      const { value, again } = form.elements;
      if (!value.value && !prompt.optional) return this.#wrong(this.word("empty"), value);
      if (prompt.least && value.value.length < prompt.least) return this.#wrong(`${prompt.least} ${this.word("short")}`, value);
      if (again && again.value !== value.value) return this.#wrong(this.word("differ"), again);
      answer(value.value || null, prompt.kind === "secret" ? "••••••••" : value.value || this.word("skip"));
    };
    return form;
  }

  #secret(reveal) {
    const { question } = this.#parts;
    const show = h("button", { type: "button", className: "send" }, this.word("reveal"));
    question.append(h("div", { id: "asked", className: "asked" }, h("p", { dir: "auto" }, reveal.label)), h("div", { className: "hint", id: "hint" }, this.word("once")), h("div", { className: "row" }, show));
    show.onclick = async () => {
      if (this.#busy) return;
      const turn = await this.#ask("POST", `/reveals/${encodeURIComponent(reveal.id)}`);
      if (!turn) return;
      const next = { ...turn, reveal: turn.reveal.next };
      if (turn.reveal.value == null) return this.#render(next);
      const secret = h("div", { className: "secret", dir: "ltr", tabIndex: -1, attrs: { role: "group", "aria-labelledby": "asked secret" } }, h("span", { id: "secret" }, turn.reveal.value));
      const go = h("button", { type: "button", className: "send", onclick: () => { secret.remove(); this.#render(next); } }, this.word("done"));
      show.replaceWith(secret, go);
      secret.focus({ preventScroll: true });
      this.#see(go);
    };
  }

  #end(end) {
    this.#parts.question.append(h("div", { id: "asked", className: "asked" }, rich(null, end.text || this.word("ended"))), h("div", { className: "row" }, h("button", { type: "button", onclick: () => this.#restart() }, this.word("anew"))));
    stored(this.#store, this.#place, null);
    this.#tell("end", { outcome: end.outcome });
  }

  #over(text) {
    const { question } = this.#parts;
    this.#clear();
    question.hidden = false;
    question.replaceChildren(h("div", { id: "asked", className: "asked" }, text), h("div", { className: "row" }, h("button", { type: "button", className: "send", onclick: () => this.#restart() }, this.word("anew"))));
    this.#focus();
  }

  #wrong(text, field) {
    const { question } = this.#parts;
    question.hidden = false;
    question.querySelector(".wrong")?.remove();
    for (const each of question.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
    const input = field ?? question.querySelector("form .field");
    input?.setAttribute("aria-invalid", "true");
    // Where focus moves, the description is read with it; where it is there already, only an alert is heard.
    const there = input && this.#root.activeElement === input;
    const told = h("p", { className: "wrong", id: "wrong", dir: "auto", attrs: { role: there ? "alert" : null } }, text);
    const before = question.querySelector("form, .choices");
    before ? before.before(told) : question.append(told);
    if (!this.#turn) question.replaceChildren(h("div", { id: "asked", className: "asked" }, told), h("div", { className: "row" }, h("button", { type: "button", className: "send", onclick: () => this.#begin() }, this.word("retry"))));
    (input ?? question).focus({ preventScroll: true });
    this.#see(question.lastElementChild);
  }

  #work(on) {
    const p = this.#parts;
    this.#busy = on;
    p.panel.setAttribute("aria-busy", on);
    clearTimeout(this.slow);
    p.panel.classList.remove("slow");
    if (on) this.slow = setTimeout(() => { p.panel.classList.add("slow"); p.dots.hidden = false; p.scroll.scrollTop = p.scroll.scrollHeight; if (!p.status.textContent) this.#say(this.word("working")); }, 400);
    else {
      p.dots.hidden = true;
      if (this.#missed) setTimeout(() => this.#missed && this.#elsewhere(this.#missed));
      if (p.status.firstChild?.data === this.word("working")) this.#say("");
    }
  }

  #say(text) { if (this.#parts.status.textContent !== text) this.#parts.status.textContent = text; }

  // Only seen: a clock that is read out every second helps nobody.
  #clock(seconds) {
    const { status } = this.#parts;
    if (status.firstChild?.data !== this.word("working")) return;
    status.querySelector("span")?.remove();
    status.append(h("span", { attrs: { "aria-hidden": "true" } }, ` ${seconds} s`));
  }

  async #restart() {
    if (this.#busy) return;
    if (this.#held && this.#turn && !this.#turn.end) await this.#ask("POST", "/stop", {}, { "Idempotency-Key": key() });
    stored(this.#store, this.#place, null);
    await (this.#held ? this.#start() : this.#begin());
    this.#focus();
  }

  get #lines() {
    const { log, question } = this.#parts;
    const texts = (each) => [...each.querySelectorAll("p, li, span")].filter((line) => !line.parentElement.closest("p, li, span") && !line.querySelector("p, li")).map((line) => line.textContent);
    return [...log.querySelectorAll(".said, .did, .mine"), question.querySelector("#asked")].filter(Boolean).flatMap((each) => (each.className === "mine" ? [`> ${texts(each).join(" ")}`, ""] : texts(each)));
  }

  async #copy() {
    const text = [this.#parts.title.textContent, "", ...this.#lines].join("\n");
    try { await navigator.clipboard.writeText(text); } catch {
      // Pages without TLS have no clipboard of this kind.
      const held = this.#root.activeElement;
      const area = this.#root.appendChild(h("textarea", { value: text }));
      area.select();
      document.execCommand("copy");
      area.remove();
      held?.focus();
    }
    this.#say(this.word("copied"));
  }

  // Prints the conversation, and not the page around it.
  #print() {
    const frame = this.#root.appendChild(h("iframe", { title: this.word("print") }));
    Object.assign(frame.style, { position: "fixed", inlineSize: 0, blockSize: 0, border: 0 });
    const { document: page } = frame.contentWindow;
    page.title = this.#parts.title.textContent;
    page.body.append(h("h1", {}, page.title), ...this.#lines.map((line) => h("p", { dir: "auto" }, line)));
    frame.contentWindow.onafterprint = () => setTimeout(() => frame.remove());
    frame.contentWindow.print();
  }
}

customElements.get("unstuck-help") ?? customElements.define("unstuck-help", UnstuckHelp);
