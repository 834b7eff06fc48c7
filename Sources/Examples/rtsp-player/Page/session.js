// The tab's session at the player program: one event stream that *is* the tab, and commands beside it.
// A browser allows six connections to one server for all its tabs, hence the words about too many tabs.

const patience = 4000;
const pauses = [0.5, 1, 2, 4, 8, 15];

export const tooManyTabs = {
  code: "tooManyTabs",
  message: "The player does not answer this tab.",
  advice: "Probably too many tabs of the player are open: a browser allows six connections to one server. Close another tab.",
};

const playerGone = (seconds) => ({
  code: "playerGone",
  message: "The player program cannot be reached.",
  advice: `Was it stopped? Start rtsp-player again; this page tries again in ${seconds} s.`,
});

export class Session {
  // handlers: state(object), numbers(object), dialogue(object), connected(bool), trouble(error or null).
  constructor(handlers) {
    this.handlers = handlers;
    this.id = null;
    this.events = null;
    this.failures = 0;
    this.told = null; // The trouble told of last.
    this.timers = new Set();
  }

  async start() {
    this.stop();
    const round = (this.round = {});
    const current = () => this.round === round;
    const slow = this.after(patience, () => this.tell(tooManyTabs));
    try {
      const made = await post("/api/sessions", {});
      if (!current()) return abandon(made.id);
      this.id = made.id;
      this.listen(slow);
    } catch (error) {
      if (current()) this.failed(error.code ? error : null);
    }
  }

  listen(slow) {
    const events = (this.events = new EventSource(`${this.path}/events`));
    const told = (name) => (event) => this.handlers[name](JSON.parse(event.data));
    events.addEventListener("open", () => {
      this.cancel(slow);
      this.failures = 0;
      this.handlers.connected(true);
      this.tell(null);
    });
    for (const name of ["state", "numbers", "dialogue"]) events.addEventListener(name, told(name));
    // The session ends with its event stream, so the browser's own way of opening the same one again is of no use.
    events.addEventListener("error", () => this.failed(null));
  }

  failed(error) {
    this.stop();
    const seconds = pauses[Math.min(this.failures++, pauses.length - 1)];
    this.tell(error ?? playerGone(seconds));
    this.after(seconds * 1000, () => this.start());
  }

  // Tries again at once (the user asked for it), also where the events are still waited for.
  retryNow() {
    if (this.events?.readyState === EventSource.OPEN) return;
    this.leave();
    this.start();
  }

  stop() {
    this.round = null;
    for (const timer of [...this.timers]) this.cancel(timer);
    this.events?.close();
    this.events = null;
    this.id = null;
    this.handlers.connected(false);
  }

  // The tab goes: a beacon outlives the page, an ordinary request does not.
  leave() {
    const id = this.id;
    this.stop();
    if (id) abandon(id);
  }

  get path() {
    return `/api/sessions/${this.id}`;
  }

  // Resolves to null, or to {code, message, advice} where the player refused.
  async command(name, body = {}) {
    if (!this.id) return null;
    // The events flow, so that to begin anew would only lose the session.
    const words = { ...tooManyTabs, wait: true };
    const slow = this.after(patience, () => this.tell(words));
    try {
      await post(`${this.path}/${name}`, body);
      return null;
    } catch (error) {
      return error.code ? error : null; // Without an answer the event stream fails as well, and says so.
    } finally {
      this.cancel(slow);
      if (this.told === words) this.tell(null); // Any answer is one; other trouble stays.
    }
  }

  tell(trouble) {
    this.told = trouble;
    this.handlers.trouble(trouble);
  }

  after(milliseconds, action) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, milliseconds);
    this.timers.add(timer);
    return timer;
  }

  cancel(timer) {
    clearTimeout(timer);
    this.timers.delete(timer);
  }
}

// Throws the player's own {code, message, advice}, or what fetch throws where there is no player.
async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const result = await answer.json().catch(() => ({}));
  if (!answer.ok) throw result.error ?? { code: "other", message: `The player answered ${answer.status}.`, advice: "" };
  return result;
}

function abandon(id) {
  navigator.sendBeacon(`/api/sessions/${id}/close`, new Blob(["{}"], { type: "application/json" }));
}
