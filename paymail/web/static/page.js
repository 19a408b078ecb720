// What every customer page does where it can; without it the page works all the same.

// A link of an email (#paid, #later, #wrong) opens what it leads to.
function open() {
  const wanted = window.location.hash && document.getElementById(window.location.hash.slice(1));
  if (wanted instanceof HTMLDetailsElement) wanted.open = true;
}

open();
window.addEventListener("hashchange", open);
