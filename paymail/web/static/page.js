// What every customer page does where it can; without it the page works all the same.
const SAID_MS = 2000;

// Copy buttons are shown only where they work, and say so when they have.
async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const word = button.textContent;
  if (word === button.dataset.done) return;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = word; }, SAID_MS);
}

function showCopying() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}

// A link of an email (#paid, #later, #wrong) opens what it leads to.
function open() {
  const wanted = window.location.hash && document.getElementById(window.location.hash.slice(1));
  if (wanted instanceof HTMLDetailsElement) wanted.open = true;
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy]");
  if (button) copy(button).catch(() => { button.hidden = true; });
});
window.addEventListener("hashchange", open);
showCopying();
open();
