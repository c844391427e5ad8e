// Everything by keyboard. A key does what a link or button on the page does, and nothing where there is none.
"use strict";

const rows = () => [...document.querySelectorAll("table.jobs tbody tr")];
const current = () => document.querySelector("table.jobs tbody tr.at");

function go(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  current()?.classList.remove("at");
  next.classList.add("at");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("th a").focus({ preventScroll: true });
}

function press(verb) {
  const place = current() ?? document;
  (place.querySelector(`a[href$="/${verb}"].button`) ?? document.querySelector(`a[data-verb="${verb}"]`))?.click();
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
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
