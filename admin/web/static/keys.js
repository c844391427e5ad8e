// Everything by keyboard. A key does what a link or button on the page does, and nothing where there is none.
"use strict";

// The chosen row is remembered by its job: a refresh may make its row anew, or put another in its place.
let chosen = null;

const rows = () => [...document.querySelectorAll("table.jobs tbody tr[data-name]")];
const current = () => rows().find((row) => row.dataset.name === chosen);

function mark() {
  for (const row of rows()) row.classList.toggle("at", row.dataset.name === chosen);
}

function go(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  chosen = next.dataset.name;
  mark();
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("th a").focus({ preventScroll: true });
}

// In the list the verb is asked of the chosen row and of no other; on a job's own page, of that job.
function press(verb) {
  if (!document.querySelector("table.jobs")) {
    document.querySelector(`a[data-verb="${verb}"]`)?.click();
    return;
  }
  const row = current();
  if (row?.dataset.verbs?.split(" ").includes(verb)) {
    htmx.ajax("GET", `/jobs/${row.dataset.name}/${verb}`, { target: "#dialog", select: "#ask" });
  }
}

const KEYS = {
  "/": () => document.getElementById("q")?.focus(),
  j: () => go(1),
  k: () => go(-1),
  x: () => current()?.querySelector("input[type=checkbox]")?.click(),
  p: () => press("pause"),
  r: () => press("resume"),
  s: () => press("stop"),
  g: () => location.assign("/"),
  a: () => location.assign("/audit"),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (isTyping && event.key === "Escape") event.target.blur();
  if (isTyping || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

// Where the focus is, there the reader is.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("table.jobs tbody tr[data-name]");
  if (!row) return;
  chosen = row.dataset.name;
  mark();
});
for (const news of ["refreshed", "htmx:afterSettle"]) document.addEventListener(news, mark);
