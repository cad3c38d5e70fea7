import type { Job } from "@/api/types";
import { fileSize } from "@/shared/format";
import { strings } from "@/strings";
import { safeFileName, stemOfName } from "./file-names";
import type { ResultLinks } from "./result-links";
import { canStreamToDisk, saveStream } from "./save-file";
import { TaskStatus } from "./TaskStatus";
import { useTask } from "./use-task";
import { type StemFile, totalSize, zipOfStems } from "./zip-stems";

const text = strings.results;
/** What a phone's browser may not keep in memory. */
const LARGE_BYTES = 300_000_000;

interface ZipDownloadProps {
  readonly job: Job;
  /** The chosen stems. */
  readonly files: readonly StemFile[];
  readonly links: ResultLinks;
}

/** The chosen stems in one ZIP, made in the browser. */
export function ZipDownload({ job, files, links }: ZipDownloadProps) {
  const task = useTask();
  const total = totalSize(files);
  const size = fileSize(total);
  const running = task.state.kind === "running";
  const save = () => {
    if (running || files.length === 0) return;
    task.start(async (signal, onProgress) => {
      const name = safeFileName(text.zipName(stemOfName(job.filename)));
      const open = () => zipOfStems(files, links, signal, (bytes) => onProgress(bytes / total));
      await saveStream(name, open, signal);
      return text.zipDone;
    });
  };
  return (
    <div className="stack">
      <div className="row">
        <button
          type="button"
          className="button primary"
          aria-disabled={running || files.length === 0}
          onClick={save}
        >
          {text.zipStart(size)}
        </button>
        {files.length === 0 && <span className="small soft">{text.zipEmpty}</span>}
      </div>
      {total > LARGE_BYTES && !canStreamToDisk() && (
        <p className="notice warn small">{text.zipInMemory(size)}</p>
      )}
      <TaskStatus
        task={task}
        label={text.zip}
        describe={(progress) => text.zipProgress(fileSize(progress * total), size)}
        describeFailure={text.zipFailed}
      />
    </div>
  );
}
