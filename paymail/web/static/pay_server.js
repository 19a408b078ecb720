// What the pay page asks the server, and what a browser remembers of a payment under way.

export const PATIENCE_MS = 20000;
// Between two questions what became of a payment: doubling up to half a minute, well within the rate limit.
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;
// This many questions without an answer, and the customer is told that we do not know.
const SILENT = 4;

export const fault = (what) => Object.assign(new Error(), what);

export function connect(token) {
  const api = `/api/public/pay/${token}`;

  async function post(path, body) {
    const response = await fetch(api + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout?.(PATIENCE_MS),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw fault({ code: answer.code, status: response.status });
    return answer;
  }

  // So that a page that is reloaded meanwhile asks what became of the payment.
  function remember(intentId) {
    try {
      if (intentId) sessionStorage.setItem(api, intentId);
      else sessionStorage.removeItem(api);
    } catch {
      // Without storage the webhook brings the news.
    }
  }

  function remembered() {
    try {
      return sessionStorage.getItem(api);
    } catch {
      return null;
    }
  }

  // What became of a payment: done, clearing, or waiting for the customer's own act. Throws when it was not
  // made, or when nobody can tell.
  async function ask(path, intentId) {
    try {
      await post(path, { paymentIntentId: intentId });
      return "done";
    } catch (error) {
      if (error.code === "payment_in_progress") return "clearing";
      if (error.code === "payment_waiting") return "waiting";
      throw error;
    }
  }

  const look = (intentId) => ask("/confirm-payment?look=1", intentId);

  // The money may have moved already: a failure here must never read like an unpaid invoice.
  // It is asked for as long as nobody can tell; `unsure` is called when that takes long, or our records are away.
  async function confirm(intentId, unsure) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const became = await ask("/confirm-payment", intentId);
        remember("");
        return became;
      } catch (error) {
        if (error.code === "payment_not_completed" || error.code === "wrong_payment_intent") {
          remember("");
          throw error;
        }
        if (error.code === "database_unavailable" || attempt + 1 >= SILENT) unsure();
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  // What our records say of the invoice; Stripe is not asked.
  async function invoice() {
    const response = await fetch(api, { signal: AbortSignal.timeout?.(PATIENCE_MS) });
    if (!response.ok) throw fault({ status: response.status });
    return response.json();
  }

  return { post, remember, remembered, look, confirm, invoice };
}
