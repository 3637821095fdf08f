"use strict";

// Sends what the page around it says to one of that page's frames, and tells it what came back.
let order = null;
addEventListener("message", (event) => {
  if (event.source === parent && order === null) {
    order = event.data;
    const target = parent.frames[order.place];
    const report = (answer) => parent.postMessage({ answer }, event.origin);
    const late = setTimeout(() => report(null), order.patience);
    addEventListener("message", (answer) => {
      if (answer.source === target && answer.origin === order.origin) {
        clearTimeout(late);
        report(typeof answer.data === "string" ? answer.data : `(${typeof answer.data})`);
      }
    });
    target.postMessage(order.message, order.origin);
  }
});
