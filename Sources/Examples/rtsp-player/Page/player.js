// rtsp-player: what the page does. The player program holds the state; the page shows it and sends commands.

import { Dialogue } from "./dialogue.js";
import { listenToKeys } from "./keys.js";
import { Numbers, put } from "./numbers.js";
import { Pictures } from "./pictures.js";
import { RecordingPanel, saveSnapshot } from "./recording.js";
import { SeekBar } from "./seek.js";
import { Session, tooManyTabs } from "./session.js";
import { Source } from "./source.js";
import { Stage } from "./stage.js";

const find = (id) => document.getElementById(id);
const methods = ["setup", "play", "pause", "teardown"];
const buttons = Object.fromEntries([...methods, "snapshot", "record"].map((name) => [name, find(name)]));

const nothing = {
  state: "Init", busy: null, url: null, title: null, session: null, transport: null, transportHeader: null, lab: false,
  live: false, duration: null, frameRate: null, loop: false, can: {}, notice: null, error: null, reconnect: null,
  recording: null, ended: false,
};

let state = nothing;
let asked = null; // The command just sent, until the player says what became of it.
let trouble = null; // Trouble with the player program itself, not with the stream.
let playAfterSetup = false;
let lostFocus = null;
let pictureAt = 0;
let seeking = null;
let turned = null; // Called when a loop's turn is over.

const session = new Session({
  state: takeState,
  numbers: takeNumbers,
  dialogue: (message) => dialogue.add(message),
  connected: takeConnection,
  trouble: (error) => {
    trouble = error;
    render();
  },
});
const stage = new Stage({
  empty: find("empty"), emptyTitle: find("empty-title"), emptyText: find("empty-text"), trouble: find("trouble"),
  error: find("error"), offers: find("offers"), message: find("error-message"), advice: find("error-advice"), reconnect: find("reconnect"),
  retry: find("retry"), notice: find("notice"),
});
const pictures = new Pictures(find("picture"), {
  shown: ({ position }) => {
    pictureAt = performance.now();
    seekBar.at(position);
  },
  slow: () => stage.say(tooManyTabs.advice),
});
const numbers = new Numbers();
const dialogue = new Dialogue({
  details: find("dialogue"), list: find("dialogue-list"), empty: find("dialogue-empty"), count: find("dialogue-count"),
  lesson: find("lesson-list"),
});
const seekBar = new SeekBar({ input: find("seek"), position: find("position"), length: find("length"), send: seek });
const recording = new RecordingPanel({
  button: buttons.record, label: find("record-label"), text: find("recording"), lab: find("download-lab"), raw: find("download-raw"),
});
const source = new Source({
  form: find("source"), address: find("address"), transport: find("transport"), lab: find("lab"), streams: find("streams"),
  offers: find("offers"), submit: () => setup(),
});

// What the player says

function takeState(next) {
  const before = state;
  state = { ...nothing, ...next };
  asked = null;
  if (!inTurn()) turned?.();
  if (isOver(state) && (!isOver(before) || before === nothing)) {
    pictures.clear();
    numbers.clear();
  }
  if (state.url && (state.state !== "Init" || state.busy)) source.address.value = state.url;
  render();
  if (playAfterSetup && !state.busy) {
    playAfterSetup = false;
    if (state.can.play && !state.error) command("play");
  }
  if (!seeking) return;
  seeking.begun ||= state.busy === "seek";
  if (seeking.begun && !state.busy) seeking.done();
}

// No session, and none that is to come back by itself.
function isOver({ state, busy, reconnect }) {
  return state === "Init" && !reconnect && busy !== "reconnect";
}

// A loop begins anew: for a moment no command is possible.
function inTurn() {
  return state.state === "Playing" && state.busy === "play";
}

function takeNumbers(next) {
  numbers.show(next);
  put(find("live-latency"), find("number-latency").textContent);
  // Pictures tell the position more often; the numbers do while none come.
  if (performance.now() - pictureAt > 1000 && next.position !== null) seekBar.at(next.position);
}

function takeConnection(connected) {
  document.body.dataset.connected = String(connected);
  if (connected) {
    dialogue.clear();
    numbers.clear();
    return;
  }
  // The session is gone with its connection; the next one begins at Init.
  state = nothing;
  asked = null;
  playAfterSetup = false;
  turned?.();
  seeking?.done();
  render();
}

// What the page shows

function render() {
  const { body } = document;
  body.dataset.state = state.state;
  body.dataset.busy = asked ?? state.busy ?? "";
  body.dataset.recording = String(state.recording?.on ?? false);
  renderButtons();
  renderFacts();
  seekBar.update(state);
  recording.update(state.recording, session.id && session.path);
  source.lock(state.state !== "Init" || state.busy !== null || state.reconnect !== null);
  stage.update(state, trouble);
  followPictures();
}

