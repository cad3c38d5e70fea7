import type { ReactNode } from "react";
import { strings } from "@/strings";
import { ZoomFitIcon, ZoomInIcon, ZoomOutIcon } from "./icons";
import { usePlayerScope, usePlayerState } from "./player-context";
import { RangeField } from "./RangeField";

interface ToolsProps {
  /** Zooms by this factor of the shown length; below 1 zooms in. */
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
  readonly isWhole: boolean;
  readonly isShortest: boolean;
}

/** Speed, pitch, and how much of the song the tracks show. */
export function Tools({ onZoom, onFit, isWhole, isShortest }: ToolsProps) {
  const { player } = usePlayerScope();
  const { speed, semitones } = usePlayerState(player);
  const neutral = speed === 1 && semitones === 0;
  const reset = () => {
    player.setSpeed(1);
    player.setSemitones(0);
  };
  return (
    <div className="tools">
      <RangeField
        label={strings.player.speed}
        value={speed}
        min={0.5}
        max={1.5}
        step={0.05}
        neutral={1}
        describe={(value) => strings.player.speedValue(Math.round(value * 100))}
        onChange={(value) => player.setSpeed(value)}
      />
      <RangeField
        label={strings.player.pitch}
        value={semitones}
        min={-6}
        max={6}
        step={1}
        neutral={0}
        describe={strings.player.pitchValue}
        onChange={(value) => player.setSemitones(value)}
      />
      <button type="button" className="button quiet" aria-disabled={neutral} onClick={reset}>
        {strings.player.reset}
      </button>
      {semitones !== 0 && <span className="small soft">{strings.player.pitchNote}</span>}
      <fieldset className="zoom">
        <legend className="visually-hidden">{strings.player.zoom}</legend>
        <IconButton label={strings.player.zoomOut} off={isWhole} onClick={() => onZoom(2)}>
          <ZoomOutIcon />
        </IconButton>
        <IconButton label={strings.player.zoomIn} off={isShortest} onClick={() => onZoom(0.5)}>
          <ZoomInIcon />
        </IconButton>
        <IconButton label={strings.player.zoomFit} off={isWhole} onClick={onFit}>
          <ZoomFitIcon />
        </IconButton>
      </fieldset>
    </div>
  );
}

interface IconButtonProps {
  readonly label: string;
  readonly off: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

/** Stays in the tab order when it can do nothing, so that the focus is not lost at the last step. */
function IconButton({ label, off, onClick, children }: IconButtonProps) {
  return (
    <button
      type="button"
      className="button icon"
      aria-label={label}
      title={label}
      aria-disabled={off}
      onClick={() => !off && onClick()}
    >
      {children}
    </button>
  );
}
