// The demo page: puts the widget into it, says who is signed in, and shows the emails of the clinic's mail folder.

const place = document.querySelector("#help");
const { flow, embed, role, who } = place.dataset;
const widget = document.createElement("unstuck-help");
for (const [name, value] of Object.entries({ flow, embed, mode: "inline" })) widget.setAttribute(name, value);
if (role !== "visitor") {
  widget.identity = async () => {
    const reply = await fetch("/demo/identity", { method: "POST", body: JSON.stringify({ as: role, who }) });
    return reply.ok ? (await reply.json()).identity : null;
  };
}
place.append(widget);

const chosen = document.querySelector("select");
chosen?.addEventListener("change", () => chosen.form.submit());
document.querySelector("form.demo").classList.add("live");

// -- the mailbox --------------------------------------------------------------------------------------------

const LOOKS_EVERY = 1000;
const shown = document.querySelector("#mail");
const seen = new Map();
let last = null;

const part = (tag, name, ...inside) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...inside);
  return made;
};

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short", dateStyle: "medium" });

// Only text nodes: what an email holds is no markup here. Its lines were broken for screens of 80 letters.
const paragraphs = (text) => text.trim().split(/\n\s*\n/).map((each) => part("p", "", each.replace(/\s*\n\s*/g, " ")));

function letter(each, isNew) {
  const when = part("time", "", time.format(each.at));
  when.dateTime = new Date(each.at).toISOString();
  const head = part("summary", "", part("span", "subject", each.subject), part("span", "to", `to ${each.to}`), when);
  const made = part("details", isNew ? "letter new" : "letter", head, part("p", "from", `from ${each.from}`), part("div", "text", ...paragraphs(each.text)));
  made.open = isNew;
  return made;
}

function announce({ subject }) {
  const arrived = document.querySelector("#arrived");
  const link = part("a", "", `An email arrived: ${subject}`);
  link.href = "#mails";
  arrived.replaceChildren(link);
  clearTimeout(announce.over);
  announce.over = setTimeout(() => arrived.replaceChildren(), 10000);
}

function show(messages) {
  const first = last === null;
  const fresh = messages.filter((each) => !seen.has(each.id));
  for (const each of messages) if (!seen.has(each.id)) seen.set(each.id, letter(each, !first));
  shown.replaceChildren(...messages.map((each) => seen.get(each.id)));
  if (!messages.length) shown.append(part("p", "none", "No email has been sent yet."));
  if (!first && fresh.length) announce(fresh[0]);
}

async function look() {
  if (!document.hidden) {
    const reply = await fetch("/demo/mail").catch(() => null);
    const text = reply?.ok ? await reply.text() : last;
    if (text !== last) {
      show(JSON.parse(text).messages);
      last = text;
    }
  }
  setTimeout(look, LOOKS_EVERY);
}
if (shown) look();
