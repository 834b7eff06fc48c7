// The seek bar. Positions that come in do not move it while the user holds it, and only one seek is under way
// at a time: of those wished meanwhile, the last wins.

import { put } from "./numbers.js";

export class SeekBar {
  // send(seconds) resolves when the seek is done or refused.
  constructor({ input, position, length, send }) {
    Object.assign(this, { input, position, length, send });
    this.duration = null;
    this.frame = null;
    this.playing = false;
    this.now = 0;
    this.dragging = false;
    this.underWay = false;
    this.wanted = null;
    this.latest = null; // Where the last seek went, while nothing has moved since.
    this.drawnAt = 0;
    this.listen();
  }

  listen() {
    const { input } = this;
    input.addEventListener("pointerdown", () => (this.dragging = true));
    for (const name of ["pointerup", "pointercancel", "blur"]) input.addEventListener(name, () => (this.dragging = false));
    input.addEventListener("input", () => {
      this.preview(Number(input.value));
      // Standing still, each place passed is shown; playing, only the place where the handle is let go.
      if (!this.playing) this.seek(Number(input.value));
    });
    input.addEventListener("change", () => Number(input.value) === this.latest || this.seek(Number(input.value)));
  }

  update({ duration, frameRate, live, can, busy, state, reconnect }) {
    const usable = typeof duration === "number" && duration > 0;
    this.duration = usable ? duration : null;
    this.frame = frameRate > 0 ? 1 / frameRate : null;
    this.playing = state === "Playing";
    this.input.max = usable ? duration : 0;
    this.input.step = this.frame ?? 0.001;
    // While a seek is under way the bar stays usable, or a drag would end with the first of its seeks; so it does while
    // a loop begins anew, which is over in a moment.
    const looping = this.playing && busy === "play";
    this.input.disabled = !(usable && (can.seek || busy === "seek" || looping || this.underWay));
    if (this.input.disabled) this.dragging = false; // It will not be told that it was let go.
    this.input.hidden = live;
    put(this.length, usable ? clock(duration) : "–");
    if (state === "Init" && busy !== "reconnect" && !reconnect) this.at(0, true);
  }

  // A position that came in.
  at(seconds, exactly = false) {
    if (!Number.isFinite(seconds)) return;
    this.now = seconds;
    if (this.dragging || this.underWay) return;
    const now = performance.now();
    if (!exactly && this.playing && now - this.drawnAt < 100) return; // Ten times a second is enough to read.
    this.drawnAt = now;
    if (seconds !== this.latest) this.latest = null;
    this.input.value = seconds;
    this.preview(seconds);
  }

  preview(seconds) {
    const text = clock(Math.min(seconds, this.duration ?? Infinity));
    put(this.position, text);
    this.input.style.setProperty("--done", this.duration ? `${(100 * Math.min(1, seconds / this.duration)).toFixed(2)}%` : "0%");
    const spoken = this.duration ? `${seconds.toFixed(1)} of ${this.duration.toFixed(1)} seconds` : text;
    if (!this.playing || document.activeElement === this.input) this.input.setAttribute("aria-valuetext", spoken);
  }

  nudge(seconds) {
    if (this.input.disabled || !this.duration) return;
    const from = this.wanted ?? (this.underWay ? Number(this.input.value) : this.now);
    const to = Math.max(0, Math.min(this.duration, from + seconds));
    this.input.value = to;
    this.preview(to);
    this.seek(to);
  }

  async seek(to) {
    this.wanted = this.latest = to;
    if (this.underWay) return;
    this.underWay = true;
    while (this.wanted !== null) {
      const next = this.wanted;
      this.wanted = null;
      this.now = next;
      await this.send(next);
    }
    this.underWay = false;
  }
}

export function clock(seconds) {
  const hundredths = Math.max(0, Math.floor(seconds * 100 + 1e-6));
  const two = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(hundredths / 6000);
  const rest = `${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`;
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}
