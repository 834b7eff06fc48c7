// The control dialogue: every request with its reply, paired by CSeq, newest last.

const mostMessages = 200;

const lessons = {
  OPTIONS: "asks which methods the server knows.",
  DESCRIBE: "asks what the stream is; the reply holds its description (SDP).",
  SETUP: "agrees on the transport: over which ports or channels the packets travel. The reply names the session.",
  PLAY: "lets the server send packets, from the position in Range.",
  PAUSE: "stops the packets; session and position stay.",
  TEARDOWN: "ends the session; the server forgets it.",
  GET_PARAMETER: "says “still here”, so that the session does not time out.",
  SET_PARAMETER: "sets a value at the other side.",
  ANNOUNCE: "gives a new description of the stream.",
  REDIRECT: "sends the client to another server.",
  RECORD: "lets the server record what is sent to it.",
};

export class Dialogue {
  constructor({ details, list, empty, count, lesson }) {
    Object.assign(this, { details, list, empty, count });
    this.open = new Map(); // The exchange still without reply, by who asked and CSeq.
    this.messages = 0;
    this.total = 0;
    this.newest = -Infinity;
    explain(lesson);
    details.addEventListener("toggle", () => {
      this.showNewest();
      if (details.open) details.scrollIntoView({ block: "nearest" });
    });
  }

  clear() {
    this.list.replaceChildren(this.empty);
    this.empty.hidden = false;
    this.open.clear();
    this.messages = this.total = 0;
    this.newest = -Infinity;
    this.count.textContent = "no message yet";
  }

  add({ n, time, direction, text }) {
    if (n <= this.newest) return; // The last ones come again on connecting.
    this.newest = n;
    // Who reads back in the list is not pulled away from there.
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    this.empty.hidden = true;
    this.place(new Message(time, direction === "sent" ? "sent" : "received", text));
    this.total += 1;
    this.count.textContent = this.total === 1 ? "1 message" : `${this.total} messages`;
    if (++this.messages > mostMessages) this.dropOldest();
    if (atEnd) this.showNewest();
  }

  place(message) {
    const asker = message.isReply === (message.direction === "sent") ? "received" : "sent";
    const key = `${asker} ${message.cseq}`;
    const exchange = message.isReply ? this.open.get(key) : null;
    if (exchange) {
      this.open.delete(key);
      exchange.section.append(article(message, message.time - exchange.time));
      return;
    }
    const section = element("section", "exchange");
    section.append(heading(message), article(message, null));
    this.list.append(section);
    if (!message.isReply) this.open.set(key, { section, time: message.time });
    if (this.open.size > mostMessages) this.open.delete(this.open.keys().next().value);
  }

  dropOldest() {
    const oldest = this.list.querySelector("section.exchange");
    if (!oldest) return;
    this.messages -= oldest.querySelectorAll("article").length;
    oldest.remove();
  }

  showNewest() {
    if (this.details.open) this.list.scrollTop = this.list.scrollHeight;
  }
}

class Message {
  constructor(time, direction, text) {
    this.time = new Date(time);
    this.direction = direction;
    this.text = String(text);
    const first = this.text.split(/\r?\n/, 1)[0];
    this.isReply = first.startsWith("RTSP/");
    this.first = first;
    this.method = this.isReply ? null : first.split(" ", 1)[0];
    this.status = this.isReply ? Number(first.split(" ")[1]) : null;
    this.cseq = /^cseq[ \t]*:?[ \t]*(\d+)/im.exec(this.text)?.[1] ?? "?";
  }
}

function heading(message) {
  const line = element("h3");
  line.append(element("b", "", message.method ?? "Reply"), element("span", "cseq", ` CSeq ${message.cseq}`));
  const lesson = lessons[message.method];
  if (lesson) line.append(element("span", "lesson-line", ` ${lesson}`));
  return line;
}

function article(message, delay) {
  const box = element("article");
  box.dataset.direction = message.direction;
  if (message.status >= 400) box.dataset.outcome = "refused";
  const line = element("p", "stamp");
  const word = message.direction === "sent" ? "→ sent" : "← received";
  line.append(element("b", "", word), element("time", "", clock(message.time)));
  if (delay !== null) line.append(element("span", "", `after ${Math.max(0, delay)} ms`));
  box.append(line, element("pre", "", message.text.trimEnd()));
  return box;
}

function explain(list) {
  for (const [method, lesson] of Object.entries(lessons).slice(0, 7)) {
    const row = element("div");
    row.append(element("dt", "", method), element("dd", "", lesson));
    list.append(row);
  }
}

function clock(time) {
  const two = (value) => String(value).padStart(2, "0");
  const three = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${three}`;
}

function element(name, className = "", text = null) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== null) made.textContent = text; // Never as HTML: a server wrote it.
  return made;
}
