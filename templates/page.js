"use strict";
(() => {
  const root = document.documentElement;
  const form = document.getElementById("filter");
  const [output, fold] = [form.querySelector("output"), form.elements.namedItem("fold")];
  const tests = [...document.querySelectorAll("section.test")];
  const sections = [...document.querySelectorAll("#overview > section")];
  root.classList.add("js");
  form.hidden = false;

  // What is looked for in a test: its name and title, and every rule that was judged. Read when first needed.
  const words = new Map();
  const wordsOf = (test) => {
    if (!words.has(test)) {
      const parts = [...test.querySelectorAll(".title, .verdict, .about, .finding")];
      words.set(test, parts.map((part) => part.textContent).join("\n").toLowerCase());
    }
    return words.get(test);
  };
  const fits = (test, show) =>
    show === "all" || (show === "failures" ? /^(failed|errored)$/.test(test.dataset.verdict) : test.dataset.warnings !== "0");

  const filter = () => {
    const show = form.elements.namedItem("show").value;
    const text = form.elements.namedItem("text").value.trim().toLowerCase();
    const shown = new Set();
    for (const test of tests) {
      test.hidden = !(fits(test, show) && (text === "" || wordsOf(test).includes(text)));
      if (!test.hidden) shown.add(test.id);
    }
    for (const section of sections) {
      const items = [...section.querySelectorAll("tr[data-test], :scope > ul > li.finding")];
      for (const item of items) {
        if (item.localName === "tr" && item.dataset.test) {
          item.hidden = !shown.has(item.dataset.test);
        } else {
          const kinds = { failures: ["failure", "error"], warnings: ["warning"] }[show];
          const kind = !kinds || kinds.some((kind) => item.classList.contains(kind));
          item.hidden = !(kind && (text === "" || item.textContent.toLowerCase().includes(text)));
        }
      }
      section.hidden = items.length > 0 ? items.every((item) => item.hidden) : show !== "all" || text !== "";
    }
    root.dataset.show = show;
    output.textContent = shown.size === tests.length ? "" : `${shown.size} of ${tests.length} tests`;
    document.getElementById("none").hidden = shown.size > 0;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  // A browser that restores the form after a reload restores what it says too.
  window.addEventListener("pageshow", filter);

  const steps = document.getElementsByClassName("step");
  fold.addEventListener("click", () => {
    const open = fold.getAttribute("aria-pressed") !== "true";
    for (const step of steps) step.open = open;
    fold.setAttribute("aria-pressed", String(open));
    fold.textContent = open ? "Close all steps" : "Open all steps";
  });

  // A link may lead into a closed step, or to a test that the filter hides.
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      filter();
    }
    for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    target.scrollIntoView();
    // What was out of sight until now has another height than it was thought to have.
    requestAnimationFrame(() => target.scrollIntoView());
  };
  window.addEventListener("hashchange", follow);
  if (location.hash) follow();

  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      said = "Selected";
    }
    button.textContent = said;
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };

  const large = document.getElementById("large");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.classList.contains("copy")) copy(button);
    if (button?.classList.contains("shot")) {
      const [from, to] = [button.firstElementChild, large.querySelector("img")];
      [to.src, to.alt] = [from.src, from.alt];
      large.showModal();
    } else if (large.open && event.target.closest("dialog")) {
      large.close();
    }
  });
})();
