import { useEffect, useMemo, useState } from "react";
import { createDownloads, usePreviewIndex, useReport } from "@/api/queries";
import type { Downloads as DownloadLinks, Job, PreviewIndex } from "@/api/types";
import { createPlayer, type Player, type PlayerSource } from "@/player/engine";
import { PlayerView } from "@/player/ui/PlayerView";
import { strings } from "@/strings";
import { CommandLines } from "./CommandLines";
import { Downloads } from "./Downloads";
import { silentHint } from "./describe";
import { Failure } from "./Failure";
import { ReportView } from "./ReportView";
import { ResultLinks } from "./result-links";
import "./results.css";

interface SongViewProps {
  readonly job: Job;
  /** Gets fresh links where the files do not belong to a job of the service, as in the demo. */
  readonly renew?: (() => Promise<DownloadLinks>) | undefined;
}

/** A finished job: its player, its files and what was found out about it. */
export function SongView({ job, renew }: SongViewProps) {
  if (!job.downloads) return <p className="notice warn">{strings.results.noFiles}</p>;
  return <Song key={job.job_id} job={job} downloads={job.downloads} renew={renew} />;
}

function Song({ job, downloads, renew }: SongViewProps & { downloads: DownloadLinks }) {
  const [links] = useState(() => new ResultLinks(downloads, renew ?? (() => createDownloads(job.job_id))));
  const index = usePreviewIndex(job);
  const report = useReport(job);
  const player = usePlayer(index.data, links);
  const ofService = renew === undefined;
  const hint = report.data && silentHint(report.data);
  // Everything else stands below the player and would jump when it appears.
  if (job.extras.previews && !player && !index.isError) {
    return (
      <p className="song" role="status">
        {strings.results.loadingPlayer}
      </p>
    );
  }
  return (
    <div className="song">
      {hint && <p className="notice">{hint}</p>}
      {!job.extras.previews && <p className="notice">{strings.results.noPreviews}</p>}
      {index.isError && (
        <Failure
          message={strings.results.previewFailed}
          cause={index.error}
          onRetry={() => index.refetch()}
        />
      )}
      {player && index.data && <PlayerView player={player} index={index.data} />}
      <Downloads job={job} links={links} player={player} isKept={ofService} />
      {report.isPending && <p role="status">{strings.results.loadingReport}</p>}
      {report.isError && (
        <Failure
          message={strings.results.reportFailed}
          cause={report.error}
          onRetry={() => report.refetch()}
        />
      )}
      {report.data && <ReportView report={report.data} cached={job.cached} />}
      {ofService && <CommandLines job={job} />}
    </div>
  );
}

/** A player for as long as the view is there. */
function usePlayer(index: PreviewIndex | undefined, links: ResultLinks): Player | undefined {
  const [player, setPlayer] = useState<Player>();
  const source = useMemo(() => index && previewSource(index, links), [index, links]);
  useEffect(() => {
    if (!source) return;
    const created = createPlayer(source);
    setPlayer(created);
    return () => {
      setPlayer(undefined);
      created.dispose();
    };
  }, [source]);
  return player;
}

function previewSource(index: PreviewIndex, links: ResultLinks): PlayerSource {
  return {
    index,
    url: (lane) => {
      const preview = links.current.previews?.[lane];
      if (!preview) throw new Error(strings.results.previewFailed);
      return preview.url;
    },
    refresh: async () => {
      await links.renew();
    },
  };
}
