"use strict";
(() => {
  const lost = document.getElementById("lost");
  const said = document.getElementById("said");

  // What an element is among those beside it, whatever stands before it: its name, the test it is the row of, or where it leads.
  const nameOf = (node) =>
    node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.test || (node.localName === "li" && node.querySelector(":scope > a")?.getAttribute("href")) || "" : "";
  const isLike = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && nameOf(one) === nameOf(other);
  // What the reader has opened stays open; what the filter hides it hides again.
  const isReaders = (element, name) => name === "hidden" || (name === "open" && element.localName === "details");

  // Makes an element what a new one is, and leaves in place what is the same: the focus, what is selected, what is open.
  const become = (old, next) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== next.data) old.data = next.data;
      return;
    }
    for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !isReaders(old, name)) old.removeAttribute(name);
    for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value && !isReaders(old, name)) old.setAttribute(name, value);
    const wanted = new Set([...next.childNodes].map(nameOf));
    for (const child of [...old.childNodes]) if (!wanted.has(nameOf(child))) child.remove();
    const named = new Map([...old.children].map((child) => [nameOf(child), child]));
    let at = old.firstChild;
    for (const child of [...next.childNodes]) {
      const name = nameOf(child);
      const known = name ? named.get(name) : at;
      if (known && isLike(known, child)) {
        named.delete(name);
        if (known === at) at = at.nextSibling;
        else old.insertBefore(known, at);
        become(known, child);
      } else {
        old.insertBefore(child, at);
      }
    }
    while (at) {
      const rest = at.nextSibling;
      at.remove();
      at = rest;
    }
  };

  // What the reader looks at stays where it is on the screen, whatever grows above it: it, or what it is part of.
  const looksAt = () => {
    if (scrollY === 0) return [];
    const focus = document.activeElement;
    const inSight = focus && focus !== document.body && focus.getBoundingClientRect().top >= 0 && focus.getBoundingClientRect().top < innerHeight;
    const top = Math.max(document.getElementById("filter").getBoundingClientRect().bottom, 0);
    const seen = [8, 32, 64, 128, 256].map((below) => document.elementFromPoint(innerWidth / 2, top + below));
    const places = [];
    // Between two elements there is only what holds both.
    for (let at = inSight ? focus : seen.find((element) => element?.closest(".test, #overview > *, footer")); at; at = at.parentElement) {
      places.push([at, at.getBoundingClientRect().top]);
    }
    return places;
  };

  const keeping = (change) => {
    const focus = document.activeElement;
    const places = looksAt();
    change();
    // An element that was put elsewhere has lost it.
    if (focus?.isConnected && focus !== document.activeElement) focus.focus({ preventScroll: true });
    const place = places.find(([element]) => element.isConnected && element !== document.documentElement);
    if (place) scrollBy({ top: place[0].getBoundingClientRect().top - place[1], behavior: "instant" });
  };

  const put = ({ id, html }) => {
    const old = document.getElementById(id);
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const next = holder.content.firstElementChild;
    if (old && next) become(old, next);
    else if (old) old.remove();
    else if (next) document.getElementById("tests").append(next);
  };

  // Not more often than one can listen.
  let heard = 0;
  let later;
  const say = () => {
    clearTimeout(later);
    const { says, ended } = document.getElementById("live").dataset;
    const wait = ended === undefined ? heard + 5000 - Date.now() : 0;
    if (wait > 0) {
      later = setTimeout(say, wait);
    } else if (said.textContent !== says) {
      heard = Date.now();
      said.textContent = says;
    }
  };

  const hasEnded = () => document.getElementById("live").dataset.ended !== undefined;
  if (hasEnded()) return;
  const query = new URLSearchParams({ token: new URLSearchParams(location.search).get("token"), since: lost.dataset.since });
  const source = new EventSource("events?" + query);
  source.addEventListener("open", () => (lost.textContent = ""));
  let version = "";
  source.addEventListener("message", (event) => {
    keeping(() => put(JSON.parse(event.data)));
    // The last part of a version has its number.
    if (event.lastEventId === version) return;
    version = event.lastEventId;
    keeping(() => document.dispatchEvent(new Event("changed")));
    const { title } = document.getElementById("live").dataset;
    if (document.title !== title) document.title = title;
    say();
    if (hasEnded()) source.close();
  });
  source.addEventListener("error", () => {
    lost.textContent =
      source.readyState === EventSource.CLOSED
        ? "oa-authtest does not answer any more. Below is what it showed until then."
        : "The connection to oa-authtest is lost; this page tries again. Below is what it showed until then.";
  });
})();
