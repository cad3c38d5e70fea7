import { useState } from "react";
import type { LoopRegion } from "@/player/engine/types";
import { strings } from "@/strings";
import { LaneRow } from "./LaneRow";
import { usePlayerScope, usePlayerState } from "./player-context";
import { Ruler } from "./Ruler";
import type { Viewport } from "./viewport";

/** The stems below each other on one time line. */
export function Tracks({ view, onScroll }: { view: Viewport; onScroll: (seconds: number) => void }) {
  const { player, index, stems } = usePlayerScope();
  const { loop } = usePlayerState(player);
  const [dragged, setDragged] = useState<LoopRegion>();
  const shown = dragged ?? loop;
  return (
    <div
      className="tracks"
      onWheel={(event) =>
        onScroll((event.deltaX / event.currentTarget.clientWidth) * (view.end - view.start))
      }
    >
      <Ruler view={view} loop={shown} onDrag={setDragged} />
      <ol className="lanes" aria-label={strings.player.tracks}>
        {stems.map((stem) => {
          const entry = index.lanes[stem];
          return (
            entry && (
              <LaneRow key={stem} stem={stem} entry={entry} view={view} loop={shown} onScroll={onScroll} />
            )
          );
        })}
      </ol>
    </div>
  );
}
