// One small plot of the last 60 seconds on a canvas. Colours come from the style sheet, so dark and light both work.

const span = 60;
const margin = { left: 34, right: 6, top: 9, bottom: 17 };

export class Plot {
  // kind "line" (with an optional dashed second series) or "bars" (how much a counter grew since the last sample).
  constructor(canvas, { kind = "line", least = 1 } = {}) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.kind = kind;
    this.least = least;
    this.samples = [];
    this.last = null;
    this.box = { width: 0, height: 0 };
    new ResizeObserver(([entry]) => this.resize(entry.contentRect)).observe(canvas);
  }

  add(time, value, second = null) {
    const sample = { time, value: this.kind === "bars" ? this.growth(value) : value, second };
    this.samples.push(sample);
    while (this.samples.length && this.samples[0].time < time - span) this.samples.shift();
  }

  clear() {
    this.samples = [];
    this.last = null;
    this.draw();
  }

  growth(count) {
    const before = this.last;
    this.last = count;
    return count === null || before === null ? null : Math.max(0, count - before);
  }

  resize({ width, height }) {
    this.box = { width, height };
    this.draw();
  }

  draw() {
    const { canvas, context, box } = this;
    if (!box.width) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(box.width * ratio);
    const height = Math.round(box.height * ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, box.width, box.height);
    this.drawWithin(getComputedStyle(canvas));
  }

  drawWithin(style) {
    const colour = (name) => style.getPropertyValue(name).trim();
    const now = this.samples.at(-1)?.time ?? 0;
    const top = ceiling(Math.max(this.least, ...this.samples.map(({ value, second }) => Math.max(value ?? 0, second ?? 0))));
    const right = this.box.width - margin.right;
    const bottom = this.box.height - margin.bottom;
    const x = (time) => right - ((now - time) / span) * (right - margin.left);
    const y = (value) => bottom - (value / top) * (bottom - margin.top);
    this.axes({ colour, font: style.fontFamily, top, right, bottom, y });
    if (this.kind === "bars") return this.bars(x, y, colour("--plot-count"));
    this.area(x, y, colour("--plot-fill"));
    this.line("value", x, y, colour("--plot-line"), []);
    this.line("second", x, y, colour("--plot-second"), [4, 3]);
  }

  axes({ colour, font, top, right, bottom, y }) {
    const { context } = this;
    context.lineWidth = 1;
    context.setLineDash([]);
    context.strokeStyle = colour("--plot-grid");
    context.fillStyle = colour("--muted");
    context.font = `11px ${font}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of [0, top / 2, top]) {
      const at = Math.round(y(value)) + 0.5;
      context.beginPath();
      context.moveTo(margin.left, at);
      context.lineTo(right, at);
      context.stroke();
      if (value !== top / 2) context.fillText(label(value), margin.left - 5, at);
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText("60 s ago", margin.left, bottom + 14);
    context.textAlign = "right";
    context.fillText("now", right, bottom + 14);
  }

  line(key, x, y, colour, dash) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    context.setLineDash(dash);
    context.beginPath();
    let drawing = false;
    for (const sample of this.samples) {
      const known = sample[key] !== null;
      if (known) context[drawing ? "lineTo" : "moveTo"](x(sample.time), y(sample[key]));
      drawing = known;
    }
    context.stroke();
    context.setLineDash([]);
  }

  area(x, y, colour) {
    const { context } = this;
    context.fillStyle = colour;
    for (const run of this.runs()) {
      context.beginPath();
      context.moveTo(x(run[0].time), y(0));
      for (const { time, value } of run) context.lineTo(x(time), y(value));
      context.lineTo(x(run.at(-1).time), y(0));
      context.fill();
    }
  }

  // The stretches of samples without a gap.
  runs() {
    const runs = [];
    let run = null;
    for (const sample of this.samples) {
      if (sample.value === null) run = null;
      else if (run) run.push(sample);
      else runs.push((run = [sample]));
    }
    return runs;
  }

  bars(x, y, colour) {
    const { context } = this;
    context.fillStyle = colour;
    for (const { time, value } of this.samples) {
      if (value) context.fillRect(x(time) - 1, y(value), 2, y(0) - y(value));
    }
  }
}

// The next of 1, 2, 4, 5, 10, 20 … at or above a value, so that the scale seldom changes.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 4, 5]) if (value <= step * power) return step * power;
  return 10 * power;
}

function label(value) {
  if (value >= 1000) return `${Number((value / 1000).toPrecision(2))}k`;
  return String(Number(value.toPrecision(2)));
}
