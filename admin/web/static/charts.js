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
    Object.assign(this, { box, of, stroke, times: [], values: [], plot: null });
  }

  take(one) {
    const value = this.of(one);
    const at = Date.parse(one.at) / 1000;
    if (value === null || at <= (this.times.at(-1) ?? 0)) return;
    this.times.push(at);
    this.values.push(value);
    if (this.times.length > KEPT) {
      this.times.shift();
      this.values.shift();
    }
  }

  draw() {
    const data = [this.times, this.values];
    if (this.plot) this.plot.setData(data);
    else this.plot = new uPlot(this.options(), data, this.box);
  }

  again() {
    this.plot?.destroy();
    this.plot = null;
    this.draw();
  }

  options() {
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    const clock = (_, ticks) => ticks.map((at) => new Date(at * 1000).toISOString().slice(11, 19));
    return {
      width: this.box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, 10)] } },
      axes: [{ ...axis, grid: { show: false }, space: 90, size: 28, values: clock }, { ...axis, size: 46, space: 32, values: (_, ticks) => ticks.map(short) }],
      series: [{}, { stroke: colour(this.stroke), fill: `${colour(this.stroke)}22`, width: 2, points: { show: false } }],
    };
  }
}

if (card && !card.hidden) {
  const lines = [
    new Line(document.getElementById("chart-lag"), (one) => one.lag, "--paused"),
    new Line(document.getElementById("chart-rate"), (one) => one.records_per_s, "--running"),
  ];
  const draw = () => lines.forEach((line) => line.draw());
  const take = (seen) => lines.forEach((line) => seen.forEach((one) => line.take(one)));
  fetch(card.dataset.observations)
    .then((answer) => answer.json())
    .then((said) => take(said.observations))
    .finally(draw);
  document.addEventListener("observed", (event) => {
    if (event.detail.job !== document.body.dataset.job) return;
    take([event.detail]);
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => lines.forEach((line) => line.again()));
  addEventListener("resize", () => lines.forEach((line) => line.plot?.setSize({ width: line.box.clientWidth, height: HEIGHT })));
}
