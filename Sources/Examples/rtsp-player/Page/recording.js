// Snapshot and recording: what they say, and what can be downloaded.

import { bytes } from "./numbers.js";

export class RecordingPanel {
  constructor({ button, label, text, lab, raw }) {
    Object.assign(this, { button, label, text, lab, raw });
    this.recording = null;
    this.saved = 0; // Frames of this recording that were downloaded.
    for (const anchor of [lab, raw]) {
      anchor.addEventListener("click", () => anchor.hasAttribute("href") && this.update(this.recording, this.path, true));
    }
  }

  // What the next recording costs, in words, or null.
  get loss() {
    const { on, frames } = this.recording ?? { on: true };
    if (on || frames <= this.saved) return null;
    return `The last recording (${count(frames)}, not downloaded) is replaced by the new one.`;
  }

  update(recording, path, saved = false) {
    const on = recording?.on ?? false;
    if (!recording || (on && !this.recording?.on)) this.saved = 0;
    if (saved) this.saved = recording?.frames ?? 0;
    Object.assign(this, { recording, path });
    this.button.title = this.loss ?? "";
    this.label.textContent = on ? "Stop" : "Record";
    this.button.setAttribute("aria-label", on ? "Stop recording" : "Record");
    this.text.textContent = describe(recording);
    this.text.title = this.text.textContent;
    const some = path !== null && recording?.frames > 0;
    link(this.lab, some && !recording.tooLongForLab && `${path}/recording?format=lab`);
    link(this.raw, some && `${path}/recording?format=raw`);
    this.lab.title = recording?.tooLongForLab
      ? "The lab format writes a frame's length with five digits, and some frames are longer than 99999 bytes."
      : "Five digits of length before each JPEG";
  }
}

// Two lines from the start, so that the second does not move the first when it comes.
function describe(recording) {
  if (!recording) return "Nothing\nrecorded yet";
  const { frames, tooLongForLab, stopped } = recording;
  const rest = stopped ?? (tooLongForLab ? `${tooLongForLab} too long for the lab format` : "");
  return `${count(frames)}\n${bytes(recording.bytes)}${rest && `, ${rest}`}`;
}

function count(frames) {
  return `${frames} ${frames === 1 ? "frame" : "frames"}`;
}

function link(anchor, address) {
  if (address) {
    anchor.href = address;
    anchor.removeAttribute("aria-disabled");
  } else {
    anchor.removeAttribute("href");
    anchor.setAttribute("aria-disabled", "true");
  }
}

// Fetched first, so that a refusal is a sentence on the page and not a file. Resolves to what happened, in words.
export async function saveSnapshot(path) {
  const answer = await fetch(`${path}/snapshot`);
  if (!answer.ok) return (await answer.json().catch(() => null))?.error?.message ?? "There is no picture to save.";
  const frame = answer.headers.get("x-frame") ?? "picture";
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(await answer.blob());
  anchor.download = `snapshot-${frame}.jpg`;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
  return `Frame ${frame} saved as snapshot-${frame}.jpg.`;
}
