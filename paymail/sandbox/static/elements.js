// The inside of the payment element's frame: it alone sees what the customer types.
"use strict";

const HOST = new URLSearchParams(location.search).get("origin") || "";
const API = location.origin === "https://js.stripe.com" ? "https://api.stripe.com" : location.origin;
const form = document.getElementById("form");
const field = (name) => form.elements.namedItem(name);
const digits = (name) => field(name).value.replace(/\D/g, "");
let port = null;
let session = {};
let lastChange = "";

const luhn = (number) => {
  let total = 0;
  [...number].reverse().forEach((char, place) => {
    const value = Number(char) * (1 + (place % 2));
    total += value > 9 ? value - 9 : value;
  });
  return total % 10 === 0;
};

const incomplete = (what) => ({ code: `incomplete_${what[0]}`, message: `Your ${what[1]} is incomplete.` });

const CHECKS = {
  number: () => {
    const number = digits("number");
    if (number.length < 14) return incomplete(["number", "card number"]);
    return luhn(number) ? null : { code: "invalid_number", message: "Your card number is invalid." };
  },
  expiry: () => {
    const value = digits("expiry");
    if (value.length < 4) return incomplete(["expiry", "card's expiration date"]);
    const month = Number(value.slice(0, 2));
    const year = 2000 + Number(value.slice(-2));
    const now = new Date();
    if (month < 1 || month > 12) {
      return { code: "invalid_expiry_month", message: "Your card's expiration date is invalid." };
    }
    if (year * 12 + month < now.getFullYear() * 12 + now.getMonth() + 1) {
      return { code: "invalid_expiry_year_past", message: "Your card's expiration year is in the past." };
    }
    return null;
  },
  cvc: () => (digits("cvc").length < 3 ? incomplete(["cvc", "card's security code"]) : null),
  holder: () => (field("holder").value.trim() ? null : incomplete(["name", "name"])),
  email: () => (/^\S+@\S+\.\S+$/.test(field("email").value) ? null : incomplete(["email", "email"])),
  bsb: () => (digits("bsb").length === 6 ? null : incomplete(["bsb", "BSB"])),
  account: () => (digits("account").length >= 5 ? null : incomplete(["account_number", "account number"])),
  payid: () => (field("payid").value.trim() ? null : incomplete(["pay_id", "PayID"])),
};
const FIELDS = {
  card: ["number", "expiry", "cvc"],
  au_becs_debit: ["holder", "email", "bsb", "account"],
  payto: ["payid"],
  konbini: ["holder", "email"],
  oxxo: ["holder", "email"],
  multibanco: ["email"],
  customer_balance: ["email"],
};
// Without an entry, in every currency. A bank transfer needs a customer, which an intent made later may have.
const CURRENCIES = { au_becs_debit: "aud", payto: "aud", konbini: "jpy", oxxo: "mxn", multibanco: "eur" };

const kind = () => form.elements.namedItem("kind").value || "card";

const arrange = () => {
  const wanted = FIELDS[kind()];
  for (const name of Object.keys(CHECKS)) field(name).closest(".field").hidden = !wanted.includes(name);
};

// What may be chosen: as the integration names it, or by the currency as Stripe does; less what it excludes.
const offer = ({ currency, paymentMethodTypes, excludedPaymentMethodTypes }) => {
  const usual = Object.keys(FIELDS).filter((name) => {
    return name !== "customer_balance" && (CURRENCIES[name] || currency) === currency;
  });
  const names = (paymentMethodTypes || usual).filter((name) => !(excludedPaymentMethodTypes || []).includes(name));
  const choices = [...form.elements.namedItem("kind")];
  for (const choice of choices) choice.closest("label").hidden = !names.includes(choice.value);
  const shown = choices.filter((choice) => names.includes(choice.value));
  if (shown.length && !shown.some((choice) => choice.checked)) shown[0].checked = true;
  document.getElementById("kinds").hidden = shown.length < 2;
  arrange();
  return shown.length ? {} : { error: { type: "invalid_request_error", message: "No payment method is left." } };
};

const show = (name, problem) => {
  field(name).setAttribute("aria-invalid", problem ? "true" : "false");
  document.getElementById(`${name}-error`).textContent = problem ? problem.message : "";
};

const validate = () => {
  let first = null;
  for (const name of FIELDS[kind()]) {
    const problem = CHECKS[name]();
    show(name, problem);
    if (problem && !first) {
      first = { type: "validation_error", ...problem };
      field(name).focus();
    }
  }
  return first;
};

const changed = () => {
  const names = FIELDS[kind()];
  const state = {
    elementType: "payment",
    collapsed: false,
    complete: names.every((name) => !CHECKS[name]()),
    empty: names.every((name) => !field(name).value),
    value: { type: kind() },
  };
  const text = JSON.stringify(state);
  if (text !== lastChange && port) port.postMessage({ event: "change", value: state });
  lastChange = text;
};

