// Filters, search, deep links, light and dark. The page is whole without it.
(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const scenarios = all(".scenario");
  const toolbar = document.querySelector(".toolbar");
  const search = document.getElementById("search");
  const theme = document.getElementById("theme");
  let wanted = "";

  function applyFilter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const scenario of scenarios) {
      const text = all("summary .title, .about, .tags, .references", scenario)
        .map((part) => part.textContent).join(" ").toLowerCase();
      const fits = (!wanted || scenario.dataset.verdict === wanted ||
        (wanted === "pass" && scenario.dataset.verdict === "warn")) &&
        words.every((word) => text.includes(word));
      scenario.hidden = !fits;
      shown += fits;
    }
    document.getElementById("nothing").hidden = shown > 0;
  }

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
      part.hidden = false;
    }
    target.scrollIntoView();
  }

  if (toolbar) {
    toolbar.hidden = false;
    for (const button of all("[data-filter]", toolbar)) {
      button.addEventListener("click", () => {
        wanted = button.dataset.filter;
        for (const other of all("[data-filter]", toolbar))
          other.setAttribute("aria-pressed", String(other === button));
        applyFilter();
      });
    }
    for (const button of all("[data-fold]", toolbar))
      button.addEventListener("click", () =>
        scenarios.forEach((scenario) => { scenario.open = button.dataset.fold === "open"; }));
    search.addEventListener("input", applyFilter);
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
        event.preventDefault();
        search.focus();
      } else if (event.key === "Escape" && document.activeElement === search) {
        search.value = "";
        applyFilter();
      }
    });
  }

  theme.hidden = false;
  theme.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // Paper shows what is folded too.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    folded.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));

  addEventListener("hashchange", openTarget);
  openTarget();
})();
