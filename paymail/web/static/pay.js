// The pay page: create the payment, let Stripe's element take the card, then ask the server to confirm.
// What Stripe.js reports is only a hint; the server reads the payment from Stripe itself.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("payment-form");
  const button = document.getElementById("submit");
  const message = document.getElementById("message");
  const api = `/api/public/pay/${form.dataset.token}`;
  const label = button.textContent;
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

  async function post(path, body) {
    const response = await fetch(api + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body || {}),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(answer.detail || "Something went wrong."), { code: answer.code });
    return answer;
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
    return show("clearing");
  }

  async function start() {
    if (typeof window.Stripe !== "function") {
      document.getElementById("loading").hidden = true;
      return say("The payment form could not be loaded. Please check that your browser does not block Stripe, and reload.");
    }
    try {
      payment = await post("/create-payment");
    } catch (error) {
      document.getElementById("loading").hidden = true;
      return say(error.message);
    }
    stripe = window.Stripe(payment.publishableKey, { stripeAccount: payment.stripeAccount });
    elements = stripe.elements({ clientSecret: payment.clientSecret });
    const element = elements.create("payment");
    element.on("ready", () => busy(false));
    element.on("loaderror", () => say("The payment form could not be loaded. Please reload the page."));
    document.getElementById("loading").hidden = true;
    element.mount("#payment-element");
    return undefined;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    say("");
    busy(true, "Paying…");
    try {
      const checked = await elements.submit();
      if (checked && checked.error) throw new Error(checked.error.message);
      const result = await stripe.confirmPayment({
        elements,
        clientSecret: payment.clientSecret,
        confirmParams: { return_url: window.location.href },
        redirect: "if_required",
      });
      if (result.error) throw new Error(result.error.message);
      await confirm(result.paymentIntent.id);
    } catch (error) {
      say(error.message || "The payment did not go through. You can try again.");
      busy(false);
    }
  });

  const back = new URLSearchParams(window.location.search).get("payment_intent");
  if (back && /^pi_\w+$/.test(back)) confirm(back).catch(() => start());
  else start();
});
