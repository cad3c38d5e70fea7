import { PreviewPlayer } from "./player";
import type { Player, PlayerSource } from "./types";

export { type MixInput, type RenderedMix, renderMix } from "./mix-render";
export type * from "./types";

/** A player for one song. It loads nothing before it is asked to play. */
export function createPlayer(source: PlayerSource): Player {
  return new PreviewPlayer(source);
}
