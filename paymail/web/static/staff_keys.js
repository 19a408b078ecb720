"use strict";
// Keys for staff. Every act also has a link or a button; without this file nothing is lost.
(() => {
  const go = { h: "/staff/", i: "/staff/invoices", c: "/staff/customers", e: "/staff/messages", m: "/staff/received", s: "/staff/companies" };
  let waiting = 0;
  const typing = (e) => e.target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
  const rows = () => [...document.querySelectorAll("main table.list-table tbody tr, .needs li")];
  const link = (row) => row.querySelector("a[href]");
  const step = (by) => {
    const all = rows();
    const here = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + by))];
    if (next) { link(next).focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const pick = () => {
    const row = document.activeElement.closest("tr");
    const box = row && row.querySelector("input[type=checkbox]");
    if (box) box.click();
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Escape") {
      const open = document.querySelector("details.menu[open], details.chip[open], .chip details[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); } else document.activeElement.blur();
      return;
    }
    if (typing(e)) return;
    if (Date.now() - waiting < 1200 && go[e.key]) { waiting = 0; location.href = go[e.key]; return; }
    const act = {
      "/": () => { const q = document.getElementById("q"); q.focus(); q.select(); },
      g: () => { waiting = Date.now(); },
      j: () => step(1),
      k: () => step(-1),
      x: pick,
      "?": () => { location.href = "/staff/keys"; },
    }[e.key];
    if (act) { e.preventDefault(); act(); }
  });
})();
