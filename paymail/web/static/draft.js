"use strict";
// The sums of a draft while it is typed, by the server's rules: each line and each rate's tax rounded half up.
// The server works them out again; without this file its button does.
(() => {
  const form = document.getElementById("draft");
  const body = form.querySelector("tbody");
  const out = (id) => document.getElementById(id);

  const decimals = () => {
    const code = form.elements.currency.value.trim().toUpperCase();
    if (form.dataset.zero.split(" ").includes(code)) return 0;
    return form.dataset.three.split(" ").includes(code) ? 3 : 2;
  };
  // A decimal text as [digits, scale]; null for anything else.
  const parse = (text) => {
    const found = /^(-?)(\d{1,16})(?:\.(\d{1,30}))?$/.exec(text.trim());
    if (!found) return null;
    const rest = found[3] || "";
    return [BigInt(`${found[1]}${found[2]}${rest}`), rest.length];
  };
  const halfUp = (above, below) => {
    const size = above < 0n ? -above : above;
    const whole = (2n * size + below) / (2n * below);
    return above < 0n ? -whole : whole;
  };
  const shown = (minor, places) => {
    const digits = String(minor < 0n ? -minor : minor).padStart(places + 1, "0");
    const cut = digits.length - places;
    return `${minor < 0n ? "-" : ""}${digits.slice(0, cut)}${places ? `.${digits.slice(cut)}` : ""}`;
  };
  const cells = (row) => (name) => row.querySelector(`[name=${name}]`).value;

  // While lines and currency are what the page came with, so are the sums: a host may have rounded them otherwise.
  const said = (value) => [
    form.elements.currency[value].trim().toUpperCase(),
    ...[...body.rows].map((row) =>
      ["quantity", "price", "rate"].map((name) => row.querySelector(`[name=${name}]`)[value].trim()),
    ).filter(([quantity, price]) => quantity || price),
  ].join("\n");
  const opened = said("defaultValue");
  const outputs = [...form.querySelectorAll("output")].map((one) => [one, one.value]);

  const workOut = () => {
    if (said("value") === opened) {
      for (const [one, value] of outputs) one.value = value;
      return;
    }
    const places = decimals();
    const nets = new Map();
    let sound = true;
    for (const row of body.rows) {
      const cell = cells(row);
      const target = row.querySelector("[data-amount]");
      if (!`${cell("description")}${cell("quantity")}${cell("price")}`.trim()) { target.value = ""; continue; }
      const [quantity, price, rate] = ["quantity", "price", "rate"].map((name) => parse(cell(name)));
      if (!quantity || !price) { sound = false; target.value = ""; continue; }
      const net = halfUp(quantity[0] * price[0] * 10n ** BigInt(places), 10n ** BigInt(quantity[1] + price[1]));
      target.value = shown(net, places);
      if (!rate) { sound = false; continue; }
      const key = rate[0] === 0n ? "0/0" : shown(rate[0] * 10n ** BigInt(30 - rate[1]), 30);
      const known = nets.get(key) || { net: 0n, rate };
      nets.set(key, { net: known.net + net, rate });
    }
    let subtotal = 0n;
    let tax = 0n;
    for (const { net, rate } of nets.values()) {
      subtotal += net;
      tax += halfUp(net * rate[0], 100n * 10n ** BigInt(rate[1]));
    }
    for (const [id, sum] of [["subtotal", subtotal], ["tax", tax], ["total", subtotal + tax]]) {
      out(id).value = sound && nets.size ? shown(sum, places) : "";
    }
  };

  const addLine = (event) => {
    event.preventDefault();
    if (body.rows.length >= Number(body.dataset.most)) return;
    const made = body.rows[body.rows.length - 1].cloneNode(true);
    const at = body.rows.length + 1;
    for (const error of made.querySelectorAll(".error")) error.remove();
    for (const one of made.querySelectorAll("input, textarea")) {
      if (one.name !== "rate") one.value = "";
      one.removeAttribute("aria-invalid");
      one.removeAttribute("aria-describedby");
      if (one.ariaLabel) one.ariaLabel = one.ariaLabel.replace(/\d+$/, at);
    }
    body.append(made);
    made.querySelector("textarea").focus();
  };

  // The address that the form came with is that of the customer it came with, and of nobody else.
  const { customer, email } = form.elements;
  const came = { name: customer.defaultValue.trim(), email: email.defaultValue };
  const clearAddress = () => {
    const same = customer.value.trim() === came.name;
    if (!same && email.value === came.email) email.value = "";
    if (same && !email.value) email.value = came.email;
  };

  customer.addEventListener("input", clearAddress);
  form.addEventListener("input", workOut);
  out("add-line").addEventListener("click", addLine);
  out("work-out").hidden = true;
  workOut();
})();
