"use strict";
// Optional enhancements: a theme switch, and tooltips and keyboard navigation for heatmap cells. The page works without them.

(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const isDark = () =>
    (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const updateLabel = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  const storeTheme = (value) => {
    try {
      if (value) localStorage.setItem("mygym-lite-theme", value);
      return localStorage.getItem("mygym-lite-theme");
    } catch { return null; } // pages opened from a file may have no storage
  };
  const requested = location.hash.match(/theme=(light|dark)/)?.[1] || storeTheme();
  if (requested === "light" || requested === "dark") root.dataset.theme = requested;
  button.hidden = false;
  updateLabel();
  button.addEventListener("click", () => {
    root.dataset.theme = storeTheme(isDark() ? "light" : "dark") || (isDark() ? "light" : "dark");
    updateLabel();
  });

  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // screen readers get the same text from the aria-label
  document.body.append(tip);
  const show = (cell) => {
    tip.textContent = cell.getAttribute("aria-label").replaceAll("; ", "\n");
    tip.hidden = false;
    const at = cell.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left + at.width / 2 - tip.offsetWidth / 2), innerWidth - tip.offsetWidth - 8);
    const above = at.top - tip.offsetHeight - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 4 ? above : at.bottom + 8}px`;
  };
  const hide = () => { tip.hidden = true; };
  const cellOf = (event) => event.target.closest?.(".heat td[aria-label]");

  for (const kind of ["mouseover", "focusin"])
    document.addEventListener(kind, (event) => { const cell = cellOf(event); if (cell) show(cell); else hide(); });
  document.addEventListener("focusout", hide);
  const follow = () => { const cell = document.activeElement?.closest?.(".heat td[aria-label]"); if (cell) show(cell); else hide(); };
  addEventListener("scroll", follow, { passive: true, capture: true });

  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const column = (cell) => cell.getBoundingClientRect().left;
  const beside = (cell, down, right) => {
    if (right) {
      const row = [...cell.parentElement.querySelectorAll("td[aria-label]")];
      return row[row.indexOf(cell) + right];
    }
    const rows = [...cell.closest("table").querySelectorAll("tr")].filter((row) => row.querySelector("td[aria-label]"));
    const next = rows[rows.indexOf(cell.parentElement) + down];
    if (!next) return undefined;
    const byDistance = (a, b) => Math.abs(column(a) - column(cell)) - Math.abs(column(b) - column(cell));
    return [...next.querySelectorAll("td[aria-label]")].sort(byDistance)[0];
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const cell = cellOf(event);
    const next = cell && moves[event.key] && beside(cell, ...moves[event.key]);
    if (!next) return;
    event.preventDefault();
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    show(next);
  });
})();
