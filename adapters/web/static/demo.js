// The demo page: says who is signed in, and shows the emails of the clinic's mail folder.
const widget = document.querySelector("unstuck-help");
const role = widget.dataset.role;
if (role !== "visitor") {
  widget.identity = async () => {
    const reply = await fetch("/demo/identity", { method: "POST", body: new URLSearchParams({ as: role }) });
    return reply.ok ? (await reply.json()).identity : null;
  };
}
const shown = document.querySelector("#mail");
let last = "";
async function look() {
  const reply = await fetch("/demo/mail").catch(() => null);
  if (reply?.ok) {
    const text = await reply.text();
    if (text !== last) {
      last = text;
      shown.replaceChildren(...JSON.parse(text).messages.map((each) => {
        const made = document.createElement("details");
        made.className = "mail";
        const head = document.createElement("summary");
        head.textContent = `${each.subject} → ${each.to}`;
        const body = document.createElement("pre");
        body.textContent = each.text;
        made.append(head, body);
        return made;
      }));
    }
  }
  setTimeout(look, 2000);
}
look();
