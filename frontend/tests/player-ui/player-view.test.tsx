import { act, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { PlayerView } from "@/player/ui/PlayerView";
import { FakePlayer, makeIndex } from "./fake-player";

function show(lanes?: readonly string[]) {
  const player = new FakePlayer();
  const index = makeIndex(lanes);
  const view = render(<PlayerView player={player} index={index} />);
  return { player, user: userEvent.setup(), ...view };
}

describe("transport", () => {
  it("plays and pauses with one button", async () => {
    const { player, user } = show();
    await user.click(screen.getByRole("button", { name: "Play" }));
    expect(player.getState().status).toBe("playing");
    await user.click(screen.getByRole("button", { name: "Pause" }));
    expect(player.getState().status).toBe("paused");
  });

  it("seeks once, when the dragged slider is let go", () => {
    const { player } = show();
    const slider = screen.getByRole("slider", { name: "Position in the song" });
    fireEvent.input(slider, { target: { value: "20" } });
    expect(player.at).toBe(0);
    expect(slider).toHaveAttribute("aria-valuetext", "20 seconds of 1 minute 0 seconds");
    slider.dispatchEvent(new Event("change", { bubbles: true }));
    expect(player.at).toBe(20);
  });

  it("switches between the stems and the song in place", async () => {
    const { player, user } = show();
    await user.click(screen.getByRole("button", { name: "Original song" }));
    expect(player.isComparing()).toBe(true);
    expect(screen.getByRole("button", { name: "Original song" })).toHaveAttribute("aria-pressed", "true");
    await user.click(screen.getByRole("button", { name: "My mix" }));
    expect(player.isComparing()).toBe(false);
  });

  it("offers no comparison where the song itself has no preview", () => {
    show(["vocals", "drums"]);
    expect(screen.queryByRole("button", { name: "Original song" })).toBeNull();
  });

  it("sets a loop from here to there, and takes it away", async () => {
    const { player, user } = show();
    player.at = 10;
    await user.click(screen.getByRole("button", { name: "Loop from here" }));
    player.at = 14;
    await user.click(screen.getByRole("button", { name: "Loop to here" }));
    expect(player.getState().loop).toEqual({ start: 10, end: 14 });
    expect(screen.getByText("0:10.0 – 0:14.0")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Loop" }));
    expect(player.getState().loop).toBeUndefined();
  });

  it("switches the click", async () => {
    const { player, user } = show();
    await user.click(screen.getByRole("button", { name: "Click" }));
    expect(player.getState().click).toBe(true);
  });
});

describe("tracks", () => {
  it("has a group for every stem, and none for the song", () => {
    show(["mixture", "bass", "vocals"]);
    const tracks = within(screen.getByRole("list", { name: "Tracks" }));
    expect(tracks.getAllByRole("group").map((group) => group.getAttribute("aria-label"))).toEqual([
      "Vocals",
      "Bass",
    ]);
  });

  it("mutes and solos its stem", async () => {
    const { player, user } = show();
    await user.click(screen.getByRole("button", { name: "Mute Vocals" }));
    await user.click(screen.getByRole("button", { name: "Solo Bass" }));
    expect(player.getState().lanes.vocals?.muted).toBe(true);
    expect(player.getState().lanes.bass?.soloed).toBe(true);
    expect(screen.getByRole("button", { name: "Mute Vocals" })).toHaveAttribute("aria-pressed", "true");
  });

  it("shows which tracks cannot be heard", async () => {
    const { user } = show();
    await user.click(screen.getByRole("button", { name: "Solo Bass" }));
    const rows = screen.getAllByRole("listitem");
    expect(rows.map((row) => row.dataset.audible)).toEqual(["false", "false", "true", "false"]);
  });

  it("sets volume and pan, tells them in words, and goes back on a double click", async () => {
    const { player, user } = show();
    const volume = screen.getByRole("slider", { name: "Volume of Drums" });
    fireEvent.change(volume, { target: { value: "0.5" } });
    fireEvent.change(screen.getByRole("slider", { name: "Pan of Drums" }), { target: { value: "-0.25" } });
    expect(player.getState().lanes.drums).toMatchObject({ volume: 0.5, pan: -0.25 });
    expect(volume).toHaveAttribute("aria-valuetext", "50 %");
    expect(screen.getByRole("slider", { name: "Pan of Drums" })).toHaveAttribute(
      "aria-valuetext",
      "25 % left",
    );
    await user.dblClick(volume);
    expect(player.getState().lanes.drums?.volume).toBe(1);
  });
});

describe("speed and pitch", () => {
  it("are set, told in words and reset together", async () => {
    const { player, user } = show();
    fireEvent.change(screen.getByRole("slider", { name: "Speed" }), { target: { value: "0.75" } });
    fireEvent.change(screen.getByRole("slider", { name: "Pitch" }), { target: { value: "-2" } });
    expect(player.getState()).toMatchObject({ speed: 0.75, semitones: -2 });
    expect(screen.getByRole("slider", { name: "Pitch" })).toHaveAttribute("aria-valuetext", "−2 semitones");
    await user.click(screen.getByRole("button", { name: "Reset speed and pitch" }));
    expect(player.getState()).toMatchObject({ speed: 1, semitones: 0 });
  });
});

describe("zoom", () => {
  it("goes in and out between its ends without losing the focus", async () => {
    const { user } = show();
    const zoomIn = screen.getByRole("button", { name: "Zoom in" });
    expect(screen.getByRole("button", { name: "Zoom out" })).toHaveAttribute("aria-disabled", "true");
    await user.click(zoomIn);
    await user.click(zoomIn);
    expect(zoomIn).toHaveAttribute("aria-disabled", "true");
    expect(zoomIn).toHaveFocus();
    await user.click(screen.getByRole("button", { name: "Show the whole song" }));
    expect(zoomIn).toHaveAttribute("aria-disabled", "false");
  });
});

describe("what goes wrong", () => {
  it("is announced", () => {
    const { player } = show();
    act(() => player.change({ status: "buffering" }));
    expect(screen.getByRole("status")).toHaveTextContent("Waiting for the network");
    act(() => player.change({ status: "failed", problem: "The links cannot be renewed." }));
    expect(screen.getByRole("alert")).toHaveTextContent("The links cannot be renewed.");
    expect(screen.getByRole("status")).toBeEmptyDOMElement();
  });
});

describe("keys", () => {
  it("work anywhere on the page but not while typing", async () => {
    const { player, user, container } = show();
    const field = document.createElement("input");
    container.append(field);
    await user.keyboard("1");
    expect(player.getState().lanes.vocals?.muted).toBe(true);
    await user.click(field);
    await user.keyboard("1lc ");
    expect(field).toHaveValue("1lc ");
    expect(player.getState()).toMatchObject({
      lanes: { vocals: { muted: true } },
      loop: undefined,
      status: "idle",
    });
    expect(player.isComparing()).toBe(false);
  });

  it("play with the space bar after a click on a button, but press a button that was reached by keyboard", async () => {
    const { player, user } = show();
    await user.click(screen.getByRole("button", { name: "Mute Vocals" }));
    await user.keyboard(" ");
    expect(player.getState().status).toBe("playing");
    expect(player.getState().lanes.vocals?.muted).toBe(true);
    await user.tab();
    expect(screen.getByRole("button", { name: "Solo Vocals" })).toHaveFocus();
    await user.keyboard(" ");
    expect(player.getState().lanes.vocals?.soloed).toBe(true);
    expect(player.getState().status).toBe("playing");
  });

  it("are listed, and the list is opened by its key", async () => {
    const { user } = show();
    await user.keyboard("?");
    expect(screen.getByText("Keyboard shortcuts")).toHaveFocus();
    expect(screen.getByText("Mute a track")).toBeVisible();
  });

  it("can be switched off, which is remembered", async () => {
    const first = show();
    await first.user.keyboard("?");
    await first.user.click(screen.getByRole("checkbox", { name: "Use these keys" }));
    await first.user.keyboard("1");
    expect(first.player.getState().lanes.vocals).toBeUndefined();
    first.unmount();
    const second = show();
    await second.user.keyboard("1");
    expect(second.player.getState().lanes.vocals).toBeUndefined();
  });
});

it("has no accessibility violations", async () => {
  const { container, user } = show(["mixture", "vocals", "drums", "kick", "bass", "other"]);
  await user.keyboard("?");
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});
