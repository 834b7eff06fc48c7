// Put into every page before its own scripts: notes what arrives and what is drawn, and changes nothing of it.
(() => {
  const seen = (window.seen = {
    state: [], numbers: [], dialogue: [], drawn: [], errors: [], alerts: 0, shifts: [], buttons: [],
  });
  const Source = window.EventSource;
  window.EventSource = class extends Source {
    constructor(...given) {
      super(...given);
      for (const name of ["state", "numbers", "dialogue"]) {
        this.addEventListener(name, (event) => seen[name].push(JSON.parse(event.data)));
      }
    }
  };
  for (const name of ["alert", "confirm", "prompt"]) window[name] = () => void seen.alerts++;
  addEventListener("error", (event) => seen.errors.push(String(event.message ?? event.type)));
  addEventListener("unhandledrejection", (event) => seen.errors.push(`rejected: ${event.reason}`));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    seen.errors.push(`policy: ${violatedDirective} ${blockedURI}`);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue; // What a click changes may move.
      const where = entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
      seen.shifts.push({ value: entry.value, time: entry.startTime, where });
    }
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("DOMContentLoaded", () => {
    const canvas = document.getElementById("picture");
    let last;
    new MutationObserver(() => {
      const { frame, position } = canvas.dataset;
      if (frame === undefined || frame === last) return;
      last = frame;
      seen.drawn.push({ frame: Number(frame), position: Number(position), at: performance.now() });
    }).observe(canvas, { attributes: true, attributeFilter: ["data-frame", "data-position"] });
  });
})();
