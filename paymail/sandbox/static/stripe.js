// A stand-in for Stripe.js, for the sandbox only. It writes no markup and no style attributes into
// the page that loads it: elements are created, styles are set by CSSOM, which a strict CSP allows.
"use strict";
(() => {
  const BASE = new URL(document.currentScript.src).origin;
  const REAL = BASE === "https://js.stripe.com";
  const API = REAL ? "https://api.stripe.com" : BASE;
  const HOOKS = REAL ? "https://hooks.stripe.com" : BASE;

  const failure = (message, type = "invalid_request_error") => ({ error: { type, message } });
  const intentId = (secret) => String(secret).split("_secret_")[0];

  const styled = (element, style) => {
    for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
    return element;
  };

  const frame = (src, title) => {
    const element = document.createElement("iframe");
    element.src = src;
    element.title = title;
    element.allow = "payment";
    return styled(element, { border: "0", display: "block", width: "100%" });
  };

  class PaymentElement {
    constructor(stripe, settings, options) {
      this.stripe = stripe;
      this.settings = settings;
      this.options = options || {};
      this.listeners = {};
      this.waiting = new Map();
      this.count = 0;
    }

    on(name, listener) {
      (this.listeners[name] ||= []).push(listener);
      return this;
    }

    once(name, listener) {
      const wrapped = (value) => { this.off(name, wrapped); listener(value); };
      return this.on(name, wrapped);
    }

    off(name, listener) {
      this.listeners[name] = (this.listeners[name] || []).filter((other) => listener && other !== listener);
      return this;
    }

    fire(name, value) {
      for (const listener of [...(this.listeners[name] || [])]) listener(value);
    }

    mount(target) {
      const host = typeof target === "string" ? document.querySelector(target) : target;
      if (!host) throw new Error(`The selector you specified (${target}) applies to no DOM elements.`);
      this.unmount();
      const query = new URLSearchParams({ origin: location.origin });
      const element = frame(`${BASE}/elements/payment?${query}`, "Secure payment input frame");
      styled(element, { height: "240px", "color-scheme": "normal" });
      element.addEventListener("load", () => this.connect(element), { once: true });
      this.frame = element;
      host.replaceChildren(element);
      return this;
    }

    async connect(element) {
      const channel = new MessageChannel();
      this.port = channel.port1;
      this.port.onmessage = (event) => this.receive(event.data);
      element.contentWindow.postMessage({ source: "paymail-sandbox-stripe" }, BASE, [channel.port2]);
      const { currency, appearance, paymentMethodTypes, excludedPaymentMethodTypes } = this.settings;
      const { key, stripeAccount } = this.stripe;
      const offered = { currency, paymentMethodTypes, excludedPaymentMethodTypes };
      const result = await this.ask("init", { key, stripeAccount, appearance, ...offered });
      if (result.error) this.fire("loaderror", { elementType: "payment", error: result.error });
      else this.fire("ready", { elementType: "payment" });
    }

    receive(message) {
      if (message.id !== undefined) {
        const resolve = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (resolve) resolve(message.result);
      } else if (message.event === "height") {
        styled(this.frame, { height: `${message.value + 4}px` });
      } else {
        this.fire(message.event, message.value);
      }
    }

    ask(op, value) {
      if (!this.port) return Promise.resolve(failure("The payment element is not mounted.", "api_error"));
      this.count += 1;
      const id = this.count;
      return new Promise((resolve) => {
        this.waiting.set(id, resolve);
        this.port.postMessage({ id, op, value });
      });
    }

    update(options) { Object.assign(this.options, options); }
    focus() { this.frame?.focus(); this.ask("focus"); }
    blur() { this.ask("blur"); }
    clear() { this.ask("clear"); }
    collapse() {}

    unmount() {
      for (const resolve of this.waiting.values()) resolve(failure("The payment element was removed.", "api_error"));
      this.waiting.clear();
      this.port?.close();
      this.frame?.remove();
      this.port = this.frame = undefined;
    }

    destroy() {
      this.unmount();
      this.listeners = {};
    }
  }

  class Elements {
    constructor(stripe, settings) {
      const deferred = settings?.mode === "payment" && /^[a-z]{3}$/.test(settings.currency);
      if (!deferred) throw new Error("The stand-in needs elements({mode: 'payment', amount, currency}).");
      this.stripe = stripe;
      this.settings = { ...settings };
      this.check();
    }

    check() {
      const { amount } = this.settings;
      if (!Number.isInteger(amount) || amount <= 0) throw new Error("amount must be a positive integer.");
    }

    create(type, options) {
      if (type !== "payment") throw new Error(`The stand-in has no element "${type}".`);
      this.payment = new PaymentElement(this.stripe, this.settings, options);
      return this.payment;
    }

    getElement() { return this.payment || null; }

    update(settings) {
      Object.assign(this.settings, settings);
      this.check();
      this.submitted = false;
      if (settings.appearance) this.payment?.ask("update", { appearance: settings.appearance });
    }

    async submit() {
      if (!this.payment) return failure("There is no payment element.");
      const { error, kind } = await this.payment.ask("submit");
      this.submitted = !error;
      return error ? { error } : { selectedPaymentMethod: kind };
    }

    // What Stripe.js checks before it confirms an intent that was made after the element.
    async refuse(clientSecret) {
      if (!this.submitted) return failure("elements.submit() must be called before stripe.confirmPayment().");
      const { error, paymentIntent } = await this.stripe.retrievePaymentIntent(clientSecret);
      if (error) return { error };
      const { amount, currency, setupFutureUsage = null } = this.settings;
      if ((paymentIntent.setup_future_usage || null) !== setupFutureUsage) {
        return failure("The setup_future_usage of the PaymentIntent is not that of the Elements.");
      }
      if (paymentIntent.amount === amount && paymentIntent.currency === currency) return null;
      return failure("The amount or currency of the PaymentIntent is not that of the Elements.");
    }
  }

  // A page of ours above the integration's, until it is over or the customer closes it.
  const dialog = (src, title, closing) => new Promise((resolve) => {
    const shade = styled(document.createElement("div"), {
      position: "fixed", inset: "0", "z-index": "2147483647", display: "grid",
      "place-items": "center", "align-content": "center", gap: "8px", padding: "16px",
      background: "rgba(0, 0, 0, .6)", "box-sizing": "border-box",
    });
    shade.setAttribute("role", "dialog");
    shade.setAttribute("aria-modal", "true");
    shade.setAttribute("aria-label", title);
    const element = frame(`${HOOKS}${src.pathname}${src.search}`, title);
    styled(element, {
      "max-width": "480px", height: "min(420px, 80vh)", background: "Canvas", "border-radius": "8px",
    });
    shade.append(element);
    const before = document.activeElement;
    const close = () => {
      window.removeEventListener("message", over);
      shade.remove();
      before?.focus?.();
      resolve();
    };
    const over = (event) => {
      const ours = event.source === element.contentWindow && event.origin === HOOKS;
      if (ours && event.data?.source === "paymail-sandbox-challenge") close();
    };
    window.addEventListener("message", over);
    if (closing) {
      const button = styled(document.createElement("button"), {
        "min-height": "44px", padding: "8px 24px", font: "inherit", "border-radius": "8px",
      });
      button.type = "button";
      button.textContent = "Close";
      button.addEventListener("click", close);
      shade.append(button);
    }
    document.body.append(shade);
    element.focus();
  });

  const challenge = (intent) => {
    const page = new URL(intent.next_action.use_stripe_sdk.stripe_js);
    page.searchParams.set("origin", location.origin);
    return dialog(page, "Authenticate your payment", false);
  };

  // Stripe shows the voucher, and is done when it is closed: it is paid later, or never.
  const voucher = (intent) => {
    const details = intent.next_action[intent.next_action.type] || {};
    const given = details.hosted_voucher_url || details.hosted_instructions_url;
    const page = new URL(given || `${HOOKS}/vouchers/${intent.id}`);
    if (!given) page.searchParams.set("key", intent.client_secret);
    page.searchParams.set("origin", location.origin);
    return dialog(page, "How to pay", true);
  };

  class Stripe {
    constructor(key, options = {}) {
      if (!/^pk_/.test(key)) throw new Error("Stripe() needs a publishable key.");
      this.key = key;
      this.stripeAccount = options.stripeAccount;
    }

    elements(settings) { return new Elements(this, settings); }

    async retrievePaymentIntent(clientSecret) {
      const query = new URLSearchParams({ key: this.key, client_secret: clientSecret });
      if (this.stripeAccount) query.set("_stripe_account", this.stripeAccount);
      try {
        const path = `/v1/payment_intents/${encodeURIComponent(intentId(clientSecret))}`;
        const answer = await (await fetch(`${API}${path}?${query}`)).json();
        return answer.error ? { error: answer.error } : { paymentIntent: answer };
      } catch (error) {
        return failure("We could not reach the payment server.", "api_connection_error");
      }
    }

    async handleNextAction({ clientSecret }) {
      const found = await this.retrievePaymentIntent(clientSecret);
      return found.error ? found : this.follow(found.paymentIntent);
    }

    async follow(intent) {
      if (intent.status !== "requires_action") return { paymentIntent: intent };
      await (intent.next_action.type === "use_stripe_sdk" ? challenge(intent) : voucher(intent));
      const after = await this.retrievePaymentIntent(intent.client_secret);
      const refused = after.paymentIntent?.last_payment_error;
      if (after.paymentIntent?.status !== "requires_payment_method" || !refused) return after;
      return { error: { ...refused, payment_intent: after.paymentIntent } };
    }

    async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
      if (!elements?.payment) return failure("The stand-in confirms with a mounted payment element.");
      const refusal = await elements.refuse(clientSecret);
      if (refusal) return refusal;
      if (redirect === "always" && !confirmParams.return_url) {
        return failure("confirmParams.return_url is required unless redirect is 'if_required'.");
      }
      const returnUrl = confirmParams.return_url;
      let result = await elements.payment.ask("confirm", { clientSecret, returnUrl });
      if (!result.error) result = await this.follow(result.paymentIntent);
      if (result.error || redirect !== "always") return result;
      const target = new URL(returnUrl);
      target.searchParams.set("payment_intent", result.paymentIntent.id);
      target.searchParams.set("payment_intent_client_secret", clientSecret);
      const { status } = result.paymentIntent;
      target.searchParams.set("redirect_status", status === "succeeded" ? "succeeded" : "pending");
      location.assign(target);
      return new Promise(() => {});
    }
  }

  const start = (key, options) => new Stripe(key, options);
  start.version = "sandbox";
  window.Stripe = start;
})();
