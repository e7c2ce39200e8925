// <unstuck-help>: a conversation with the practice's help, on the practice's own pages.
//
//   <script type="module" src="https://help.example/widget.js"></script>
//   <unstuck-help flow="where-is-my-email"></unstuck-help>
//
// Attributes: flow, mode (launcher | inline | page), embed, lang, dir, open, label.
// Property:   identity, an async function that gives a fresh signed token of whoever is signed in, or null.
// Events:     unstuck-open, unstuck-close, unstuck-turn (detail: seq), unstuck-end (detail: outcome).
// Styles:     --unstuck-accent, --unstuck-on-accent, --unstuck-paper, --unstuck-ink, --unstuck-quiet, --unstuck-line,
//             --unstuck-radius, --unstuck-font; parts: launcher panel header log question choice field send.
//
// Every text of a flow, of a person or of the clinic becomes a text node; nothing is ever read as markup.

const HOME = new URL(".", import.meta.url);

const WORDS = {
  en: {
    open: "Help", title: "Help", close: "Close", back: "Back", restart: "Start over", copy: "Copy", print: "Print",
    copied: "Copied.", send: "Send", skip: "Skip", next: "Continue", change: "Change", you: "You", show: "Show it once",
    shown: "This is shown only once. Write it down now.", done: "I have it", again: "Type it again",
    differ: "The two are not the same.", empty: "Please answer first.", search: "Search", menu: "More",
    working: "One moment…", lost: "The connection is gone. Trying again…", there: "Connected again.",
    ended: "This conversation has ended.", anew: "Start a new one", failed: "That did not work.", retry: "Try again",
    gone: "This conversation is not there any more.", stale: "This was answered in another window.", cut: "characters at least",
  },
};

