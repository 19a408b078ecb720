// Tells the page that opened the challenge that it is over. The result is asked for at the API.
"use strict";
const done = document.getElementById("done");
if (window.parent !== window && done.dataset.origin) {
  window.parent.postMessage(
    { source: "paymail-sandbox-challenge", result: done.dataset.result },
    done.dataset.origin,
  );
}
