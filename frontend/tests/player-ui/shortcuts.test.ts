import { beforeEach, describe, expect, it, vi } from "vitest";
import { playerActions } from "@/player/ui/actions";
import { type KeyTargets, shortcutFor } from "@/player/ui/shortcuts";
import { FakePlayer, makeIndex } from "./fake-player";

let player: FakePlayer;
let targets: KeyTargets;

beforeEach(() => {
  player = new FakePlayer();
  player.at = 30.2;
  const seek = (seconds: number) => player.seek(seconds);
  targets = {
    ...playerActions(player, makeIndex(), ["vocals", "drums", "bass", "other"], seek),
    duration: () => 60,
    showShortcuts: vi.fn(),
  };
});

/** Presses a key with the focus on an element; tells whether the player took it. */
function press(key: string, options: KeyboardEventInit = {}, focus: Element = document.body): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, ...options });
  Object.defineProperty(event, "target", { value: focus });
  const action = shortcutFor(event, targets, null);
  action?.();
  return action !== undefined;
}

function element(html: string): Element {
  document.body.innerHTML = html;
  const made = document.body.firstElementChild;
  if (!made) throw new Error("No element.");
  return made;
}

describe("moving", () => {
  it.each([
    ["ArrowLeft", {}, 25.2],
    ["ArrowRight", {}, 35.2],
    ["ArrowLeft", { shiftKey: true }, 30],
    ["ArrowRight", { shiftKey: true }, 30.5],
    ["Home", {}, 0],
    ["End", {}, 60],
  ])("%s %o goes to %d seconds", (key, options, expected) => {
    expect(press(key, options)).toBe(true);
    expect(player.at).toBeCloseTo(expected);
  });

  it("changes the master volume within its limits", () => {
    press("ArrowDown");
    expect(player.getState().masterVolume).toBe(0.95);
    for (let times = 0; times < 20; times += 1) press("ArrowUp");
    expect(player.getState().masterVolume).toBe(1.5);
  });
});

describe("tracks", () => {
  it("are muted by place, and soloed with shift, whatever character the keyboard makes of it", () => {
    press("2", { code: "Digit2" });
    press("#", { code: "Digit3", shiftKey: true });
    press("&", { code: "Digit1" });
    expect(player.getState().lanes).toMatchObject({
      vocals: { muted: true },
      drums: { muted: true },
      bass: { soloed: true },
    });
  });

  it("beyond the last are nothing", () => {
    press("9", { code: "Digit9" });
    expect(player.getState().lanes).toEqual({});
  });
});

describe("loop", () => {
  it("takes sixteen beats from here, and goes again", () => {
    press("l");
    expect(player.getState().loop).toEqual({ start: 30, end: 38 });
    press("L", { shiftKey: true });
    expect(player.getState().loop).toBeUndefined();
  });
});

describe("whose key it is", () => {
  it("leaves combinations to the browser", () => {
    expect(press("l", { ctrlKey: true })).toBe(false);
    expect(press("ArrowLeft", { altKey: true })).toBe(false);
    expect(press("c", { metaKey: true })).toBe(false);
  });

  it.each(["<input>", "<textarea></textarea>", "<select></select>", "<p contenteditable></p>"])(
    "leaves everything to %s",
    (html) => {
      const field = element(html);
      for (const key of [" ", "l", "ArrowLeft", "Home", "?"]) expect(press(key, {}, field)).toBe(false);
    },
  );

  it("leaves arrows to a slider, but not those of the position", () => {
    expect(press("ArrowLeft", {}, element('<input type="range">'))).toBe(false);
    expect(press("ArrowLeft", {}, element('<input type="range" data-seek="true">'))).toBe(true);
    expect(press(" ", {}, element('<input type="range">'))).toBe(true);
  });

  it("does not switch to and fro while a key is held", () => {
    expect(press("c", { repeat: true })).toBe(true);
    expect(player.isComparing()).toBe(false);
    press("c");
    expect(player.isComparing()).toBe(true);
  });
});
