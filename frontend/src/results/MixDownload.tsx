import { useState } from "react";
import type { Job, Stem } from "@/api/types";
import { type Player, renderMix } from "@/player/engine";
import { isAudible } from "@/player/ui/lanes";
import { usePlayerState } from "@/player/ui/player-context";
import { strings } from "@/strings";
import { decimal } from "./describe";
import { safeFileName, stemOfName } from "./file-names";
import type { ResultLinks } from "./result-links";
import { saveBlob } from "./save-file";
import { TaskStatus } from "./TaskStatus";
import { useTask } from "./use-task";

const text = strings.results;

interface MixDownloadProps {
  readonly job: Job;
  readonly links: ResultLinks;
  readonly player: Player;
  readonly stems: readonly Stem[];
}

/** The mix of the player as a file, made in the browser of the delivered stems. */
export function MixDownload({ job, links, player, stems }: MixDownloadProps) {
  const task = useTask();
  const state = usePlayerState(player);
  const [loopOnly, setLoopOnly] = useState(false);
  const audible = stems.filter((stem) => isAudible(state, stem));
  const silent = audible.length === 0 || state.masterVolume === 0;
  const running = task.state.kind === "running";

  const make = () => {
    if (running || silent) return;
    const settings = player.getState();
    task.start(async (signal, onProgress) => {
      const downloads = await links.valid();
      const lanes = audible.flatMap((lane) => {
        const url = downloads.stems[lane]?.url;
        return url ? [{ lane, audio: url }] : [];
      });
      const loop = loopOnly ? settings.loop : undefined;
      const { file, gainDb } = await renderMix({ lanes, settings, loop, signal, onProgress });
      saveBlob(file, safeFileName(text.mixName(stemOfName(job.filename))));
      return gainDb < 0 ? `${text.mixDone} ${text.mixGain(decimal(-gainDb, 1))}` : text.mixDone;
    });
  };
  return (
    <div className="mix stack">
      <h3>{text.mix}</h3>
      <p className="small soft">{text.mixAdvice}</p>
      <div className="row">
        <button type="button" className="button" aria-disabled={running || silent} onClick={make}>
          {text.mixStart}
        </button>
        {state.loop && (
          <label className="check">
            <input
              type="checkbox"
              checked={loopOnly}
              onChange={(event) => setLoopOnly(event.target.checked)}
            />
            {text.mixLoopOnly}
          </label>
        )}
        {silent && <span className="small soft">{text.mixSilent}</span>}
      </div>
      <TaskStatus
        task={task}
        label={text.mix}
        describe={(progress) => text.mixProgress(Math.floor(progress * 100))}
        describeFailure={text.mixFailed}
      />
    </div>
  );
}
