// Where the stream comes from: address, transport and dialect, and the streams on offer.

const remembered = "rtsp-player source";

export class Source {
  constructor({ form, address, transport, lab, streams, offers, submit }) {
    Object.assign(this, { address, transport, lab, streams, offers });
    this.sent = null; // The transport of the last setup; the player's state names the one agreed on, not the one asked for.
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    this.recall();
  }

  get value() {
    return { url: this.address.value.trim(), transport: this.transport.value, lab: this.lab.checked };
  }

  // Whether a setup sent now would ask for something else than the last one.
  differs({ url, lab }) {
    const { value, sent } = this;
    return value.url !== url || value.lab !== lab || (sent !== null && value.transport !== sent);
  }

  // What is agreed already cannot be changed any more, so it does not look as if it could.
  lock(locked) {
    this.address.readOnly = locked;
    this.transport.disabled = locked;
    this.lab.disabled = locked;
  }

  offer(urls) {
    this.streams.replaceChildren(...urls.map((url) => Object.assign(document.createElement("option"), { value: url })));
    this.offers.replaceChildren(...urls.map((url) => this.chip(url)));
    if (!this.address.value && urls.length) this.address.value = urls[0];
    this.mark();
    this.address.addEventListener("input", () => this.mark());
  }

  chip(url) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip", title: url });
    button.textContent = /[^/]+\/?$/.exec(url)?.[0] ?? url;
    button.addEventListener("click", () => {
      this.address.value = url;
      this.mark();
    });
    return button;
  }

  mark() {
    for (const chip of this.offers.children) chip.setAttribute("aria-pressed", String(chip.title === this.address.value.trim()));
  }

  remember() {
    this.sent = this.value.transport;
    try {
      sessionStorage.setItem(remembered, JSON.stringify(this.value));
    } catch {
      // Without storage the tab forgets, nothing more.
    }
  }

  recall() {
    try {
      const { url, transport, lab } = JSON.parse(sessionStorage.getItem(remembered)) ?? {};
      if (typeof url === "string") this.address.value = url;
      if (["auto", "udp", "tcp"].includes(transport)) this.transport.value = transport;
      this.lab.checked = lab === true;
    } catch {
      // Nothing remembered.
    }
  }
}
