// Sends one message with nodemailer: straight to the first MX of the recipient's domain, or through
// a relay where one is named. A temporary refusal is tried again after ten minutes.
import { promises as dns } from "node:dns";
import { setTimeout as sleep } from "node:timers/promises";
import nodemailer from "nodemailer";

const [from, to, relay] = process.argv.slice(2);

async function attempt() {
  const hosts = relay ? [] : await dns.resolveMx(to.split("@")[1]);
  hosts.sort((a, b) => a.priority - b.priority);
  const transport = nodemailer.createTransport({
    host: relay || hosts[0].exchange,
    port: relay ? 587 : 25,
    name: "mail.sender.test",
    tls: { rejectUnauthorized: false },
  });
  await transport.sendMail({ from, to, subject: "Hello", text: "Hello\n" });
}

for (let i = 0; i < 5; i++) {
  try {
    await attempt();
    process.exit(0);
  } catch (why) {
    console.log(why.message);
  }
  await sleep(600 * 1000);
}
process.exit(1);
