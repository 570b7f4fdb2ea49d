"use strict";
// The page is whole without this: it adds a choice of theme, and what a cell of the heatmap says, at the pointer or the focus.

(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const isDark = () =>
    (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  const stored = (value) => {
    try {
      if (value) localStorage.setItem("mygym-lite-theme", value);
      return localStorage.getItem("mygym-lite-theme");
    } catch { return null; } // a page opened from a file may have no storage
  };
  const asked = location.hash.match(/theme=(light|dark)/)?.[1] || stored();
  if (asked === "light" || asked === "dark") root.dataset.theme = asked;
  button.hidden = false;
  name();
  button.addEventListener("click", () => {
    root.dataset.theme = stored(isDark() ? "light" : "dark") || (isDark() ? "light" : "dark");
    name();
  });

  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // readers have the same words as the cell's label
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
    const near = (one, other) => Math.abs(column(one) - column(cell)) - Math.abs(column(other) - column(cell));
    return [...next.querySelectorAll("td[aria-label]")].sort(near)[0];
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
