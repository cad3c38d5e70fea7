import type { PlayerActions } from "./actions";

const TYPING =
  "textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio], [type=button])";
const PRESSED_BY_SPACE = "button, summary, a[href], input[type=checkbox], input[type=radio], [role=button]";
const MOVED_BY_ARROWS = "input[type=range]:not([data-seek]), input[type=radio]";
const MOVING_KEYS = new Set([
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
  "PageUp",
  "PageDown",
]);
const TRACK_KEY = /^Digit([1-9])$/;

export interface KeyTargets extends PlayerActions {
  showShortcuts(): void;
  /** Song length in seconds. */
  duration(): number;
}

/**
 * What a key does in the player; undefined when it is not the player's.
 *
 * Keys belong to what has the focus first: letters to a text field, the space bar to a button that was reached by
 * keyboard, arrows to a slider.
 *
 * @param pointed what was last pressed with a pointer: after a click on a button the space bar still plays.
 */
export function shortcutFor(
  event: KeyboardEvent,
  targets: KeyTargets,
  pointed: EventTarget | null,
): (() => void) | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented)
    return undefined;
  const focus = event.target instanceof Element ? event.target : undefined;
  if (focus?.closest(TYPING) || focus?.closest("dialog[open]")) return undefined;
  if (event.key === " ") {
    const pressable = focus?.closest(PRESSED_BY_SPACE);
    return pressable && pressable !== pointed ? undefined : once(event, targets.toggle);
  }
  if (MOVING_KEYS.has(event.key))
    return focus?.matches(MOVED_BY_ARROWS) ? undefined : movement(event, targets);
  return trackKey(event, targets) ?? letter(event, targets);
}

function movement(event: KeyboardEvent, targets: KeyTargets): (() => void) | undefined {
  switch (event.key) {
    case "ArrowLeft":
      return () => (event.shiftKey ? targets.skipBeat(-1) : targets.skip(-1));
    case "ArrowRight":
      return () => (event.shiftKey ? targets.skipBeat(1) : targets.skip(1));
    case "ArrowUp":
      return () => targets.changeVolume(1);
    case "ArrowDown":
      return () => targets.changeVolume(-1);
    case "Home":
      return () => targets.goTo(0);
    case "End":
      return () => targets.goTo(targets.duration());
    default:
      return undefined;
  }
}

/** By the key's place, because shift makes another character of it, and on some keyboards its absence does. */
function trackKey(event: KeyboardEvent, targets: KeyTargets): (() => void) | undefined {
  const digit = TRACK_KEY.exec(event.code)?.[1];
  if (digit === undefined) return undefined;
  const track = Number(digit) - 1;
  return once(event, () => (event.shiftKey ? targets.toggleSolo(track) : targets.toggleMute(track)));
}

function letter(event: KeyboardEvent, targets: KeyTargets): (() => void) | undefined {
  switch (event.key) {
    case "l":
    case "L":
      return once(event, targets.toggleLoop);
    case "c":
    case "C":
      return once(event, targets.toggleComparison);
    case "?":
      return once(event, targets.showShortcuts);
    default:
      return undefined;
  }
}

/** A key that is held down does not switch to and fro. */
function once(event: KeyboardEvent, action: () => void): () => void {
  return event.repeat ? () => undefined : action;
}
