// Filters, search, deep links, light and dark. The page is whole without it.
(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const scenarios = all(".scenario");
  const toolbar = document.querySelector(".toolbar");
  const search = document.getElementById("search");
  const theme = document.getElementById("theme");
  let wanted = "";
  let texts = null; // what is searched of each scenario, read once

  function textOf(scenario) {
    return all("summary .title, .about, .tags, .references", scenario)
      .map((part) => part.textContent).join(" ").toLowerCase();
  }

  function applyFilter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    if (words.length && !texts)
      texts = new Map(scenarios.map((scenario) => [scenario, textOf(scenario)]));
    for (const scenario of scenarios) {
      const fits = (!wanted || scenario.dataset.verdict === wanted ||
        (wanted === "pass" && scenario.dataset.verdict === "warn")) &&
        words.every((word) => texts.get(scenario).includes(word));
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

  // "+1h 5m 12s", as the tables have it; below a second in milliseconds.
  function spanText(us) {
    const units = [["d", 86400e6], ["h", 3600e6], ["m", 60e6], ["s", 1e6]];
    if (us < 1e6) return Math.round(us / 1000) + " ms";
    return units.map(([unit, size], index) => {
      const count = Math.floor(index ? (us % units[index - 1][1]) / size : us / size);
      return count ? count + unit : "";
    }).filter(Boolean).slice(0, 3).join(" ");
  }

  function setCursors(scenario, us) {
    for (const cursor of all(".cursor", scenario)) {
      const fact = cursor.dataset;
      const share = Math.min(1, us / fact.end) ** fact.power;
      const x = Number(fact.left) + (fact.right - fact.left) * share;
      const [top, bottom] = fact.span.split(" ");
      cursor.setAttribute("d", `M${x.toFixed(1)} ${top}V${bottom}`);
    }
  }

  // One run step by step, in the order of the event log.
  function replay(bar) {
    const scenario = bar.closest(".scenario");
    const steps = all(".ladder tr[data-seq]", scenario)
      .sort((one, other) => one.dataset.seq - other.dataset.seq);
    const slider = bar.querySelector("input");
    const said = bar.querySelector("output");
    const play = bar.querySelector("[data-do=play]");
    let at = -1;
    let timer = 0;
    if (!steps.length) return;
    bar.hidden = false;
    slider.max = String(steps.length - 1);

    function stop() {
      clearInterval(timer);
      timer = 0;
      play.textContent = "Replay";
    }
    function show(index) {
      if (at >= 0) steps[at].classList.remove("now");
      at = Math.max(0, Math.min(steps.length - 1, index));
      const step = steps[at];
      step.classList.add("now");
      step.closest("details").open = true;
      step.scrollIntoView({ block: "center" });
      slider.value = String(at);
      said.textContent = `step ${at + 1} of ${steps.length}, +${spanText(Number(step.dataset.at))}`;
      setCursors(scenario, Number(step.dataset.at));
      history.replaceState(null, "", `#${scenario.id}/step-${step.dataset.seq}`);
      if (at === steps.length - 1) stop();
    }
    play.addEventListener("click", () => {
      if (timer) return stop();
      play.textContent = "Pause";
      show(at === steps.length - 1 ? 0 : at + 1);
      timer = setInterval(() => show(at + 1), 900);
    });
    bar.querySelector("[data-do=back]").addEventListener("click", () => { stop(); show(at - 1); });
    bar.querySelector("[data-do=next]").addEventListener("click", () => { stop(); show(at + 1); });
    slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
    const wantedStep = decodeURIComponent(location.hash).match(/^#(.*)\/step-(\d+)$/);
    if (wantedStep && wantedStep[1] === scenario.id) {
      scenario.open = true;
      show(steps.findIndex((step) => step.dataset.seq === wantedStep[2]));
    }
  }
  // Of a scenario that nobody has unfolded yet the steps are not looked for.
  all(".replay").forEach((bar) => {
    const scenario = bar.closest(".scenario");
    if (scenario.open || decodeURIComponent(location.hash).startsWith(`#${scenario.id}/step-`)) replay(bar);
    else scenario.addEventListener("toggle", () => replay(bar), { once: true });
  });

  // What is wider than the page can be reached and moved by keys.
  function reachWide() {
    for (const part of all("details[open] .scroll, main > .scroll")) {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  }
  addEventListener("resize", reachWide);
  document.addEventListener("toggle", reachWide, true);
  reachWide();

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
