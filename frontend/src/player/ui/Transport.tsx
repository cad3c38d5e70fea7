import { useRef } from "react";
import { strings } from "@/strings";
import type { PlayerActions } from "./actions";
import { clock, percentOf } from "./format";
import { useFrame } from "./frame-loop";
import { ClickIcon, LoopEndIcon, LoopIcon, LoopStartIcon, PauseIcon, PlayIcon } from "./icons";
import { Meter } from "./Meter";
import { isMoving, useComparing, usePlayerScope, usePlayerState } from "./player-context";
import { RangeField } from "./RangeField";

/** Play, time, comparison, loop, click and master volume. */
export function Transport({ actions }: { actions: PlayerActions }) {
  const { player, index } = usePlayerScope();
  const state = usePlayerState(player);
  const playing = isMoving(state);
  return (
    <div className="transport">
      <button
        type="button"
        className="play-button"
        aria-label={playing ? strings.player.pause : strings.player.play}
        onClick={actions.toggle}
      >
        {playing ? <PauseIcon /> : <PlayIcon />}
      </button>
      <Time duration={state.duration} />
      {"mixture" in index.lanes && <Comparison />}
      <LoopButtons actions={actions} />
      {index.beats.length > 0 && (
        <button
          type="button"
          className="button toggle"
          aria-pressed={state.click}
          title={strings.player.clickHint}
          onClick={() => player.setClick(!state.click)}
        >
          <ClickIcon />
          {strings.player.click}
        </button>
      )}
      <div className="master">
        <RangeField
          label={strings.player.masterVolume}
          value={state.masterVolume}
          min={0}
          max={1.5}
          step={0.01}
          neutral={1}
          describe={percentOf}
          onChange={(volume) => player.setMasterVolume(volume)}
        >
          {strings.player.volume}
        </RangeField>
        <Meter lane="master" />
      </div>
    </div>
  );
}

/** Not announced: the slider tells the time to those who ask for it. */
function Time({ duration }: { duration: number }) {
  const { player } = usePlayerScope();
  const shown = useRef<HTMLSpanElement>(null);
  useFrame(() => {
    const text = clock(player.position(), 1);
    if (shown.current && shown.current.textContent !== text) shown.current.textContent = text;
    return isMoving(player.getState());
  });
  return (
    <p className="time figures">
      <span ref={shown} className="time-now" /> <span className="soft">/ {clock(duration)}</span>
    </p>
  );
}

function Comparison() {
  const { player } = usePlayerScope();
  const comparing = useComparing(player);
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{strings.player.listenTo}</legend>
      <button type="button" aria-pressed={!comparing} onClick={() => player.setComparison(false)}>
        {strings.player.stems}
      </button>
      <button type="button" aria-pressed={comparing} onClick={() => player.setComparison(true)}>
        {strings.player.mixture}
      </button>
    </fieldset>
  );
}

function LoopButtons({ actions }: { actions: PlayerActions }) {
  const { player } = usePlayerScope();
  const { loop } = usePlayerState(player);
  return (
    <fieldset className="loop-buttons">
      <legend className="visually-hidden">{strings.player.loop}</legend>
      <button
        type="button"
        className="button toggle"
        aria-pressed={loop !== undefined}
        onClick={actions.toggleLoop}
      >
        <LoopIcon />
        {strings.player.loop}
      </button>
      <button
        type="button"
        className="button icon"
        aria-label={strings.player.loopStart}
        title={strings.player.loopStart}
        onClick={actions.loopFromHere}
      >
        <LoopStartIcon />
      </button>
      <button
        type="button"
        className="button icon"
        aria-label={strings.player.loopEnd}
        title={strings.player.loopEnd}
        onClick={actions.loopToHere}
      >
        <LoopEndIcon />
      </button>
      {loop && (
        <span className="figures small soft">
          {strings.player.loopRegion(clock(loop.start, 1), clock(loop.end, 1))}
        </span>
      )}
    </fieldset>
  );
}
