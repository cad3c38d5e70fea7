import { useEffect, useId, useRef } from "react";
import { strings } from "@/strings";

interface DeleteDialogProps {
  filename: string;
  isDeleting: boolean;
  /** Why the last try did not work. */
  problem: string | undefined;
  onConfirm: () => void;
  onClose: () => void;
}

/** Says what goes and that it cannot come back, before anything is removed. */
export function DeleteDialog({ filename, isDeleting, problem, onConfirm, onClose }: DeleteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const explanation = useId();
  const text = strings.jobs.confirm;
  useEffect(() => {
    // An effect may run twice, and an open dialog refuses to be opened.
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={title} aria-describedby={explanation} onClose={onClose}>
      <div className="stack">
        <h2 id={title} className="song-name">
          {text.title(filename)}
        </h2>
        <p id={explanation}>
          {text.removes} <strong>{text.final}</strong>
        </p>
        <div role="alert">{problem ? <p className="notice bad">{problem}</p> : null}</div>
        <div className="row dialog-actions">
          {/* The first focus of a dialog: what does no harm. */}
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {text.keep}
          </button>
          <button type="button" className="button danger" aria-disabled={isDeleting} onClick={onConfirm}>
            {isDeleting ? text.deleting : text.delete}
          </button>
        </div>
      </div>
    </dialog>
  );
}
