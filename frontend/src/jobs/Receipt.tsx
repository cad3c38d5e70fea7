import { useEffect, useRef } from "react";
import type { DeletionReceipt } from "@/api/types";
import { fileSize, moment } from "@/shared/format";
import { strings } from "@/strings";

interface ReceiptProps {
  filename: string;
  receipt: DeletionReceipt;
  onClose?: () => void;
}

/** What a deletion removed. Takes the focus, because the button that was pressed is gone with the song. */
export function Receipt({ filename, receipt, onClose }: ReceiptProps) {
  const box = useRef<HTMLDivElement>(null);
  const text = strings.jobs.receipt;
  useEffect(() => box.current?.focus(), []);
  return (
    <div ref={box} className="notice good receipt stack" role="status" tabIndex={-1}>
      <p>
        <strong className="song-name">{text.title(filename)}</strong>
      </p>
      <p className="small">
        {text.removed(receipt.objects_removed, fileSize(receipt.bytes_removed), moment(receipt.deleted_at))}{" "}
        {receipt.upload_removed ? text.upload : text.uploadKept}
      </p>
      {receipt.still_stopping ? <p className="small">{text.stillStopping}</p> : null}
      {onClose ? (
        <p>
          <button type="button" className="button" onClick={onClose}>
            {strings.common.close}
          </button>
        </p>
      ) : null}
    </div>
  );
}
