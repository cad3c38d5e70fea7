import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import type { PreviewIndex, Stem } from "@/api/types";
import type { Player, PlayerState } from "@/player/engine/types";
import { useFrameLoop } from "./frame-loop";

/** What every part of the player's page works on. */
export interface PlayerScope {
  readonly player: Player;
  readonly index: PreviewIndex;
  /** The tracks, in their order on the page. */
  readonly stems: readonly Stem[];
  /** The highest peak of all tracks, 0 to 1: their pictures share one scale. */
  readonly loudest: number;
}

export const PlayerContext = createContext<PlayerScope | undefined>(undefined);

export function usePlayerScope(): PlayerScope {
  const scope = useContext(PlayerContext);
  if (!scope) throw new Error("There is no player above this component.");
  return scope;
}

function useSnapshot<T>(player: Player, read: () => T): T {
  const subscribe = useCallback((listener: () => void) => player.subscribe(listener), [player]);
  return useSyncExternalStore(subscribe, read);
}

/** The player's state, followed. */
export function usePlayerState(player: Player): PlayerState {
  return useSnapshot(player, () => player.getState());
}

/** Whether the original song is heard instead of the stems, followed. */
export function useComparing(player: Player): boolean {
  return useSnapshot(player, () => player.isComparing());
}

/** Goes to a moment and shows it, also while nothing plays. */
export function useSeek(): (seconds: number) => void {
  const { player } = usePlayerScope();
  const frames = useFrameLoop();
  return useCallback(
    (seconds) => {
      player.seek(Math.min(Math.max(0, seconds), player.getState().duration));
      frames.wake();
    },
    [player, frames],
  );
}

/** Whether the position moves on by itself. */
export function isMoving(state: PlayerState): boolean {
  return state.status === "playing" || state.status === "loading" || state.status === "buffering";
}
