// What lies over the picture: what to do first, what went wrong, and what is going on.

import { put } from "./numbers.js";

const spoken = 5000;

const hints = {
  init: ["Nothing is set up yet", "Choose a stream and press Setup, then Play."],
  busy: ["Setting up …", "The server is asked what the stream is, and how its packets are to travel."],
  ready: ["Ready", "The server has the session. Press Play, and packets flow."],
};

export class Stage {
  constructor(parts) {
    Object.assign(this, parts);
    this.said = null;
    this.standing = "";
    this.countdown = null;
    this.attempt = null;
    this.deadline = 0;
  }

  update(state, trouble) {
    const error = trouble ?? state.error;
    const waiting = trouble ? null : state.reconnect;
    const trying = !trouble && state.busy === "reconnect";
    this.showEmpty(state, error || waiting || trying);
    this.showError(error, waiting || trying, state);
    // Between two attempts everything keeps its place, only that there is nothing to press.
    this.retry.hidden = trouble ? trouble.wait === true : !(state.can.retry || trying);
    this.retry.disabled = trying && !state.can.retry;
    this.retry.textContent = waiting || trying ? "Try now" : "Try again";
    if (!state.reconnect) this.attempt = null;
    this.count(waiting, trying);
    this.standing = trouble ? "" : state.notice?.text ?? "";
    if (this.said === null) put(this.notice, this.standing);
  }

  // What to do next, while there is no picture to look at.
  showEmpty({ state, busy }, covered) {
    this.empty.hidden = state === "Playing" || Boolean(covered);
    const [title, text] = state === "Ready" ? hints.ready : busy === "setup" ? hints.busy : hints.init;
    put(this.emptyTitle, title);
    put(this.emptyText, text);
    this.offers.hidden = state !== "Init" || busy !== null;
  }

  showError(error, reconnecting, { state }) {
    this.trouble.hidden = !error && !reconnecting;
    // A session that goes on keeps its picture; the words stand below it.
    this.trouble.classList.toggle("overlay-low", !reconnecting && state !== "Init");
    // An alert is read out whenever its text is written, so it is written only when it changes.
    put(this.message, error?.message ?? (reconnecting ? "The connection was lost" : ""));
    put(this.advice, error?.advice ?? "");
    this.error.dataset.code = error?.code ?? "";
  }

  count(waiting, trying) {
    clearInterval(this.countdown);
    this.reconnect.hidden = !waiting && !trying;
    put(this.reconnect, trying ? "Connecting …" : "");
    if (!waiting) return;
    // The wait runs from when it was first told, however often the state is told meanwhile.
    if (waiting.attempt !== this.attempt) this.deadline = performance.now() + waiting.in * 1000;
    this.attempt = waiting.attempt;
    const tick = () => {
      const left = Math.max(0, Math.ceil((this.deadline - performance.now()) / 1000));
      put(this.reconnect, `Connecting again in ${left} s (attempt ${waiting.attempt})`);
    };
    tick();
    this.countdown = setInterval(tick, 250);
  }

  // Says something for a few seconds, in place of the player's own notice.
  say(text) {
    clearTimeout(this.said);
    put(this.notice, text);
    this.said = setTimeout(() => {
      this.said = null;
      put(this.notice, this.standing);
    }, spoken);
  }
}
