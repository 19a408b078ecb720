// The page of a payment that waits for the customer: it looks again now and then, and shows what came of it.
import { connect } from "./pay_server.js";

document.addEventListener("DOMContentLoaded", () => {
  // An approval is answered within a minute or so: Stripe itself is asked. Of a code, days later, we are told.
  const QUICK_MS = 7000; // within the rate limit of ten a minute
  const SLOW_MS = 30000;
  const LATE_MS = 60000;
  const GIVE_UP_MS = 3600000;
  const page = document.getElementById("waiting");
  const { token, intent, act } = page.dataset;
  const server = connect(token);
  const began = Date.now();

  const reload = (said) => window.location.replace(`/pay/${token}${said ? `?said=${said}#pay-title` : ""}`);

  // Whether it still waits; otherwise the page is shown anew.
  async function look() {
    try {
      if ((await server.look(intent)) === "waiting") return;
      reload();
    } catch (error) {
      if (error.code === "payment_not_completed") reload("not_paid");
    }
  }

  async function ask() {
    const invoice = await server.invoice().catch(() => null);
    if (invoice && !invoice.waiting) reload();
  }

  async function watch() {
    const passed = Date.now() - began;
    const quick = act === "approval" && passed < LATE_MS;
    if (!document.hidden) await (quick ? look() : ask());
    if (act === "approval" && passed >= LATE_MS) document.getElementById("late").hidden = false;
    if (passed < GIVE_UP_MS) setTimeout(watch, quick ? QUICK_MS : SLOW_MS);
  }

  setTimeout(watch, act === "approval" ? QUICK_MS : SLOW_MS);
  // A page that comes back out of the browser's memory, or to the front, shows what was true when it was left.
  window.addEventListener("pageshow", (event) => event.persisted && reload());
  document.addEventListener("visibilitychange", () => !document.hidden && ask());
});
