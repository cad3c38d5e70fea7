import type { PreviewIndex, Stem } from "@/api/types";
import type { Player } from "@/player/engine/types";
import { laneMix } from "./lanes";
import { beatBeside, endingAt, regionFrom, startingAt } from "./loop-region";

const SEEK_SECONDS = 5;
const VOLUME_STEP = 0.05;
const LOUDEST = 1.5;

/** What buttons and keys do alike. */
export interface PlayerActions {
  toggle(): void;
  /** Moves by so many times five seconds. */
  skip(direction: -1 | 1): void;
  /** Moves to the beat before or behind. */
  skipBeat(direction: -1 | 1): void;
  goTo(seconds: number): void;
  toggleMute(track: number): void;
  toggleSolo(track: number): void;
  changeVolume(direction: -1 | 1): void;
  loopFromHere(): void;
  loopToHere(): void;
  toggleLoop(): void;
  toggleComparison(): void;
}

/**
 * @param seek goes to a moment; it keeps to the song's limits.
 */
export function playerActions(
  player: Player,
  index: PreviewIndex,
  stems: readonly Stem[],
  seek: (seconds: number) => void,
): PlayerActions {
  const toggleLane = (track: number, choice: "muted" | "soloed") => {
    const stem = stems[track];
    if (stem) player.setLane(stem, { [choice]: !laneMix(player.getState(), stem)[choice] });
  };
  return {
    toggle: () => togglePlaying(player),
    skip: (direction) => seek(player.position() + direction * SEEK_SECONDS),
    skipBeat: (direction) => seek(beatBeside(player.position(), direction, index.beats)),
    goTo: seek,
    toggleMute: (track) => toggleLane(track, "muted"),
    toggleSolo: (track) => toggleLane(track, "soloed"),
    changeVolume: (direction) => {
      const volume = player.getState().masterVolume + direction * VOLUME_STEP;
      player.setMasterVolume(Math.min(LOUDEST, Math.max(0, Math.round(volume * 100) / 100)));
    },
    loopFromHere: () => {
      const { loop, duration } = player.getState();
      player.setLoop(startingAt(player.position(), loop, duration) ?? loop);
    },
    loopToHere: () => {
      const { loop, duration } = player.getState();
      player.setLoop(endingAt(player.position(), loop, duration) ?? loop);
    },
    toggleLoop: () => {
      const { loop, duration } = player.getState();
      player.setLoop(loop ? undefined : regionFrom(player.position(), index.beats, duration));
    },
    toggleComparison: () => {
      if ("mixture" in index.lanes) player.setComparison(!player.isComparing());
    },
  };
}

function togglePlaying(player: Player): void {
  const { status } = player.getState();
  if (status === "playing" || status === "loading" || status === "buffering") player.pause();
  // What goes wrong is told by the state, in words.
  else void player.play();
}
