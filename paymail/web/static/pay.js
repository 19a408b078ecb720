// The pay page: create the payment, let Stripe's element take the card, then ask the server to confirm.
// What Stripe.js reports is only a hint; the server reads the payment from Stripe itself.
import { PATIENCE_MS, connect, fault } from "./pay_server.js";

document.addEventListener("DOMContentLoaded", () => {
  // After these the page is out of date: nothing can be paid in this window before it is reloaded.
  const FINAL = new Set(["payment_in_progress", "payment_waiting", "not_payable", "link_expired", "link_replaced", "no_such_link"]);
  const form = document.getElementById("payment-form");
  const button = document.getElementById("submit");
  const message = document.getElementById("message");
  const parts = form.querySelector("fieldset");
  const other = document.getElementById("other-amount");
  const otherPicked = document.getElementById("other");
  const save = document.getElementById("save-method");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const data = form.dataset;
  const words = JSON.parse(data.words);
  const server = connect(data.token);
  const numbers = new Intl.NumberFormat(data.language, {
    numberingSystem: "latn",
    minimumFractionDigits: Number(data.digits),
    maximumFractionDigits: Number(data.digits),
  });
  // What the button says is what is charged: `asked` says it to the server, `units` are Stripe's.
  let wanted = { asked: {}, units: Number(data.units), text: button.textContent };
  /** @type {import("@stripe/stripe-js").Stripe} */
  let stripe;
  /** @type {import("@stripe/stripe-js").StripeElements} */
  let elements;
  let waiting, usage;
  let loaded = false;
  let paying = false;
  let over = false;

  const say = (text) => {
    message.textContent = text;
    message.hidden = !text;
  };
  const busy = (on, text) => {
    button.disabled = on || over || !loaded;
    button.textContent = on && text ? text : wanted.text;
  };
  const show = (id) => {
    // The server's page says what the customer has to do now.
    if (id === "waiting") return window.location.replace(window.location.pathname);
    for (const gone of [form, ...document.querySelectorAll("#paying, #standing, #amount, #talk, #unsure, #saved")]) {
      gone.hidden = true;
    }
    const panel = document.getElementById(id);
    panel.hidden = false;
    panel.focus();
    if (id === "done") thank().catch(() => {}); // what is shown already is enough
  };
  // The server's page of what was paid, the plan as it stands now, and what can be done with the receipt.
  async function thank() {
    const response = await fetch(`${window.location.pathname}?said=done`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const panel = page.getElementById("done");
    if (!response.ok || !panel || panel.hidden) return;
    document.querySelector("main").replaceWith(page.querySelector("main"));
    document.getElementById("done").focus();
  }
  const explain = (error) => {
    if (error.shown) return error.shown;
    if (error.code === "payment_not_completed") return words.failed;
    if (!navigator.onLine) return words.offline;
    return words[error.code] || (error.status >= 500 || !error.status ? words.busy : words.failed);
  };
  const fail = (error) => {
    const loading = document.getElementById("loading");
    if (loading) loading.hidden = true;
    over ||= FINAL.has(error.code);
    say(explain(error));
  };

  // What became of a payment; while nobody can tell, the page says so and nothing can be paid.
  async function confirmed(intentId) {
    let doubted = false;
    const unsure = () => {
      if (!doubted) show("unsure");
      doubted = true;
    };
    try {
      return await server.confirm(intentId, unsure);
    } catch (error) {
      // It was not paid after all: the form is shown anew, with what is owed by now.
      if (doubted) window.location.reload();
      throw error;
    }
  }

  const payText = (amount) => words.pay.replace("%(amount)s", amount);

  function chosen() {
    const picked = form.querySelector("input[name=part]:checked");
    if (!picked) return wanted;
    if (picked.value !== "other") {
      return {
        asked: { amount: picked.value },
        units: Number(picked.dataset.units),
        text: picked.dataset.text,
      };
    }
    return {
      asked: { amount: other.value },
      units: Math.round(Number(other.value) * Number(data.unit)),
      text: payText(data.shape.replace("%s", numbers.format(other.value))),
    };
  }

  function want(choice) {
    wanted = choice;
    if (!paying) busy(false);
    if (elements && wanted.units) elements.update({ amount: wanted.units });
  }

  // Our own words instead of the browser's: they are in the customer's language and stay on the page.
  function allowed() {
    if (!other) return true;
    other.disabled = !otherPicked.checked;
    if (other.disabled) return true;
    const left = Number(other.dataset.most) - chosen().units;
    const tooLittle = left > 0 && left < Number(other.dataset.least);
    const wrong = !other.value || !other.checkValidity() || tooLittle;
    other.setAttribute("aria-invalid", String(wrong));
    if (!wrong) return true;
    say(`${words.bad_amount} ${document.getElementById("other-hint").textContent}`);
    other.focus();
    return false;
  }

  // Stripe's form must know that the method is to stay, and then shows what belongs to that.
  function announce() {
    if (save && elements) usage = elements.update({ setupFutureUsage: save.checked ? save.dataset.usage : null });
  }

  /** @returns {import("@stripe/stripe-js").Appearance} */
  function appearance() {
    return { theme: dark.matches ? "night" : "stripe" };
  }

  function start() {
    stripe = window.Stripe(data.key, { stripeAccount: data.account, locale: data.language.split("-")[0] });
    // No payment is made at Stripe before the button is pressed: looking at an invoice changes nothing.
    elements = stripe.elements({
      mode: "payment",
      // Without an amount yet, any will do: the real one is set before it is paid.
      amount: wanted.units || Number(other.dataset.least),
      currency: data.currency,
      appearance: appearance(),
      excludedPaymentMethodTypes: data.excluded.split(" "),
    });
    if (save?.checked) announce();
    const element = elements.create("payment");
    waiting = setTimeout(() => say(words.load), PATIENCE_MS);
    element.on("ready", () => {
      clearTimeout(waiting);
      if (message.textContent === words.load) say("");
      loaded = true;
      busy(paying);
    });
    element.on("loaderror", () => {
      clearTimeout(waiting);
      say(words.load);
    });
    document.getElementById("payment-element").replaceChildren();
    element.mount("#payment-element");
  }

  // Make the payment that this window shows, or say what has changed.
  async function create() {
    const consent = save?.checked ? { saveMethod: save.value } : {};
    const created = await server.post("/create-payment", { ...wanted.asked, ...consent, balance: data.balance });
    if (!created.clientSecret) throw fault({ status: 502 });
    const there = created.stripeAccount === data.account && created.publishableKey === data.key;
    const asShown = created.amount === wanted.units && created.currency === data.currency;
    if (!there || !asShown) throw fault({ code: "not_payable" });
    return created.clientSecret;
  }

  // Whether nothing was paid for certain. A bank's check that fails is called an invalid request, so the type says
  // little: the intent does, and without one what never left this window or was declined (Stripe docs, "Errors").
  function unpaid(error) {
    const { code, type, payment_intent: intent } = error;
    if (intent?.status) return intent.status === "requires_payment_method";
    return code === "payment_intent_authentication_failure" || type === "card_error" || type === "validation_error";
  }

  async function pay() {
    await usage;
    const checked = await elements.submit();
    if (checked.error) throw fault({ shown: checked.error.message });
    const clientSecret = await create();
    const intentId = clientSecret.split("_secret")[0];
    server.remember(intentId);
    const result = await stripe
      .confirmPayment({
        elements,
        clientSecret,
        confirmParams: { return_url: window.location.origin + window.location.pathname },
        redirect: "if_required",
      })
      .catch((error) => ({ error }));
    if (result.error && unpaid(result.error)) {
      server.remember("");
      throw fault({ shown: result.error.message });
    }
    // Also when the connection broke, or something unforeseen: only the server can tell whether money moved.
    show(await confirmed(intentId));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled || paying || !allowed()) return;
    if (!navigator.onLine) {
      say(words.offline);
      return;
    }
    say("");
    if (chosen().units !== wanted.units) {
      // A browser that restores what was chosen before tells nobody.
      want(chosen());
      say(words.again);
      return;
    }
    busy(true, words.paying);
    paying = true;
    if (parts) parts.disabled = true;
    if (save) save.disabled = true;
    try {
      await pay();
    } catch (error) {
      fail(error);
    }
    paying = false;
    busy(false);
    if (parts) parts.disabled = over;
    if (save) save.disabled = over;
    if (!form.hidden && document.activeElement === document.body) button.focus();
  });

  form.addEventListener("change", (event) => {
    if (paying || over || (event.target.name !== "part" && event.target !== other)) return;
    other.disabled = !otherPicked.checked;
    say("");
    if (!other.disabled && !other.value) {
      other.focus();
      return;
    }
    if (allowed()) want(chosen());
  });

  if (save) {
    save.checked = false; // a browser may restore a tick, and nobody has ticked this page yet
    save.addEventListener("change", announce);
  }
  dark.addEventListener("change", () => {
    if (elements && !paying) elements.update({ appearance: appearance() });
  });
  // A page that comes back out of the browser's memory shows what was true when it was left.
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());

  // Stripe's script is added here, so that this one hears when it is blocked or never comes.
  function load(then) {
    const script = document.createElement("script");
    const slow = setTimeout(() => fail({ shown: words.blocked }), PATIENCE_MS);
    script.addEventListener("load", () => {
      clearTimeout(slow);
      say("");
      try {
        then();
      } catch {
        fail({ shown: words.load });
      }
    });
    script.addEventListener("error", () => {
      clearTimeout(slow);
      fail({ shown: words.blocked });
    });
    script.src = data.stripe;
    document.head.append(script);
  }

  // A payment that was begun, here or elsewhere, may have been made: then it is not asked for again.
  async function settle(intentId) {
    try {
      show(await server.look(intentId));
    } catch {
      load(start);
    }
  }

  async function arrive() {
    const query = new URLSearchParams(window.location.search);
    const returned = query.get("payment_intent");
    // The address has the payment's secret in it: it must not stay in the history.
    if (query.has("payment_intent_client_secret")) {
      window.history.replaceState(null, "", window.location.pathname);
    }
    const back = returned || server.remembered();
    if (!back || !/^pi_\w+$/.test(back)) return data.pending ? settle(data.pending) : load(start);
    try {
      return show(await confirmed(back));
    } catch (error) {
      return load(() => {
        start();
        // A tab that was only copied, or reloaded while the bank asked, has not failed.
        if (returned) fail(error);
      });
    }
  }
  if (wanted.units || parts) arrive();
  else fail({ code: "amount_not_chargeable" });
});
