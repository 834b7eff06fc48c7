// The numbers and their plots. Every text has a fixed place and tabular digits, so nothing moves while they change.

import { Plot } from "./plots.js";

const whole = (value) => value.toLocaleString("en").replaceAll(",", "\u202f");
const fixed = (digits, unit) => (value) => `${value.toFixed(digits)}${unit}`;
const milliseconds = (value) => (value < 10 ? `${value.toFixed(1)} ms` : `${whole(Math.round(value))} ms`);

export function bytes(value) {
  if (value < 1e6) return `${Math.round(value / 1e3)} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

// In the unit of its plot.
function bitRate(value) {
  const mega = value / 1e6;
  return `${mega.toFixed(mega < 10 ? 2 : 1)} Mbit/s`;
}

// Where each number goes: id, name in the event, how it is written.
const texts = [
  ["fps", "fps", fixed(1, "")],
  ["bitrate", "bitRate", bitRate],
  ["lost", "lost", whole],
  ["reordered", "reordered", whole],
  ["jitter", "jitter", milliseconds],
  ["late", "late", whole],
  ["skipped", "skipped", whole],
  ["latency", "latency", milliseconds],
  ["first", "firstPicture", milliseconds],
  ["shown", "framesShown", whole],
  ["packets", "packets", whole],
  ["bytes", "bytes", bytes],
  ["incomplete", "incomplete", whole],
  ["rebuffers", "rebuffers", whole],
  ["browser", "browserSkipped", whole],
];

const plots = [
  ["fps", { least: 10 }, (n) => n.fps],
  ["bitrate", { least: 1 }, (n) => n.bitRate === null ? null : n.bitRate / 1e6],
  ["buffer", { least: 20 }, (n) => n.bufferDepth, (n) => n.bufferTarget],
  ["jitter", { least: 1 }, (n) => n.jitter],
  ["lost", { kind: "bars", least: 4 }, (n) => n.lost],
  ["reordered", { kind: "bars", least: 4 }, (n) => n.reordered],
  ["late", { kind: "bars", least: 4 }, (n) => n.late],
  ["skipped", { kind: "bars", least: 4 }, (n) => n.skipped],
  ["latency", { least: 20 }, (n) => n.latency],
];

export class Numbers {
  constructor() {
    const find = (id) => document.getElementById(id);
    this.texts = texts.map(([id, key, write]) => ({ element: find(`number-${id}`), key, write }));
    this.buffer = find("number-buffer");
    this.plots = plots.map(([id, options, first, second]) => ({ plot: new Plot(find(`plot-${id}`), options), first, second }));
    const redraw = () => this.draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    document.addEventListener("visibilitychange", redraw);
  }

  // Comes every 500 ms, and so the plots are drawn twice a second.
  show(numbers) {
    for (const { element, key, write } of this.texts) {
      const value = numbers[key];
      put(element, typeof value === "number" ? write(value) : "–");
    }
    put(this.buffer, depth(numbers));
    for (const { plot, first, second } of this.plots) plot.add(numbers.time, first(numbers) ?? null, second?.(numbers) ?? null);
    this.draw();
  }

  clear() {
    for (const { element } of this.texts) put(element, "–");
    put(this.buffer, "–");
    for (const { plot } of this.plots) plot.clear();
  }

  draw() {
    if (document.hidden) return;
    for (const { plot } of this.plots) plot.draw();
  }
}

function depth({ bufferDepth, bufferTarget }) {
  if (typeof bufferDepth !== "number") return "–";
  const target = typeof bufferTarget === "number" ? Math.round(bufferTarget) : "–";
  return `${Math.round(bufferDepth)} / ${target} ms`;
}

export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
