// better-auth with its admin plugin, in memory, on a free port of this machine: a vendor's accounts that
// nobody here designed. Prints its address; the mails that it would send are at /mails.
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { admin } from "better-auth/plugins";

const mails = [];
const db = { user: [], session: [], account: [], verification: [], rateLimit: [] };
const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const address = `http://127.0.0.1:${server.address().port}`;

const auth = betterAuth({
  baseURL: address,
  secret: randomBytes(32).toString("hex"),
  database: memoryAdapter(db),
  emailAndPassword: {
    enabled: true,
    sendResetPassword: async ({ user, url }) => void mails.push({ to: user.email, url }),
  },
  rateLimit: {
    enabled: true,
    max: 10_000,
    customRules: {
      "/sign-in/email": { window: 10, max: 10_000 },
      "/request-password-reset": { window: 60, max: 2 },
    },
  },
  plugins: [admin()],
});

for (const [name, email, role] of [
  ["Office", "office@clinic.example", "admin"],
  ["Ana Souza", "ana@mail.example", "user"],
  ["Bruno Keller", "bruno@mail.example", "user"],
  ["Bruno Kellermann", "kellermann@mail.example", "user"],
]) {
  await auth.api.signUpEmail({ body: { name, email, password: process.env.PASSWORD } });
  db.user.find((user) => user.email === email).role = role;
}

const handled = toNodeHandler(auth);
server.on("request", (request, response) => {
  if (request.url !== "/mails") return handled(request, response);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(mails));
});
console.log(address);
