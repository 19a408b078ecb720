// The pay page: create the payment, let Stripe's element take the card, then ask the server to confirm.
// What Stripe.js reports is only a hint; the server reads the payment from Stripe itself.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const PATIENCE_MS = 20000;
  // After these the page is out of date: nothing can be paid in this window before it is reloaded.
  const FINAL = new Set(["payment_in_progress", "not_payable", "link_expired", "no_such_link"]);
  const form = document.getElementById("payment-form");
  const button = document.getElementById("submit");
  const message = document.getElementById("message");
  const parts = form.querySelector("fieldset");
  const other = document.getElementById("other-amount");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const words = JSON.parse(form.dataset.words);
  const api = `/api/public/pay/${form.dataset.token}`;
  let label = button.textContent;
  let stripe, elements, payment, waiting;
  let paying = false;
  let over = false;

  const say = (text) => {
    message.textContent = text;
    message.hidden = !text;
  };
  const busy = (on, text) => {
    button.disabled = on || over;
    button.textContent = on && text ? text : label;
  };
  const show = (id) => {
    for (const gone of [form, ...document.querySelectorAll("#pay-title, #standing, #amount, #talk")]) {
      gone.hidden = true;
    }
    const panel = document.getElementById(id);
    panel.hidden = false;
    panel.focus();
  };
  const explain = (error) => {
    if (error.shown) return error.shown;
    if (error.code === "payment_not_completed") return words.failed;
    if (!navigator.onLine) return words.offline;
    return words[error.code] || (error.status >= 500 || !error.status ? words.busy : words.failed);
  };
  // Which payment is under way, so that a page that is reloaded meanwhile asks what became of it.
  const remember = (intentId) => {
    try {
      if (intentId) sessionStorage.setItem(api, intentId);
      else sessionStorage.removeItem(api);
    } catch {
      // Without storage the webhook brings the news.
    }
  };
  const remembered = () => {
    try {
      return sessionStorage.getItem(api);
    } catch {
      return null;
    }
  };
  const fail = (error) => {
    const loading = document.getElementById("loading");
    if (loading) loading.hidden = true;
    over ||= FINAL.has(error.code);
    say(explain(error));
  };

  async function post(path, body) {
    const response = await fetch(api + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body || {}),
      signal: AbortSignal.timeout(PATIENCE_MS),
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

  // Our own words instead of the browser's: they are in the customer's language and stay on the page.
  function allowed() {
    const wrong = Boolean(other) && !other.disabled && !(other.value && other.checkValidity());
    if (other) other.toggleAttribute("aria-invalid", wrong);
    if (!wrong) return true;
    say(`${words.bad_amount} ${document.getElementById("other-hint").textContent}`);
    other.focus();
    return false;
  }

  async function confirm(intentId) {
    // The money may have moved already: a failure here must never read like an unpaid invoice.
    for (let attempt = 0; attempt < 4; attempt += 1) {
      try {
        await post("/confirm-payment", { paymentIntentId: intentId });
        remember("");
        return show("done");
      } catch (error) {
        if (error.code === "payment_in_progress") {
          remember("");
          return show("clearing");
        }
        if (error.code === "payment_not_completed" || error.code === "wrong_payment_intent") {
          remember("");
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
      }
    }
    return show("unsure");
  }

  function appearance() {
    return { theme: dark.matches ? "night" : "stripe" };
  }

  function mount() {
    const element = elements.create("payment");
    clearTimeout(waiting);
    waiting = setTimeout(() => say(words.load), PATIENCE_MS);
    element.on("ready", () => {
      clearTimeout(waiting);
      if (message.textContent === words.load) say("");
      busy(false);
    });
    element.on("loaderror", () => {
      clearTimeout(waiting);
      say(words.load);
    });
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
    elements = stripe.elements({ clientSecret: payment.clientSecret, appearance: appearance() });
    mount();
    return true;
  }

  async function start() {
    try {
      take(await post("/create-payment", chosen()));
    } catch (error) {
      fail(error);
    }
    busy(true);
  }

  // Right before paying: another window may have replaced the payment that this one shows by its own.
  async function ready() {
    const shown = label;
    const fresh = take(await post("/create-payment", chosen()));
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
    remember(payment.clientSecret.split("_secret")[0]);
    const result = await stripe.confirmPayment({
      elements,
      clientSecret: payment.clientSecret,
      confirmParams: { return_url: window.location.origin + window.location.pathname },
      redirect: "if_required",
    });
    const intentId = result.paymentIntent ? result.paymentIntent.id : payment.clientSecret.split("_secret")[0];
    if (!result.error) return confirm(intentId);
    if (result.error.type === "card_error" || result.error.type === "validation_error") {
      remember("");
      throw Object.assign(new Error(), { shown: result.error.message });
    }
    // The connection broke, or something unforeseen: only the server can tell whether money moved.
    return confirm(intentId);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled || paying || !allowed()) return;
    if (!navigator.onLine) {
      say(words.offline);
      return;
    }
    say("");
    busy(true, words.paying);
    paying = true;
    // Another amount, chosen while this one is being paid, would change what is charged.
    if (parts) parts.disabled = true;
    try {
      if (await ready()) await pay();
    } catch (error) {
      fail(error);
      busy(false);
      if (document.activeElement === document.body) button.focus();
    }
    paying = false;
    if (parts) parts.disabled = false;
  });

  form.addEventListener("change", async (event) => {
    if (paying || (event.target.name !== "part" && event.target !== other)) return;
    other.disabled = !document.getElementById("other").checked;
    say("");
    if (!other.disabled && !other.value) {
      other.focus();
      return;
    }
    if (!allowed()) return;
    busy(true);
    let fresh = false;
    try {
      fresh = take(await post("/create-payment", chosen()));
    } catch (error) {
      fail(error);
    }
    busy(fresh || !elements);
  });

  dark.addEventListener("change", () => elements && elements.update({ appearance: appearance() }));

  // Stripe's script is added here, so that this one hears when it is blocked or never comes.
  function load(then) {
    const script = document.createElement("script");
    const slow = setTimeout(() => fail({ shown: words.blocked }), PATIENCE_MS);
    script.addEventListener("load", () => {
      clearTimeout(slow);
      say("");
      then();
    });
    script.addEventListener("error", () => {
      clearTimeout(slow);
      fail({ shown: words.blocked });
    });
    script.src = form.dataset.stripe;
    document.head.append(script);
  }

  async function arrive() {
    const back = new URLSearchParams(window.location.search).get("payment_intent") || remembered();
    if (!back || !/^pi_\w+$/.test(back)) return load(start);
    // The address has the payment's secret in it: it must not stay in the history.
    window.history.replaceState(null, "", window.location.pathname);
    try {
      return await confirm(back);
    } catch (error) {
      return load(async () => {
        await start();
        if (!over) fail(error);
      });
    }
  }
  arrive();
});
