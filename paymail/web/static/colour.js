"use strict";
// Says while a colour is chosen whether white can be read on it: the rule of paymail/documents/colours.py.
// Without this file the button "Check" beside the field says the same.
(() => {
  const field = document.getElementById("colour");
  const told = document.getElementById("colour-told");
  if (!field || !told) return;
  const least = 4.5;
  const linear = (channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
  const contrast = (channels) => {
    const [red, green, blue] = channels.map((channel) => linear(channel / 255));
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
  };
  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const legible = (colour) => {
    for (let percent = 100; percent >= 0; percent -= 1) {
      const darker = channels(colour).map((channel) => Math.floor((channel * percent) / 100));
      if (contrast(darker) >= least) return `#${darker.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
    }
    return "#000000";
  };
  const part = (name) => told.querySelector(`[data-is=${name}]`);
  const show = () => {
    const given = field.value;
    const shown = legible(given);
    const ratio = contrast(channels(given)).toFixed(1);
    told.querySelectorAll("[data-is=ratio]").forEach((one) => { one.textContent = ratio; });
    part("well").hidden = given !== shown;
    part("darker").hidden = given === shown;
    part("shown").textContent = shown;
    part("from").setAttribute("fill", given);
    part("to").setAttribute("fill", shown);
    part("pair").setAttribute("aria-label", `${given} beside ${shown}`);
    document.getElementById("colour-code").textContent = given;
  };
  field.addEventListener("input", show);
  const check = document.getElementById("colour-check");
  if (check) check.hidden = true;
})();
