// Lag and rate of one job as lines: the last minutes from the server, what comes after from the stream.
"use strict";

const KEPT = 300;
const HEIGHT = 132;
const card = document.getElementById("charts");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function short(value) {
  return Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

class Line {
  constructor(box, of, stroke) {
    Object.assign(this, { box, of, stroke, plot: null });
  }

  // A line needs two points: before, the place says what is missing instead of showing empty axes.
  draw(seen) {
    const told = seen.filter((one) => this.of(one) !== null);
    if (told.length < 2) {
      this.clear();
      this.box.textContent = told.length ? "one look; a line needs two" : seen.length > 1 ? "nobody tells it" : "waiting for the first look";
      return;
    }
    const data = [told.map((one) => Date.parse(one.at) / 1000), told.map(this.of)];
    if (this.plot) this.plot.setData(data);
    else {
      this.box.textContent = "";
      this.plot = new uPlot(this.options(), data, this.box);
    }
  }

  // Of its figure: an empty place is not shown, and has none.
  width() {
    return this.box.parentElement.clientWidth;
  }

  clear() {
    this.plot?.destroy();
    this.plot = null;
  }

  options() {
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    const clock = (_, ticks) => ticks.map((at) => new Date(at * 1000).toISOString().slice(11, 19));
    return {
      width: this.width(),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, 10)] } },
      axes: [{ ...axis, grid: { show: false }, space: 90, size: 28, values: clock }, { ...axis, size: 46, space: 32, values: (_, ticks) => ticks.map(short) }],
      series: [{}, { stroke: colour(this.stroke), fill: `${colour(this.stroke)}22`, width: 2, points: { show: false } }],
    };
  }
}

if (card) {
  const lines = [
    new Line(document.getElementById("chart-lag"), (one) => one.lag, "--paused"),
    new Line(document.getElementById("chart-rate"), (one) => one.records_per_s, "--running"),
  ];
  // By time: what the stream brings may be here before the minutes that came before it.
  let seen = new Map();
  const draw = () => lines.forEach((line) => line.draw([...seen.values()]));
  const take = (news) => {
    news.forEach((one) => seen.set(Date.parse(one.at), one));
    seen = new Map([...seen].sort(([one], [other]) => one - other).slice(-KEPT));
    card.hidden &&= !seen.size;
    draw();
  };
  draw();
  fetch(card.dataset.observations)
    .then((answer) => (answer.ok ? answer.json() : { observations: [] }))
    .then((said) => take(said.observations))
    .catch(() => {});
  document.addEventListener("observed", (event) => {
    if (event.detail.job === document.body.dataset.job) take([event.detail]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    lines.forEach((line) => line.clear());
    draw();
  });
  addEventListener("resize", () => lines.forEach((line) => line.plot?.setSize({ width: line.width(), height: HEIGHT })));
}