const group = (text, sizes) => sizes.reduce((parts, size) => {
  const from = parts.join("").length;
  if (from < text.length) parts.push(text.slice(from, from + size));
  return parts;
}, []);

const FORMATS = {
  number: (text) => group(text, /^3[47]/.test(text) ? [4, 6, 5] : [4, 4, 4, 4, 3]).join(" "),
  expiry: (text) => {
    const padded = /^[2-9]/.test(text) ? `0${text}` : text.length === 6 ? text.slice(0, 2) + text.slice(4) : text;
    return padded.length > 2 ? `${padded.slice(0, 2)} / ${padded.slice(2, 4)}` : padded;
  },
  cvc: (text) => text.slice(0, 4),
  bsb: (text) => (text.length > 3 ? `${text.slice(0, 3)}-${text.slice(3, 6)}` : text),
  account: (text) => text.slice(0, 9),
};

form.addEventListener("input", (event) => {
  const name = event.target.name;
  if (FORMATS[name] && event.target.selectionEnd === event.target.value.length) {
    const formatted = FORMATS[name](digits(name));
    if (formatted !== event.target.value) event.target.value = formatted;
  }
  if (name !== "kind") show(name, null);
  changed();
});
form.addEventListener("focusout", (event) => {
  const name = event.target.name;
  if (CHECKS[name] && event.target.value) show(name, CHECKS[name]());
});
form.addEventListener("change", (event) => {
  if (event.target.name !== "kind") return;
  arrange();
  changed();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (port) port.postMessage({ event: "enter" });
});

const call = async (method, path, fields) => {
  const body = new URLSearchParams(fields);
  body.set("key", session.key);
  if (session.stripeAccount) body.set("_stripe_account", session.stripeAccount);
  const get = method === "GET";
  try {
    const response = await fetch(`${API}${path}${get ? `?${body}` : ""}`, get ? {} : { method, body });
    return await response.json();
  } catch (error) {
    return { error: { type: "api_connection_error", message: "We could not reach the payment server." } };
  }
};

const methodData = () => {
  const data = { "payment_method_data[type]": kind() };
  const put = (path, value) => { data[`payment_method_data${path}`] = value; };
  if (kind() === "card") {
    put("[card][number]", digits("number"));
    put("[card][exp_month]", digits("expiry").slice(0, 2));
    put("[card][exp_year]", digits("expiry").slice(-2));
    put("[card][cvc]", digits("cvc"));
  }
  if (kind() === "au_becs_debit") {
    put("[au_becs_debit][bsb_number]", digits("bsb"));
    put("[au_becs_debit][account_number]", digits("account"));
  }
  if (kind() === "payto") put("[payto][pay_id]", field("payid").value.trim());
  const wanted = FIELDS[kind()];
  if (wanted.includes("holder")) put("[billing_details][name]", field("holder").value);
  if (wanted.includes("email")) put("[billing_details][email]", field("email").value);
  return data;
};

const intentPath = (secret) => `/v1/payment_intents/${encodeURIComponent(secret.split("_secret_")[0])}`;

const VARIABLES = {
  colorPrimary: "--primary", colorBackground: "--background", colorText: "--text", fontFamily: "--font",
  colorDanger: "--danger", borderRadius: "--radius", colorTextSecondary: "--muted",
};

const dress = (appearance) => {
  const root = document.documentElement;
  root.dataset.theme = (appearance && appearance.theme) || "stripe";
  for (const [name, value] of Object.entries((appearance && appearance.variables) || {})) {
    if (VARIABLES[name]) root.style.setProperty(VARIABLES[name], String(value));
  }
};

const OPERATIONS = {
  init: async (given) => {
    session = given;
    dress(given.appearance);
    return offer(given);
  },
  submit: async () => ({ error: validate() || undefined, kind: kind() }),
  confirm: async (given) => {
    const problem = validate();
    if (problem) return { error: problem };
    const fields = { ...methodData(), client_secret: given.clientSecret, use_stripe_sdk: "true" };
    if (given.returnUrl) fields.return_url = given.returnUrl;
    const answer = await call("POST", `${intentPath(given.clientSecret)}/confirm`, fields);
    return answer.error ? { error: answer.error } : { paymentIntent: answer };
  },
  update: async (given) => dress(given.appearance),
  focus: async () => field(FIELDS[kind()][0]).focus(),
  blur: async () => document.activeElement && document.activeElement.blur(),
  clear: async () => form.reset(),
};

const serve = async (event) => {
  const { id, op, value } = event.data;
  if (!Object.hasOwn(OPERATIONS, op)) return;
  port.postMessage({ id, result: await OPERATIONS[op](value || {}) });
};

window.addEventListener("message", (event) => {
  const wanted = event.source === window.parent && event.origin === HOST;
  if (!wanted || port || !event.data || event.data.source !== "paymail-sandbox-stripe") return;
  [port] = event.ports;
  port.onmessage = serve;
  new ResizeObserver(() => {
    port.postMessage({ event: "height", value: Math.ceil(form.getBoundingClientRect().height) });
  }).observe(form);
});
