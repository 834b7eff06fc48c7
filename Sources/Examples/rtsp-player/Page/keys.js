// The keyboard: space plays and pauses, the arrows seek, S takes a snapshot.

const typing = "input:not([type=checkbox], [type=range]), textarea, select";
const spaceIsTheirs = "button, summary, a[href], input[type=checkbox]";

export function listenToKeys({ toggle, nudge, step, snapshot }) {
  document.addEventListener("keydown", (event) => {
    const { key, target, shiftKey } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || target.closest(typing)) return;
    const act = action({ key, target, shiftKey });
    if (!act) return;
    event.preventDefault();
    // Held down, only the arrows go on.
    if (!event.repeat || key.startsWith("Arrow")) act();
  });

  function action({ key, target, shiftKey }) {
    if (key === " ") return target.closest(spaceIsTheirs) ? null : toggle;
    if (key === "s" || key === "S") return snapshot;
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[key];
    // The seek bar has arrow keys of its own (one frame), and the list of messages scrolls.
    if (!direction || target.closest("input[type=range]:enabled")) return null;
    return () => (shiftKey ? step(direction) : nudge(direction * 5));
  }

  // After a click the next space is meant for the player, not for what was clicked. (Reached by Tab, a control keeps it.)
  document.addEventListener("click", (event) => {
    if (event.detail > 0 && event.target.closest(spaceIsTheirs)) document.activeElement?.blur();
  });
}
