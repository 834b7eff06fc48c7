// Shows the newest picture of the multipart stream on a canvas. There is never a queue: while one picture is
// being decoded, only the newest of those that come meanwhile is kept.

import { MultipartReader } from "./multipart.js";

const pauseBeforeAgain = 500;

export class Pictures {
  // shown({frame, position}) after each picture drawn; slow() where the stream cannot be had (too many tabs).
  constructor(canvas, { shown, slow }) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.shown = shown;
    this.slow = slow;
    this.url = null;
    this.abort = null;
    this.waiting = null;
    this.decoding = false;
    this.skipped = 0;
    this.broken = 0;
  }

  // The stream that should be there now, or null. Asking again for the same one changes nothing.
  want(url) {
    if (url === this.url) return;
    this.url = url;
    this.abort?.abort();
    this.abort = null;
    this.waiting = null;
    if (url) this.follow(url, (this.abort = new AbortController()));
  }

  clear() {
    this.waiting = null;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    delete this.canvas.dataset.frame;
    delete this.canvas.dataset.position;
  }

  async follow(url, abort) {
    while (!abort.signal.aborted) {
      try {
        await this.read(url, abort.signal);
      } catch {
        // Ended or broken: both mean asking again, after a pause.
      }
      if (!abort.signal.aborted) await new Promise((go) => setTimeout(go, pauseBeforeAgain));
    }
  }

  async read(url, signal) {
    const slow = setTimeout(this.slow, 4000);
    const answer = await fetch(url, { signal }).finally(() => clearTimeout(slow));
    if (!answer.ok || !answer.body) return;
    const stream = answer.body.getReader();
    const parts = new MultipartReader();
    try {
      for (;;) {
        const { done, value } = await stream.read();
        if (done || signal.aborted) return;
        const part = parts.push(value);
        if (part) this.offer(part, signal);
      }
    } finally {
      stream.cancel().catch(() => {}); // Also where the bytes made no sense: the connection must not stay.
    }
  }

  offer({ headers, body, passed }, signal) {
    this.skipped += passed + (this.waiting ? 1 : 0);
    const picture = { blob: new Blob([body], { type: "image/jpeg" }), headers, signal };
    this.waiting = picture;
    if (!this.decoding) this.drain();
  }

  async drain() {
    this.decoding = true;
    while (this.waiting) {
      const picture = this.waiting;
      this.waiting = null;
      try {
        const bitmap = await createImageBitmap(picture.blob);
        if (!picture.signal.aborted) this.draw(bitmap, picture.headers);
        bitmap.close(); // Now, not when the garbage collector comes round: a bitmap is megabytes.
      } catch {
        this.broken += 1; // Not a JPEG after all; the next one will be.
      }
    }
    this.decoding = false;
  }

  draw(bitmap, headers) {
    const { canvas } = this;
    // Setting the size empties the canvas, so only when it changes.
    if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
    if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
    this.context.drawImage(bitmap, 0, 0);
    canvas.dataset.frame = headers.get("x-frame") ?? "";
    canvas.dataset.position = headers.get("x-position") ?? "";
    this.shown({ frame: Number(headers.get("x-frame")), position: Number(headers.get("x-position")) });
  }
}
