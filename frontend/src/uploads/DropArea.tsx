import { useEffect, useRef, useState } from "react";
import { configuration } from "@/config";
import { fileSize } from "@/shared/format";
import { strings } from "@/strings";
import { duration } from "./format";
import { ACCEPT } from "./media-types";
import { uploads } from "./upload-store";
import "./uploads.css";

const text = strings.upload.drop;

function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}

/** Takes files that are dropped or pasted anywhere on the page; tells whether some hover over it now. */
function useWindowDrop(): boolean {
  const [isHovered, setHovered] = useState(false);
  useEffect(() => {
    // Entering a child leaves its parent: only the balance of both tells whether the window was left.
    let depth = 0;
    const hover = (change: number) => (event: DragEvent) => {
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      depth = Math.max(0, depth + change);
      setHovered(depth > 0);
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      depth = 0;
      setHovered(false);
      uploads.addFiles(event.dataTransfer?.files ?? []);
    };
    const paste = (event: ClipboardEvent) => {
      const files = event.clipboardData?.files;
      if (!files?.length) return;
      event.preventDefault();
      uploads.addFiles(files);
    };
    const stop = new AbortController();
    const { signal } = stop;
    window.addEventListener("dragenter", hover(1), { signal });
    window.addEventListener("dragleave", hover(-1), { signal });
    window.addEventListener("dragover", hover(0), { signal });
    window.addEventListener("drop", drop, { signal });
    window.addEventListener("paste", paste, { signal });
    return () => stop.abort();
  }, []);
  return isHovered;
}

/** Where songs come in: by a click, dropped anywhere on the page, or pasted. */
export function DropArea() {
  const isHovered = useWindowDrop();
  const input = useRef<HTMLInputElement>(null);
  const { maxUploadBytes, maxDurationSeconds, defaultRetentionHours } = configuration();
  return (
    <section className={isHovered ? "drop-area hovered" : "drop-area"} aria-label={text.label}>
      <button type="button" className="button primary drop-button" onClick={() => input.current?.click()}>
        {text.choose}
      </button>
      <p className="drop-hint">{text.hint}</p>
      <p className="drop-terms small soft">
        {text.limits(fileSize(maxUploadBytes), duration(maxDurationSeconds))}{" "}
        {text.privacy(defaultRetentionHours)}
      </p>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={ACCEPT}
        aria-label={text.choose}
        onChange={({ currentTarget }) => {
          uploads.addFiles([...(currentTarget.files ?? [])]);
          // Choosing the same file again is a change too.
          currentTarget.value = "";
        }}
      />
      {isHovered ? (
        <div className="drop-overlay" aria-hidden="true">
          <span>{text.release}</span>
        </div>
      ) : null}
    </section>
  );
}
