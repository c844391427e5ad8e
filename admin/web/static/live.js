// Keeps a page current: the stream of the log's events says that something changed, and the changed parts are fetched.
// What was seen last is remembered, so that a reader who comes back after a lost connection misses nothing.
"use strict";

const REFRESH_MS = 1000;
const RETRY_MS = 2000;
const RETRY_MS_MAX = 30000;

const page = { seq: Number(document.body.dataset.seq), job: document.body.dataset.job || null };
const badge = document.getElementById("live");

let isStale = false;
let isBusy = false;
let retryMs = RETRY_MS;

function show(state, text) {
  badge.hidden = false;
  badge.dataset.state = state;
  badge.textContent = text;
}

// The server's word for a part replaces ours, but for what the reader is doing with it: open folds, ticks, typing.
const keeping = {
  ignoreActiveValue: true,
  callbacks: {
    beforeAttributeUpdated: (name, node) =>
      !((name === "open" && node.tagName === "DETAILS") || (name === "checked" && node.tagName === "INPUT")),
  },
};

async function refresh() {
  if (isBusy || !isStale || document.hidden) return;
  isBusy = true;
  isStale = false;
  try {
    const answer = await fetch(location.href);
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const other = fresh.getElementById(part.id);
        if (!other) continue;
        Idiomorph.morph(part, other, keeping);
        htmx.process(document.getElementById(part.id));
      }
      document.title = fresh.title;
      document.dispatchEvent(new Event("refreshed"));
    }
  } catch {
    isStale = true;
  } finally {
    isBusy = false;
    // Whatever came meanwhile is fetched too: the last change is never left out.
    setTimeout(refresh, REFRESH_MS);
  }
}

function changed(seq) {
  page.seq = Math.max(page.seq, seq);
  document.getElementById("seq").textContent = page.seq.toLocaleString("en");
  isStale = true;
  refresh();
}

function observed(seen) {
  for (const one of seen) {
    const text = (value) => (value === null ? "–" : value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 }));
    for (const cell of document.querySelectorAll(`[data-lag="${CSS.escape(one.job)}"]`)) cell.textContent = text(one.lag);
    for (const cell of document.querySelectorAll(`[data-rate="${CSS.escape(one.job)}"]`)) cell.textContent = text(one.records_per_s);
    document.dispatchEvent(new CustomEvent("observed", { detail: one }));
  }
  // What a rule makes of it the server says.
  if (document.querySelector("[data-observed]")) {
    isStale = true;
    refresh();
  }
}

function connect() {
  const asked = new URLSearchParams({ since: page.seq, observations: "true" });
  if (page.job) asked.set("job", page.job);
  const source = new EventSource(`/api/v1/events?${asked}`);
  source.addEventListener("open", () => {
    retryMs = RETRY_MS;
    show("on", "live");
  });
  source.addEventListener("event", (message) => changed(Number(message.lastEventId)));
  source.addEventListener("observation", (message) => observed(JSON.parse(message.data)));
  source.addEventListener("error", () => {
    show("off", "reconnecting");
    // The browser comes back by itself after a lost connection, but not after an answer that was no stream.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
    }
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

const UNITS = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];

function duration(seconds) {
  const parts = [];
  let left = Math.floor(seconds);
  for (const [unit, size] of UNITS) {
    if (left >= size) parts.push(`${Math.floor(left / size)}${unit}`);
    left %= size;
  }
  return parts.slice(0, 2).join(" ") || "0s";
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-since]")) {
    if (time.dateTime) time.textContent = duration(Math.max(now - Date.parse(time.dateTime), 0) / 1000);
  }
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = (Date.parse(time.dateTime) - now) / 1000;
    time.textContent = left >= 1 ? `in ${duration(left)}` : "now";
  }
}

// A dialog is the page of the same address, brought here.
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = document.getElementById("dialog");
  if (!dialog.contains(event.target) && event.target !== dialog) return;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
});
document.addEventListener("click", (event) => {
  const dialog = document.getElementById("dialog");
  if (dialog.open && (event.target === dialog || event.target.closest("#dialog [data-close]"))) {
    event.preventDefault();
    dialog.close();
  }
});

// Where the picture of the states is wider than the screen, it shows the state that the job is in.
const here = document.querySelector(".diagram .here");
const frame = here?.closest(".scroll");
if (frame) frame.scrollLeft = here.getBoundingClientRect().right - frame.getBoundingClientRect().left - frame.clientWidth;

setInterval(tick, 1000);
document.addEventListener("visibilitychange", refresh);
if (badge && window.EventSource) connect();
