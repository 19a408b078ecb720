// The pay page: create the payment, let Stripe's element take the card, then ask the server to confirm.
// What Stripe.js reports is only a hint; the server reads the payment from Stripe itself.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("payment-form");
  const button = document.getElementById("submit");
  const message = document.getElementById("message");
  const other = document.getElementById("other-amount");
  const words = JSON.parse(form.dataset.words);
  const api = `/api/public/pay/${form.dataset.token}`;
  let label = button.textContent;
  let stripe, elements, payment;

  const say = (text) => {
    message.textContent = text;
    message.hidden = !text;
  };
  const busy = (on, text) => {
    button.disabled = on;
    button.textContent = on && text ? text : label;
  };
  const show = (id) => {
    form.hidden = true;
    document.getElementById("pay-title").hidden = true;
    const panel = document.getElementById(id);
    panel.hidden = false;
    panel.focus();
  };
  const explain = (error) => {
    if (!navigator.onLine) return words.offline;
    return words[error.code] || (error.status >= 500 || !error.status ? words.busy : words.failed);
  };

  async function post(path, body) {
    const response = await fetch(api + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body || {}),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(), { code: answer.code, status: response.status });
    return answer;
  }

  function chosen() {
    const picked = form.querySelector("input[name=part]:checked");
    if (!picked) return {};
    return { amount: picked.value === "other" ? other.value : picked.value };
  }

  async function confirm(intentId) {
    // The money may have moved already: a failure here must never read like an unpaid invoice.
    for (let attempt = 0; attempt < 4; attempt += 1) {
      try {
        await post("/confirm-payment", { paymentIntentId: intentId });
        return show("done");
      } catch (error) {
        if (error.code === "payment_in_progress") return show("clearing");
        if (error.code === "payment_not_completed") throw error;
        await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
      }
    }
    return show("unsure");
  }

  function mount() {
    const element = elements.create("payment");
    element.on("ready", () => busy(false));
    element.on("loaderror", () => say(words.load));
    document.getElementById("payment-element").replaceChildren();
    element.mount("#payment-element");
  }

  function take(created) {
    const changed = !payment || created.clientSecret !== payment.clientSecret;
    payment = created;
    label = words.pay.replace("%(amount)s", created.amountText);
    if (!changed) return false;
    stripe = window.Stripe(payment.publishableKey, {
      stripeAccount: payment.stripeAccount,
      locale: form.dataset.language.split("-")[0],
    });
    elements = stripe.elements({ clientSecret: payment.clientSecret });
    mount();
    return true;
  }

  async function start() {
    if (typeof window.Stripe !== "function") {
      document.getElementById("loading").hidden = true;
      return say(words.blocked);
    }
    try {
      take(await post("/create-payment", chosen()));
    } catch (error) {
      document.getElementById("loading").hidden = true;
      return say(explain(error));
    }
    busy(true);
    return undefined;
  }

  // Right before paying, the payment is brought to what this window shows: another one may have changed it.
  async function ready() {
    const shown = label;
    const fresh = take(await post("/create-payment", chosen()));
    if (elements.fetchUpdates) await elements.fetchUpdates();
    if (fresh || label !== shown) {
      say(words.again);
      busy(fresh);
      return false;
    }
    return true;
  }

  async function pay() {
    const checked = await elements.submit();
    if (checked && checked.error) throw Object.assign(new Error(), { shown: checked.error.message });
    const result = await stripe.confirmPayment({
      elements,
      clientSecret: payment.clientSecret,
      confirmParams: { return_url: window.location.href.split("?")[0] },
      redirect: "if_required",
    });
    const intentId = result.paymentIntent ? result.paymentIntent.id : payment.clientSecret.split("_secret")[0];
    if (!result.error) return confirm(intentId);
    if (result.error.type === "card_error" || result.error.type === "validation_error") {
      throw Object.assign(new Error(), { shown: result.error.message });
    }
    // The connection broke, or something unforeseen: only the server can tell whether money moved.
    return confirm(intentId);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    if (!navigator.onLine) return say(words.offline);
    say("");
    busy(true, words.paying);
    try {
      if (await ready()) await pay();
    } catch (error) {
      say(error.shown || (error.code === "payment_not_completed" ? words.failed : explain(error)));
      busy(false);
    }
    return undefined;
  });

  form.addEventListener("change", async (event) => {
    if (event.target.name !== "part" && event.target !== other) return;
    other.disabled = !document.getElementById("other").checked;
    if (!other.disabled && !other.value) return other.focus();
    say("");
    if (!form.reportValidity()) return undefined;
    busy(true);
    try {
      take(await post("/create-payment", chosen()));
      if (elements.fetchUpdates) await elements.fetchUpdates();
    } catch (error) {
      say(explain(error));
    }
    return busy(false);
  });

  const back = new URLSearchParams(window.location.search).get("payment_intent");
  if (back && /^pi_\w+$/.test(back)) confirm(back).catch(() => start());
  else start();
});
