import { type CSSProperties, type MouseEvent, type PointerEvent, useCallback, useRef } from "react";
import type { PreviewEntry, Stem } from "@/api/types";
import type { LoopRegion } from "@/player/engine/types";
import { strings } from "@/strings";
import { Canvas, type Surface } from "./Canvas";
import { panWords, percentOf } from "./format";
import { holderOf, isAudible, laneMix } from "./lanes";
import { Meter } from "./Meter";
import { beatPlaces, drawOutline, outlineColumns } from "./outline";
import { LoopShade, Playhead } from "./Playhead";
import { useComparing, usePlayerScope, usePlayerState, useSeek } from "./player-context";
import { RangeField } from "./RangeField";
import { secondsAt, type Viewport } from "./viewport";

interface LaneProps {
  readonly stem: Stem;
  readonly entry: PreviewEntry;
  readonly view: Viewport;
  readonly loop: LoopRegion | undefined;
  /** Moves the view by so many seconds. */
  readonly onScroll: (seconds: number) => void;
}

/** One stem: its controls, and its waveform beside or below them. */
export function LaneRow({ stem, ...picture }: LaneProps) {
  const { player } = usePlayerScope();
  const audible = isAudible(usePlayerState(player), stem);
  const comparing = useComparing(player);
  const name = strings.common.stems[stem];
  return (
    <li
      className="lane"
      data-audible={audible && !comparing}
      style={{ "--lane": `var(--stem-${stem})` } as CSSProperties}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be part of the row's grid everywhere. */}
      <div className="lane-controls" role="group" aria-label={name}>
        <LaneControls stem={stem} name={name} />
      </div>
      <LaneWaveform {...picture} />
    </li>
  );
}

function LaneControls({ stem, name }: { stem: Stem; name: string }) {
  const { player, stems } = usePlayerScope();
  const mix = laneMix(usePlayerState(player), stem);
  const holder = holderOf(stem, stems);
  return (
    <>
      <span className="lane-name">{name}</span>
      <span className="lane-buttons">
        <button
          type="button"
          className="letter mute"
          aria-label={strings.player.mute(name)}
          aria-pressed={mix.muted}
          title={holder && mix.muted ? strings.player.startsMuted(nameOf(holder)) : strings.player.mute(name)}
          onClick={() => player.setLane(stem, { muted: !mix.muted })}
        >
          {strings.player.muteLetter}
        </button>
        <button
          type="button"
          className="letter solo"
          aria-label={strings.player.solo(name)}
          aria-pressed={mix.soloed}
          title={strings.player.solo(name)}
          onClick={() => player.setLane(stem, { soloed: !mix.soloed })}
        >
          {strings.player.soloLetter}
        </button>
      </span>
      <RangeField
        label={strings.player.volumeOf(name)}
        value={mix.volume}
        min={0}
        max={1.5}
        step={0.01}
        neutral={1}
        describe={percentOf}
        onChange={(volume) => player.setLane(stem, { volume })}
      >
        {strings.player.volume}
      </RangeField>
      <RangeField
        label={strings.player.panOf(name)}
        value={mix.pan}
        min={-1}
        max={1}
        step={0.05}
        neutral={0}
        describe={panWords}
        onChange={(pan) => player.setLane(stem, { pan })}
      >
        {strings.player.pan}
      </RangeField>
      <Meter lane={stem} />
    </>
  );
}

function nameOf(holder: Stem | "stems"): string {
  return holder === "stems" ? strings.player.otherTracks : strings.common.stems[holder];
}

function LaneWaveform({ entry, view, loop, onScroll }: Omit<LaneProps, "stem">) {
  const { index, loudest } = usePlayerScope();
  const seek = useSeek();
  const pointSeconds = index.point_samples / index.sample_rate_hz;

  const draw = useCallback(
    ({ context, width, height, style }: Surface) => {
      context.fillStyle = style.getPropertyValue("--line");
      for (const place of beatPlaces(index.beats, view, width)) context.fillRect(place, 0, 1, height);
      context.fillStyle = style.color;
      const columns = outlineColumns(entry, pointSeconds, view, Math.ceil(width / 2));
      drawOutline(context, columns, loudest, width, height);
    },
    [entry, index, loudest, pointSeconds, view],
  );

  // A finger has no wheel: it drags the view. Only a tap becomes a click.
  const finger = useRef(0);
  const touch = (event: PointerEvent<HTMLDivElement>) => {
    finger.current = event.clientX;
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.pointerType !== "touch") return;
    const share = (finger.current - event.clientX) / event.currentTarget.clientWidth;
    finger.current = event.clientX;
    onScroll(share * (view.end - view.start));
  };
  const seekHere = (event: MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    seek(secondsAt(view, (event.clientX - box.left) / box.width));
  };
  return (
    // The pointer's short cut; the slider of the overview does the same for every other way to work.
    <div
      className="lane-waveform"
      aria-hidden="true"
      onClick={seekHere}
      onPointerDown={touch}
      onPointerMove={drag}
    >
      <Canvas className="lane-canvas" draw={draw} colour="var(--lane)" />
      <LoopShade view={view} loop={loop} />
      <Playhead view={view} />
    </div>
  );
}