const STYLE = `
:host { --accent: var(--unstuck-accent, #0b6b61); --on-accent: var(--unstuck-on-accent, #fff);
  --paper: var(--unstuck-paper, #fff); --ink: var(--unstuck-ink, #1c2526); --quiet: var(--unstuck-quiet, #5a6667);
  --line: var(--unstuck-line, #87989a); --tint: color-mix(in srgb, var(--accent) 9%, var(--paper));
  --bad: var(--unstuck-bad, #a3202a); --radius: var(--unstuck-radius, 14px);
  color-scheme: light dark; font: 1rem/1.5 var(--unstuck-font, system-ui, sans-serif); color: var(--ink); display: block; }
@media (prefers-color-scheme: dark) { :host(:not([theme=light])) { --accent: var(--unstuck-accent, #5fd0c2);
  --on-accent: var(--unstuck-on-accent, #04201d); --paper: var(--unstuck-paper, #161d1e); --ink: var(--unstuck-ink, #e8eeee);
  --quiet: var(--unstuck-quiet, #a9b6b7); --line: var(--unstuck-line, #6d7d7f); --bad: var(--unstuck-bad, #ff9a9f); } }
:host([theme=dark]) { --accent: var(--unstuck-accent, #5fd0c2); --on-accent: var(--unstuck-on-accent, #04201d);
  --paper: var(--unstuck-paper, #161d1e); --ink: var(--unstuck-ink, #e8eeee); --quiet: var(--unstuck-quiet, #a9b6b7);
  --line: var(--unstuck-line, #6d7d7f); --bad: var(--unstuck-bad, #ff9a9f); }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
button, input { font: inherit; color: inherit; min-block-size: 2.75rem; min-inline-size: 2.75rem; }
button { cursor: pointer; border: 1px solid var(--line); background: var(--paper); border-radius: calc(var(--radius) * .7);
  padding: .45rem .9rem; text-align: start; }
button:hover { background: var(--tint); } button[disabled] { cursor: default; opacity: .6; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.launcher { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 2147483000; background: var(--accent);
  color: var(--on-accent); border-color: transparent; border-radius: 2rem; padding: .7rem 1.3rem; font-weight: 600;
  box-shadow: 0 3px 14px rgb(0 0 0 / .28); }
.launcher:hover { background: color-mix(in srgb, var(--accent) 88%, #000); }
.panel { background: var(--paper); display: flex; flex-direction: column; border: 1px solid var(--line);
  border-radius: var(--radius); overflow: hidden; min-inline-size: 0; max-inline-size: 100%; }
:host([mode=launcher]) .panel, :host(:not([mode])) .panel { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem;
  z-index: 2147483001; inline-size: min(26rem, calc(100vw - 2rem)); block-size: min(42rem, calc(100dvh - 2rem));
  box-shadow: 0 8px 40px rgb(0 0 0 / .32); }
:host([mode=page]) .panel { border: 0; border-radius: 0; min-block-size: 100dvh; max-inline-size: 44rem; margin-inline: auto; }
@media (max-width: 30rem) { :host([mode=launcher]) .panel, :host(:not([mode])) .panel { inset: 0; inline-size: 100%;
  block-size: 100dvh; border: 0; border-radius: 0; } }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem; padding: .3rem .4rem .3rem .9rem; background: var(--accent);
  color: var(--on-accent); }
header h2 { font-size: 1.05rem; margin: 0; flex: 1 1 6rem; min-inline-size: 0; overflow-wrap: anywhere; }
header button { background: transparent; border-color: transparent; padding: .4rem .6rem; text-align: center; }
header button:hover { background: color-mix(in srgb, var(--on-accent) 18%, transparent); }
header :focus-visible { outline-color: var(--on-accent); outline-offset: -3px; }
footer { display: flex; flex-wrap: wrap; gap: .25rem; padding: .2rem .5rem; border-block-start: 1px solid var(--line); }
footer button { border-color: transparent; color: var(--quiet); font-size: .9rem; padding: .3rem .5rem; }
.scroll { flex: 1; overflow-y: auto; padding: .9rem; display: flex; flex-direction: column; gap: .65rem; overflow-wrap: anywhere; }
.log { display: flex; flex-direction: column; gap: .65rem; }
.said p, .question p { margin: 0 0 .4rem; } .said > :last-child, .question > :last-child { margin-block-end: 0; }
.mine { align-self: flex-end; max-inline-size: 88%; background: var(--tint); border-radius: var(--radius); padding: .4rem .5rem .4rem .9rem;
  display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: center; }
.mine button { padding: .1rem .6rem; min-block-size: 2rem; font-size: .875rem; background: transparent; }
.did { color: var(--quiet); font-size: .925rem; padding-inline-start: 1.3rem; position: relative; }
.did::before { content: "✓"; position: absolute; inset-inline-start: 0; color: var(--accent); } .did.bad::before { content: "!"; color: var(--bad); }
.path { display: flex; flex-wrap: wrap; gap: .3rem; padding: 0; margin: 0 0 .4rem; list-style: none; }
.path li { border: 1px solid var(--line); border-radius: .4rem; padding: 0 .5rem; font-size: .925rem; }
.path li + li::before { content: "→"; margin-inline: -1.05rem .8rem; color: var(--quiet); } .path li + li { margin-inline-start: 1rem; }
:host(:dir(rtl)) .path li + li::before { content: "←"; }
.question { border-block-start: 1px solid var(--line); padding-block-start: .75rem; } .question:focus { outline: none; }
.hint, .effect, .detail { color: var(--quiet); font-size: .9rem; }
.choices { display: grid; gap: .5rem; margin-block-start: .6rem; } .choices button { display: grid; inline-size: 100%; }
.choices button { border-color: var(--accent); } .effect::before { content: "→ "; }
form { display: grid; gap: .5rem; margin-block-start: .6rem; } label { display: grid; gap: .25rem; }
label.pick { display: flex; gap: .6rem; align-items: center; border: 1px solid var(--line); border-radius: .6rem; padding-inline: .8rem; min-block-size: 2.75rem; }
label.pick input { min-inline-size: 1.2rem; inline-size: 1.2rem; min-block-size: 1.2rem; accent-color: var(--accent); }
input[type=text], input[type=email], input[type=tel], input[type=date], input[type=password], input[type=search], input[inputmode] { inline-size: 100%;
  border: 1px solid var(--line); border-radius: .6rem; padding: .4rem .7rem; background: var(--paper); }
.row { display: flex; flex-wrap: wrap; gap: .5rem; } .send { background: var(--accent); color: var(--on-accent); border-color: transparent; font-weight: 600; }
.send:hover { background: color-mix(in srgb, var(--accent) 88%, #000); }
.wrong { color: var(--bad); margin: 0; } .wrong::before { content: "! "; font-weight: 700; }
.secret { font: 1.15rem/1.6 ui-monospace, monospace; border: 2px dashed var(--accent); border-radius: .6rem; padding: .5rem .8rem; margin: .5rem 0; user-select: all; }
.status { min-block-size: 1.5rem; padding: .2rem .9rem; color: var(--quiet); font-size: .9rem; }
.bar { block-size: 3px; background: var(--accent); transform-origin: 0 0; animation: slide 1.4s infinite ease-in-out; }
@keyframes slide { 0% { transform: scaleX(.05) } 60% { transform: scaleX(.7) } 100% { transform: scaleX(1); opacity: 0 } }
code { font-family: ui-monospace, monospace; } a { color: var(--accent); }
@media (prefers-reduced-motion: reduce) { .bar { animation: none; } }
@media (forced-colors: active) { button, .panel, .mine, .send, .launcher { border: 1px solid ButtonText; } }
@media print { .launcher, .status, form, .choices, header button, footer { display: none } :host .panel { position: static !important; block-size: auto !important; inline-size: auto !important; } .scroll { overflow: visible } }
`;

