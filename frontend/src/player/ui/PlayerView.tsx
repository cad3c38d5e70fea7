import { useMemo, useRef, useState } from "react";
import type { PreviewIndex } from "@/api/types";
import type { Player, PlayerState } from "@/player/engine/types";
import { readStored, writeStored } from "@/shared/storage";
import { strings } from "@/strings";
import { playerActions } from "./actions";
import { FrameLoop, FrameLoopContext } from "./frame-loop";
import { stemsOf } from "./lanes";
import { Overview } from "./Overview";
import { highestPeak } from "./outline";
import { PlayerContext, usePlayerScope, usePlayerState, useSeek } from "./player-context";
import { Shortcuts } from "./Shortcuts";
import { Tools } from "./Tools";
import { Tracks } from "./Tracks";
import { Transport } from "./Transport";
import { useShortcuts } from "./use-shortcuts";
import { useViewport } from "./use-viewport";
import "./player.css";

/** Points of an outline that a view holds at least: closer, there is nothing more to see. */
const LEAST_POINTS = 24;
const LEAST_SECONDS = 2;
const SHORTCUTS_KEY = "shortcuts";

/** The player of one song: transport, overview, tracks. */
export function PlayerView({ player, index }: { player: Player; index: PreviewIndex }) {
  const [frames] = useState(() => new FrameLoop());
  const scope = useMemo(() => {
    const stems = stemsOf(index);
    const entries = stems.flatMap((stem) => index.lanes[stem] ?? []);
    return { player, index, stems, loudest: highestPeak(entries) };
  }, [player, index]);
  return (
    <FrameLoopContext value={frames}>
      <PlayerContext value={scope}>
        <PlayerPanel />
      </PlayerContext>
    </FrameLoopContext>
  );
}

function PlayerPanel() {
  const { player, index, stems } = usePlayerScope();
  const state = usePlayerState(player);
  const seek = useSeek();
  const actions = useMemo(() => playerActions(player, index, stems, seek), [player, index, stems, seek]);
  const shortest = Math.max(LEAST_SECONDS, (LEAST_POINTS * index.point_samples) / index.sample_rate_hz);
  const { view, zoom, fit, scroll } = useViewport(player, state.duration, shortest);

  const shortcutList = useRef<HTMLDetailsElement>(null);
  const [shortcutsOn, setShortcutsOn] = useState(() => readStored<boolean>(SHORTCUTS_KEY) ?? true);
  useShortcuts(
    {
      ...actions,
      duration: () => player.getState().duration,
      showShortcuts: () => showList(shortcutList.current),
    },
    shortcutsOn,
  );
  const switchShortcuts = (on: boolean) => {
    writeStored(SHORTCUTS_KEY, on);
    setShortcutsOn(on);
  };

  return (
    <section className="player card" aria-label={strings.player.title}>
      <div>
        <Transport actions={actions} />
        <PlayerMessages state={state} />
      </div>
      <Overview view={view} />
      <Tools
        onZoom={zoom}
        onFit={fit}
        isWhole={view.end - view.start >= state.duration}
        isShortest={view.end - view.start <= shortest}
      />
      <Tracks view={view} onScroll={scroll} />
      <Shortcuts details={shortcutList} on={shortcutsOn} onSwitch={switchShortcuts} />
    </section>
  );
}

/** Why nothing is heard, when nothing is. */
function PlayerMessages({ state }: { state: PlayerState }) {
  const waiting = { loading: strings.player.loading, buffering: strings.player.buffering };
  return (
    <>
      <p role="status" className="player-status small soft">
        {state.status === "loading" || state.status === "buffering" ? waiting[state.status] : null}
      </p>
      <div role="alert">
        {state.status === "failed" && (
          <p className="notice bad">
            {strings.player.failed} {state.problem} {strings.player.failedAdvice}
          </p>
        )}
      </div>
    </>
  );
}

function showList(details: HTMLDetailsElement | null): void {
  if (!details) return;
  details.open = true;
  details.querySelector("summary")?.focus();
  details.scrollIntoView({ block: "nearest" });
}
