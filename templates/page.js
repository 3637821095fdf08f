"use strict";
(() => {
  const root = document.documentElement;
  const form = document.getElementById("filter");
  const output = form.querySelector("output");
  // Looked for anew each time: a page that follows a run changes.
  const all = (selector) => [...document.querySelectorAll(selector)];
  root.classList.add("js");
  form.hidden = false;

  // What the rules say, by their ids.
  let rows = null;
  const row = (rule) => {
    rows ??= new Map(all("#rules li").map((item) => [item.dataset.rule, item]));
    // Behind the two parts of its id there may be a number: the step judges it again.
    return rows.get(rule.split("/", 2).join("/"));
  };

  // Rules that came out as most do are named by their ids alone: there are thousands. In a fold that is opened each gets its sentence and its address.
  const name = (fold) => {
    const step = fold.closest(".step");
    for (const item of fold.querySelectorAll(".named")) {
      const mark = item.querySelector(".mark");
      const named = [...item.querySelectorAll(":scope > code")].flatMap((code) => code.textContent.split(" ").map((rule) => [rule, code.previousElementSibling]));
      for (const [rule, before] of named) {
        const finding = document.createElement("li");
        finding.className = "finding " + mark.classList[1];
        finding.id = step.id + "/" + rule;
        finding.append(mark.cloneNode(), " ", ...(row(rule)?.cloneNode(true).childNodes ?? [rule]));
        if (before.localName === "span" && before !== mark) {
          const why = document.createElement("li");
          why.append(...before.cloneNode(true).childNodes);
          why.lastChild.textContent = why.lastChild.textContent.replace(/:$/, "");
          finding.appendChild(document.createElement("ul")).append(why);
        }
        item.before(finding);
      }
      item.remove();
    }
  };

  // What is looked for in a test: its name and title, and every rule that was judged. Read when first needed.
  let words = new Map();
  const wordsOf = (test) => {
    if (!words.has(test)) {
      const parts = [...test.querySelectorAll(".title, .verdict, .about, .finding")].map((part) => part.textContent);
      const named = [...test.querySelectorAll(".named > code")].flatMap((part) => part.textContent.split(" "));
      const says = [...new Set(named)].map((rule) => row(rule)?.textContent ?? rule);
      words.set(test, [...parts, ...says].join("\n").toLowerCase());
    }
    return words.get(test);
  };
  const fits = (test, show) =>
    show === "first" || show === "all" || (show === "failures" ? /^(failed|errored)$/.test(test.dataset.verdict) : test.dataset[show] !== "0");

  // "All" opens what is folded, and so does paper; afterwards it is as it was.
  let before = null;
  const unfold = (open) => {
    if (open) {
      before ??= new Map();
      for (const fold of all("details")) {
        if (before.has(fold)) continue;
        before.set(fold, fold.open);
        if (fold.classList.contains("rest")) name(fold);
        fold.open = true;
      }
    } else if (before) {
      for (const [fold, state] of before) fold.open = state;
      before = null;
    }
  };
  window.addEventListener("beforeprint", () => unfold(true));
  window.addEventListener("afterprint", () => unfold(root.dataset.show === "all"));

  const filter = () => {
    const show = form.elements.namedItem("show").value;
    const text = form.elements.namedItem("text").value.trim().toLowerCase();
    const everything = (show === "first" || show === "all") && text === "";
    const shown = new Set();
    const tests = all("section.test");
    // What would show nothing cannot be chosen, unless it may be that something comes.
    const live = document.getElementById("live");
    const goesOn = live && !("ended" in live.dataset);
    for (const choice of form.querySelectorAll("[name=show]")) {
      choice.disabled = !goesOn && !choice.checked && !tests.some((test) => fits(test, choice.value));
    }
    for (const test of tests) {
      test.hidden = !(fits(test, show) && (text === "" || wordsOf(test).includes(text)));
      if (!test.hidden) shown.add(test.id);
    }
    for (const section of all("#overview > section")) {
      const items = [...section.querySelectorAll("tr.row, :scope > ul > li.finding")];
      for (const item of items) {
        if (item.localName === "tr") {
          item.hidden = item.dataset.test ? !shown.has(item.dataset.test) : !everything;
        } else {
          const kinds = { failures: ["failure", "error"], warnings: ["warning"], suggestions: ["suggestion"] }[show];
          const kind = !kinds || kinds.some((kind) => item.classList.contains(kind));
          item.hidden = !(kind && (text === "" || item.textContent.toLowerCase().includes(text)));
        }
      }
      section.hidden = items.length > 0 ? items.every((item) => item.hidden) : !everything;
      for (const body of section.querySelectorAll(".tests tbody")) body.hidden = !body.querySelector("tr.row:not([hidden])");
    }
    unfold(show === "all");
    root.dataset.show = show;
    output.textContent = shown.size === tests.length ? "" : `${shown.size} of ${tests.length} tests`;
    document.getElementById("none").hidden = shown.size > 0;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("changed", () => {
    words = new Map();
    filter();
  });
  // A browser that restores the form after a reload restores what it says too.
  window.addEventListener("pageshow", filter);

  // A link may lead into a closed step, or to a test that the filter hides.
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    // A rule that is named only has its address once the fold it is in was opened.
    for (let at = id; at.includes("/") && !document.getElementById(id); at = at.slice(0, at.lastIndexOf("/"))) {
      document.getElementById(at)?.querySelectorAll(":scope.step .rest").forEach(name);
    }
    const target = document.getElementById(id);
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

  // The link works by itself; with a script it is copied as well.
  const said = document.getElementById("said");
  const copyLink = async (link) => {
    let how = ["copied", "The link is copied"];
    try {
      await navigator.clipboard.writeText(location.href.split("#")[0] + link.getAttribute("href"));
    } catch {
      how = ["named", "The link is in the address bar"];
    }
    link.classList.add(how[0]);
    said.textContent = how[1];
    setTimeout(() => {
      link.classList.remove(how[0]);
      said.textContent = "";
    }, 2000);
  };

  // Rules that passed get their links when they are first seen: there are thousands.
  const addLinks = (fold) => {
    for (const item of fold.querySelectorAll(".finding[id]:not(:has(> .anchor))")) {
      const reference = item.querySelector(":scope > .reference");
      const link = document.createElement("a");
      link.className = "anchor";
      link.href = "#" + item.id;
      link.title = "Copy the link";
      link.setAttribute("aria-label", "Copy the link to " + reference.querySelector("code").textContent);
      reference.after(" ", link);
    }
  };
  document.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.open || !event.target.classList.contains("rest")) return;
      name(event.target);
      addLinks(event.target);
    },
    true,
  );

  // A picture that was shown before is in the page once.
  for (const link of all(".shown > a")) {
    const from = document.getElementById(link.getAttribute("href").slice(1));
    if (!from) continue;
    const button = document.createElement("button");
    [button.type, button.className] = ["button", "shot"];
    const img = button.appendChild(document.createElement("img"));
    [img.loading, img.decoding, img.alt, img.src] = ["lazy", "async", link.dataset.alt, from.src];
    for (const side of ["width", "height"]) if (from.hasAttribute(side)) img.setAttribute(side, from.getAttribute(side));
    link.replaceWith(button);
  }

  // The picture in the dialog is made when one is first looked at: one without a source would be a picture of nothing.
  const large = document.getElementById("large");
  const enlarge = (from) => {
    const to = large.querySelector("img") ?? large.appendChild(document.createElement("img"));
    [to.src, to.alt] = [from.src, from.alt];
    large.showModal();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.anchor");
    if (link) copyLink(link);
    const button = event.target.closest("button");
    if (button?.classList.contains("copy")) copy(button);
    if (button?.classList.contains("shot")) {
      enlarge(button.firstElementChild);
    } else if (large.open && event.target.closest("dialog")) {
      large.close();
    }
  });
})();