function renderButtons() {
  const focused = document.activeElement;
  for (const [name, button] of Object.entries(buttons)) {
    // Until the player has answered a command only ending the session makes sense.
    const wait = asked !== null && methods.includes(name) && name !== "teardown";
    const disabled = wait || !state.can[name];
    if (button === focused && disabled && button.matches(":focus-visible")) lostFocus = button;
    button.disabled = disabled;
  }
  find("loop").checked = state.loop;
  if (!state.busy && !asked) restoreFocus();
}

// A button that disables itself would drop the keyboard's place; the one that comes next takes it over.
function restoreFocus() {
  if (!lostFocus) return;
  const next = { Init: buttons.setup, Ready: buttons.play, Playing: buttons.pause }[state.state];
  const heir = lostFocus.disabled ? next : lostFocus;
  lostFocus = null;
  if (!heir.disabled && (document.activeElement === document.body || document.activeElement?.disabled)) heir.focus();
}

function renderFacts() {
  put(find("state"), state.state);
  document.title = state.state === "Init" ? "rtsp-player" : `${state.state}: ${state.title || state.url} – rtsp-player`;
  fact("session-id", state.session);
  fact("title", state.title);
  fact("transport-used", state.transport?.toUpperCase(), state.transportHeader);
  find("live").hidden = !state.live;
}

function fact(id, text, title = text) {
  const element = find(id);
  put(element, text || "–");
  element.title = title ?? "";
}

// Only a tab that is looked at takes one of the browser's few connections for pictures.
function followPictures() {
  const wanted = session.id && !document.hidden && (state.state !== "Init" || state.reconnect);
  pictures.want(wanted ? `${session.path}/pictures` : null);
}

// What the user does

async function command(name, body) {
  if (methods.includes(name)) {
    asked = name;
    render();
  }
  const error = await session.command(name, body);
  if (!error) return void setTimeout(() => unask(name), 1000);
  asked = null;
  stage.say(`${error.message} ${error.advice ?? ""}`.trim());
  render();
}

// Where nothing changed, no event comes to say so.
function unask(name) {
  if (asked !== name) return;
  asked = null;
  render();
}

function setup() {
  if (buttons.setup.disabled) return;
  if (!source.value.url) {
    stage.say("An address is needed first, such as rtsp://127.0.0.1:8554/movie.");
    source.address.focus();
    return;
  }
  source.remember();
  command("setup", source.value);
}

function toggle() {
  if (!buttons.pause.disabled) command("pause");
  else if (!buttons.play.disabled) command("play");
  else if (!buttons.setup.disabled) {
    playAfterSetup = source.value.url !== "";
    setup();
  }
}

// Done when the player is no longer busy with it, or has not been within a moment.
async function seek(to) {
  if (inTurn()) await new Promise((over) => (turned = over));
  turned = null;
  const mine = (seeking = { begun: false, done: null });
  const outcome = new Promise((done) => (mine.done = done));
  if (await session.command("seek", { to })) mine.done();
  setTimeout(() => mine.begun || mine.done(), 400);
  const limit = setTimeout(mine.done, 10_000);
  await outcome;
  clearTimeout(limit);
}

function retry() {
  if (trouble) session.retryNow();
  else if (state.can.setup && source.differs(state)) setup(); // The address was put right meanwhile.
  else command("retry");
}

function record() {
  if (recording.loss) stage.say(recording.loss);
  command("record", { on: !state.recording?.on });
}

async function snapshot() {
  if (buttons.snapshot.disabled) return;
  stage.say(await saveSnapshot(session.path).catch(() => "The snapshot could not be had."));
}

function step(direction) {
  if (seekBar.frame) seekBar.nudge(direction * seekBar.frame);
}

buttons.setup.addEventListener("click", setup);
for (const name of ["play", "pause", "teardown"]) buttons[name].addEventListener("click", () => command(name));
buttons.snapshot.addEventListener("click", snapshot);
buttons.record.addEventListener("click", record);
find("loop").addEventListener("change", (event) => command("loop", { on: event.target.checked }));
find("retry").addEventListener("click", retry);
listenToKeys({ toggle, nudge: (seconds) => seekBar.nudge(seconds), step, snapshot });

document.addEventListener("visibilitychange", followPictures);
addEventListener("pagehide", () => session.leave());
// A page that comes out of the back/forward cache has lost its session.
addEventListener("pageshow", (event) => event.persisted && session.start());

fetch("/api/player")
  .then((answer) => answer.json())
  .then(({ streams }) => source.offer(streams))
  .catch(() => {}); // Without offers an address can still be typed.
session.start();