const h = (tag, props = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), props);
  for (const [name, value] of Object.entries(props.attrs ?? {})) if (value != null) made.setAttribute(name, value);
  made.append(...children.filter((child) => child != null));
  return made;
};

const span = (each) => {
  let made = document.createTextNode(each.text);
  if (each.style === "code") made = h("code", {}, made);
  if (each.style === "link" && /^https:\/\//i.test(each.href ?? ""))
    made = h("a", { href: each.href, target: "_blank", rel: "noopener noreferrer" }, made);
  if (each.style === "data") made = h("bdi", {}, made);
  return each.strong || each.style === "strong" ? h("strong", {}, made) : made;
};

const rich = (blocks, text) => {
  if (!blocks?.length) return [h("p", {}, text)];
  const made = [];
  let list = null;
  for (const { kind, spans } of blocks) {
    const want = { item: "UL", number: "OL" }[kind];
    if (want) {
      if (list?.tagName !== want) made.push((list = h(want)));
      list.append(h("li", {}, ...spans.map(span)));
      continue;
    }
    list = null;
    made.push(kind === "path" ? h("ol", { className: "path" }, ...spans.map((each) => h("li", {}, span(each)))) : h("p", {}, ...spans.map(span)));
  }
  return made;
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const key = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

class UnstuckHelp extends HTMLElement {
  static observedAttributes = ["open"];
  identity = null;
  #root = this.attachShadow({ mode: "open", delegatesFocus: false });
  #held = null;
  #turn = null;
  #busy = false;
  #parts = {};
  #channel = null;

  connectedCallback() {
    if (this.#parts.panel) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    this.#build();
    this.#channel = new BroadcastChannel(`unstuck ${this.#place}`);
    this.#channel.onmessage = ({ data }) => this.#elsewhere(data);
    if (this.#mode !== "launcher" || this.hasAttribute("open")) this.#show(this.#mode === "launcher");
  }

  disconnectedCallback() { this.#channel?.close(); }
  attributeChangedCallback(name, was, is) { if (this.#parts.panel && was !== is) is === null ? this.#hide() : this.#show(true); }

  get #mode() { return this.getAttribute("mode") ?? "launcher"; }
  get #place() { return `unstuck:${HOME.origin}:${this.getAttribute("embed") ?? ""}:${this.getAttribute("flow") ?? ""}`; }
  get #store() { return this.identity ? sessionStorage : localStorage; }
  word(name) { return this.strings?.[name] ?? WORDS[this.#lang]?.[name] ?? WORDS.en[name]; }
  get #lang() { return (this.closest("[lang]")?.lang || "en").slice(0, 2); }

  // -- the frame -------------------------------------------------------------------------------

  #build() {
    const p = this.#parts;
    const button = (name, act, props = {}) => h("button", { type: "button", onclick: act, ...props }, this.word(name));
    p.launcher = h("button", { type: "button", className: "launcher", onclick: () => this.toggleAttribute("open", true), attrs: { part: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" } }, this.getAttribute("label") ?? this.word("open"));
    p.title = h("h2", { id: "title" }, this.word("title"));
    p.close = button("close", () => this.toggleAttribute("open", false));
    p.back = button("back", () => this.#send("back", {}), { hidden: true });
    p.header = h("header", { attrs: { part: "header" } }, p.title, p.back, p.close);
    p.footer = h("footer", {}, button("restart", () => this.#restart()), button("copy", () => this.#copy()), button("print", () => print()));
    p.log = h("div", { className: "log", attrs: { part: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", tabindex: "-1" } });
    p.question = h("div", { className: "question", tabIndex: -1, hidden: true, attrs: { part: "question", role: "group", "aria-labelledby": "asked" } });
    p.status = h("div", { className: "status", attrs: { role: "status" } });
    p.scroll = h("div", { className: "scroll", tabIndex: 0, attrs: { role: "group", "aria-labelledby": "title" } }, p.log, p.question);
    const launcher = this.#mode === "launcher";
    p.panel = h("section", { className: "panel", hidden: launcher, attrs: { part: "panel", role: launcher ? "dialog" : "region", "aria-labelledby": "title", lang: this.#lang } }, p.header, p.scroll, p.status, p.footer);
    p.close.hidden = !launcher;
    p.launcher.hidden = !launcher;
    this.#root.addEventListener("keydown", (event) => { if (event.key === "Escape" && launcher) this.toggleAttribute("open", false); });
    this.#root.append(p.launcher, p.panel);
  }

  async #show(focus) {
    const p = this.#parts;
    p.panel.hidden = false;
    p.launcher.hidden = true;
    p.launcher.setAttribute("aria-expanded", "true");
    this.dispatchEvent(new CustomEvent("unstuck-open"));
    if (!this.#turn) await this.#begin();
    if (focus) this.#focus();
  }

  #hide() {
    const p = this.#parts;
    if (this.#mode !== "launcher") return;
    p.panel.hidden = true;
    p.launcher.hidden = false;
    p.launcher.setAttribute("aria-expanded", "false");
    p.launcher.focus();
    this.dispatchEvent(new CustomEvent("unstuck-close"));
  }

  // -- talking to the server -------------------------------------------------------------------

  async #begin() {
    const kept = this.#store.getItem(this.#place);
    if (kept) {
      this.#held = JSON.parse(kept);
      const known = await this.#ask("GET", "");
      if (known) return this.#whole(known);
    }
    await this.#start();
  }

  async #start() {
    this.#forget();
    this.#parts.log.replaceChildren();
    const body = { flow: this.getAttribute("flow") ?? "", embed: this.getAttribute("embed") ?? "" };
    const identity = await this.#identify();
    if (identity) body.identity = identity;
    const made = await this.#request("POST", new URL("v1/sessions", HOME), body, { "Idempotency-Key": key() });
    if (!made) return;
    this.#held = { session: made.session, token: made.token };
    this.#keep();
    if (made.title) this.#parts.title.textContent = made.title;
    this.#render(made.turn);
  }

  async #identify() { try { return (await this.identity?.()) ?? null; } catch { return null; } }
  #keep() { this.#store.setItem(this.#place, JSON.stringify(this.#held)); }
  #forget() { this.#held = null; this.#turn = null; this.#store.removeItem(this.#place); }
  async #ask(method, path, body, headers) { return this.#request(method, new URL(`v1/sessions/${this.#held.session}${path}`, HOME), body, headers); }

  async #request(method, url, body, headers = {}) {
    this.#work(true);
    try {
      for (let attempt = 0; ; attempt++) {
        let reply;
        try {
          reply = await fetch(url, {
            method, credentials: "omit", cache: "no-store", body: body && JSON.stringify(body), redirect: "error",
            headers: { ...headers, ...(body && { "Content-Type": "application/json" }), ...(this.#held?.token && { Authorization: `Bearer ${this.#held.token}` }) },
          });
        } catch { /* the network is gone; the same request under the same key is safe to repeat */ }
        if (reply && ![502, 503, 504, 429].includes(reply.status)) {
          if (attempt) this.#say(this.word("there"));
          return await this.#read(reply, method, url, body, headers);
        }
        this.#say(this.word("lost"));
        await pause(Math.min(8000, 400 * 2 ** attempt) * (0.7 + 0.6 * Math.random()));
      }
    } finally { this.#work(false); }
  }

  async #read(reply, method, url, body, headers) {
    const told = await reply.json().catch(() => ({}));
    if (reply.ok) return told;
    if (reply.status === 409 && told.turn) { this.#say(this.word("stale")); this.#render(told.turn); return null; }
    if (reply.status === 401 && this.#held && (await this.#renew())) return this.#request(method, url, body, headers);
    if ([401, 404, 410].includes(reply.status) && this.#held) { this.#over(this.word("gone")); return null; }
    this.#wrong(told.detail ?? told.title ?? this.word("failed"));
    return null;
  }

  async #renew() {
    const identity = await this.#identify();
    if (!identity) return false;
    const reply = await fetch(new URL(`v1/sessions/${this.#held.session}/token`, HOME), { method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ identity, embed: this.getAttribute("embed") ?? "" }) }).catch(() => null);
    if (!reply?.ok) return false;
    this.#held.token = (await reply.json()).token;
    this.#keep();
    return true;
  }

  async #send(what, body, mine) {
    if (this.#busy) return;
    const asked = this.#turn?.prompt;
    const stream = this.#listen();
    const turn = await this.#ask("POST", `/${what}`, body, { "Idempotency-Key": key() });
    stream.abort();
    if (!turn) return;
    if (turn.transcript) return this.#whole(turn);
    if (mine != null && !turn.problem) {
      this.#parts.log.append(h("div", { className: "said" }, ...rich(asked.rich, asked.text)));
      this.#mine(mine, asked);
    }
    this.#render(turn);
    this.#channel.postMessage({ session: this.#held?.session, seq: turn.seq });
  }

  // Tells what is being done while a long action runs.
  #listen() {
    const stop = new AbortController();
    const { session, token } = this.#held;
    (async () => {
      const reply = await fetch(new URL(`v1/sessions/${session}/events`, HOME), { credentials: "omit", signal: stop.signal, headers: { Authorization: `Bearer ${token}`, Accept: "text/event-stream" } });
      if (!reply.ok) return;
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let kept = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return;
        const events = (kept + value).split("\n\n");
        kept = events.pop();
        for (const each of events) {
          const data = each.split("\n").find((line) => line.startsWith("data: "));
          if (data && this.#busy && each.startsWith("event: working")) this.#say(`${this.word("working")} (${JSON.parse(data.slice(6)).seconds} s)`);
        }
      }
    })().catch(() => {});
    return stop;
  }

  async #elsewhere({ session, seq }) {
    if (session !== this.#held?.session || this.#busy || (this.#turn?.seq ?? 0) >= seq) return;
    const known = await this.#ask("GET", "");
    if (known) this.#whole(known, false);
  }

  // -- showing ---------------------------------------------------------------------------------

  #whole(known, focus = true) {
    this.#parts.log.replaceChildren();
    if (known.title) this.#parts.title.textContent = known.title;
    for (const given of known.transcript ?? []) {
      this.#parts.log.append(h("div", { className: "said" }, ...rich(null, given.question)));
      this.#mine(given.answer, { id: given.prompt });
    }
    this.#render(known.turn, focus);
  }

  #mine(text, prompt) {
    const made = h("div", { className: "mine" }, h("bdi", {}, text));
    if (prompt?.id) {
      made.append(h("button", { type: "button", onclick: () => this.#send("change", { prompt: prompt.id }), attrs: { "aria-label": `${this.word("change")}: ${text}` } }, this.word("change")));
    }
    this.#parts.log.append(made);
  }

  #render(turn, focus = true) {
    const p = this.#parts;
    const same = turn.problem && this.#turn?.prompt?.id === turn.prompt?.id && turn.seq === this.#turn?.seq;
    if (same) return this.#wrong(turn.problem.text);
    this.#turn = turn;
    for (const did of turn.did) p.log.append(h("div", { className: did.error || did.outcome === "unknown" ? "did bad" : "did" }, did.text || did.action));
    for (const said of turn.say) p.log.append(h("div", { className: "said" }, ...rich(said.rich, said.text)));
    p.back.hidden = !turn.prompt || turn.seq <= 1;
    p.question.replaceChildren();
    p.question.hidden = false;
    if (turn.reveal) this.#secret(turn.reveal);
    else if (turn.prompt) this.#question(turn.prompt);
    else if (turn.end) this.#end(turn.end);
    if (turn.problem) this.#wrong(turn.problem.text);
    this.#say("");
    this.dispatchEvent(new CustomEvent("unstuck-turn", { detail: { seq: turn.seq } }));
    if (focus) this.#focus();
    p.question.scrollIntoView?.({ block: "nearest" });
  }

  #focus() {
    const p = this.#parts;
    if (p.panel.hidden || (this.#mode !== "launcher" && !this.#root.activeElement && !this.#turn?.seq)) return;
    (p.question.querySelector("input, .choices button") && this.#turn?.prompt?.kind !== "choice" ? p.question.querySelector("input") ?? p.question : p.question).focus({ preventScroll: true });
  }

  #question(prompt) {
    const { question } = this.#parts;
    const asked = h("div", { id: "asked" }, ...rich(prompt.rich, prompt.text));
    question.append(asked);
    if (prompt.hint) question.append(h("div", { className: "hint", id: "hint" }, prompt.hint));
    const answer = (value, label) => this.#send("answers", { answer: value, prompt: prompt.id, seq: this.#turn.seq }, label);
    const choices = prompt.choices ?? (prompt.kind === "yes-no" ? [{ id: "yes", label: "Yes" }, { id: "no", label: "No" }] : null);
    if (choices && prompt.kind !== "several") question.append(this.#choices(choices, answer));
    else question.append(this.#form(prompt, choices, answer));
    if (prompt.optional) question.append(h("div", { className: "row" }, h("button", { type: "button", onclick: () => answer(null, this.word("skip")) }, this.word("skip"))));
  }

  #choices(choices, answer) {
    const list = h("div", { className: "choices" });
    for (const choice of choices) {
      list.append(h("button", { type: "button", onclick: () => answer(choice.id, choice.label), attrs: { part: "choice" } }, h("bdi", {}, choice.label),
        choice.detail && h("bdi", { className: "detail" }, choice.detail), choice.effect && h("span", { className: "effect" }, choice.effect)));
    }
    if (choices.length < 9) return list;
    const search = h("input", { type: "search", attrs: { "aria-label": this.word("search"), placeholder: this.word("search") } });
    search.oninput = () => { for (const each of list.children) each.hidden = !each.textContent.toLowerCase().includes(search.value.toLowerCase()); };
    return h("div", { className: "choices" }, search, list);
  }

  #form(prompt, choices, answer) {
    const kinds = { email: ["email", "email"], phone: ["tel", "tel"], date: ["date", "bday"], number: ["text", "off"], secret: ["password", prompt.twice ? "new-password" : "current-password"] };
    const [type, complete] = kinds[prompt.kind] ?? ["text", "off"];
    const field = (name) => h("input", { type, name, autocomplete: complete, spellcheck: false, required: !prompt.optional, maxLength: 4000, attrs: { "aria-labelledby": name === "again" ? null : "asked", "aria-describedby": "hint wrong", part: "field", inputmode: prompt.kind === "number" ? "decimal" : null, dir: ["email", "phone"].includes(prompt.kind) ? "ltr" : "auto" } });
    const inputs = choices
      ? choices.map((choice) => h("label", { className: "pick" }, h("input", { type: "checkbox", name: "pick", value: choice.id }), h("span", {}, h("bdi", {}, choice.label), choice.effect && h("span", { className: "effect" }, ` ${choice.effect}`))))
      : [field("value"), prompt.twice && h("label", {}, this.word("again"), field("again"))];
    const form = h("form", { noValidate: true, attrs: { "aria-labelledby": "asked" } }, ...inputs.filter(Boolean), h("div", { className: "row" }, h("button", { type: "submit", className: "send", attrs: { part: "send" } }, this.word("send"))));
    form.onsubmit = (event) => {
      event.preventDefault();
      if (choices) {
        const picked = [...form.querySelectorAll(":checked")].map((each) => each.value);
        const labels = choices.filter((each) => picked.includes(each.id)).map((each) => each.label);
        return picked.length || prompt.optional ? answer(picked, labels.join(", ") || "–") : this.#wrong(this.word("empty"));
      }
      const { value, again } = form.elements;
      if (!value.value && !prompt.optional) return this.#wrong(this.word("empty"), value);
      if (prompt.least && value.value.length < prompt.least) return this.#wrong(`${prompt.least} ${this.word("cut")}`, value);
      if (again && again.value !== value.value) return this.#wrong(this.word("differ"), again);
      answer(value.value, prompt.kind === "secret" ? "••••••••" : value.value);
      if (prompt.kind === "secret") form.reset();
    };
    return form;
  }

  #secret(reveal) {
    const { question } = this.#parts;
    question.append(h("p", { id: "asked" }, reveal.label), h("p", { className: "hint" }, this.word("shown")));
    const show = h("button", { type: "button", className: "send" }, this.word("show"));
    show.onclick = async () => {
      const turn = await this.#ask("POST", `/reveals/${encodeURIComponent(reveal.id)}`);
      if (!turn) return;
      const go = h("button", { type: "button", className: "send", onclick: () => { shown.remove(); this.#render({ ...turn, reveal: turn.reveal?.next }); } }, this.word("done"));
      const shown = h("div", {}, h("div", { className: "secret", dir: "ltr", tabIndex: -1 }, turn.reveal?.value ?? ""), go);
      if (turn.reveal?.value == null) return this.#render(turn);
      show.replaceWith(shown);
      shown.firstChild.focus();
    };
    question.append(show);
  }

  #end(end) {
    const { question } = this.#parts;
    question.append(h("div", { id: "asked" }, ...rich(null, end.text || this.word("ended"))), h("div", { className: "row" }, h("button", { type: "button", onclick: () => this.#restart() }, this.word("anew"))));
    this.#store.removeItem(this.#place);
    this.dispatchEvent(new CustomEvent("unstuck-end", { detail: { outcome: end.outcome } }));
  }

  #over(text) {
    const { question } = this.#parts;
    this.#forget();
    question.hidden = false;
    question.replaceChildren(h("p", { id: "asked" }, text), h("button", { type: "button", className: "send", onclick: () => this.#restart() }, this.word("anew")));
    question.focus();
  }

  #wrong(text, field) {
    const { question } = this.#parts;
    question.hidden = false;
    question.querySelector(".wrong")?.remove();
    const input = field ?? question.querySelector("input:not([type=checkbox])");
    for (const each of question.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
    input?.setAttribute("aria-invalid", "true");
    const told = h("p", { className: "wrong", id: "wrong", attrs: { role: "alert" } }, text);
    const form = question.querySelector("form, .choices");
    form ? form.before(told) : question.append(told);
    if (!this.#turn) question.append(h("button", { type: "button", className: "send", onclick: () => this.#start() }, this.word("retry")));
    (input ?? question).focus();
  }

  #work(on) {
    this.#busy = on;
    const p = this.#parts;
    p.panel.setAttribute("aria-busy", String(on));
    clearTimeout(this.slow);
    p.bar?.remove();
    if (!on) { if (p.status.textContent === this.word("working")) this.#say(""); return; }
    this.slow = setTimeout(() => { p.status.before((p.bar = h("div", { className: "bar" }))); if (!p.status.textContent) this.#say(this.word("working")); }, 400);
  }

  #say(text) { if (this.#parts.status.textContent !== text) this.#parts.status.textContent = text; }
  async #restart() { if (this.#held && this.#turn && !this.#turn.end) await this.#ask("POST", "/stop", {}); await this.#start(); this.#focus(); }
  async #copy() { const text = [...this.#parts.log.children, this.#parts.question.querySelector("#asked")].filter(Boolean).map((each) => each.querySelector?.("bdi:only-of-type")?.textContent && each.className === "mine" ? `> ${each.firstChild.textContent}` : each.innerText).join("\n"); await navigator.clipboard.writeText(text); this.#say(this.word("copied")); }
}

customElements.get("unstuck-help") ?? customElements.define("unstuck-help", UnstuckHelp);
