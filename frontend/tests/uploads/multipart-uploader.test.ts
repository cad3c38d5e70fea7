import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { ConnectionPool } from "@/uploads/connections";
import {
  FakeService,
  fileOfParts,
  gate,
  memoryOf,
  PART_BYTES,
  refusal,
  UPLOAD_ID,
  uploaderOf,
} from "./fakes";

async function bytesOf(blobs: Iterable<Blob>): Promise<Uint8Array> {
  return new Uint8Array(await new Blob([...blobs]).arrayBuffer());
}

function inOrder(service: FakeService): Blob[] {
  return [...service.parts].sort(([one], [other]) => one - other).map(([, body]) => body);
}

describe("a file in parts", () => {
  it("arrives byte by byte and is completed once", async () => {
    const service = new FakeService();
    const file = fileOfParts(7);

    const uploadId = await uploaderOf(file, service).run();

    expect(uploadId).toBe(UPLOAD_ID);
    expect(service.completed).toBe(1);
    expect(await bytesOf(inOrder(service))).toEqual(await bytesOf([file]));
  });

  it("sends at most four parts at a time, and signs once for all who start together", async () => {
    const service = new FakeService();
    const held = gate();
    service.gate = held.promise;

    const running = uploaderOf(fileOfParts(9), service).run();
    await vi.waitFor(() => expect(service.puts).toHaveLength(4));
    held.open();
    await running;

    expect(service.mostRunningPuts).toBe(4);
    expect(service.signedNumbers).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  it("shares six connections with other files", async () => {
    const service = new FakeService();
    const held = gate();
    service.gate = held.promise;
    const connections = new ConnectionPool(6);

    const running = [1, 2, 3].map(() => uploaderOf(fileOfParts(5), service, { connections }).run());
    await vi.waitFor(() => expect(service.runningPuts).toBe(6));
    held.open();
    await Promise.all(running);

    expect(service.mostRunningPuts).toBe(6);
  });

  it("signs a fresh link for a part whose link has expired", async () => {
    const service = new FakeService();
    service.answers.push(403);

    await uploaderOf(fileOfParts(1), Object.assign(service, { method: "multipart" })).run();

    expect(service.signedNumbers).toEqual([[1], [1]]);
    expect(service.puts.map(({ url }) => url)).toEqual([
      "http://store.test/part/1?1",
      "http://store.test/part/1?2",
    ]);
  });

  it("sends a part again after errors of the store and of the network", async () => {
    const service = new FakeService();
    service.answers.push(500, 0, 503);

    await uploaderOf(fileOfParts(1), service).run();

    expect(service.sentNumbers).toEqual([1, 1, 1, 1]);
    expect(service.completed).toBe(1);
  });

  it("gives up after many failures in a row, and a new run goes on where it stopped", async () => {
    const service = new FakeService();
    const memory = memoryOf();
    const file = fileOfParts(2);
    service.answers.push(200, ...Array.from({ length: 7 }, () => 500));

    await expect(uploaderOf(file, service, { memory }).run()).rejects.toMatchObject({ status: 500 });
    expect(service.completed).toBe(0);

    service.puts.length = 0;
    await uploaderOf(file, service, { memory }).run();
    expect(service.sentNumbers).toEqual([2]);
    expect(service.announced).toHaveLength(1);
  });

  it("waits for the network and goes on by itself", async () => {
    const service = new FakeService();
    const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const onOffline = vi.fn();

    const running = uploaderOf(fileOfParts(2), service, { onOffline }).run();
    await vi.waitFor(() => expect(onOffline).toHaveBeenLastCalledWith(true));
    expect(service.announced).toHaveLength(0);
    online.mockReturnValue(true);
    window.dispatchEvent(new Event("online"));
    await running;

    expect(onOffline).toHaveBeenLastCalledWith(false);
    expect(service.completed).toBe(1);
  });

  it("does not count what fails while offline", async () => {
    const service = new FakeService();
    const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(true);
    const put = vi.fn(async (transfer: Parameters<FakeService["put"]>[0]) => {
      if (put.mock.calls.length <= 20) {
        online.mockReturnValue(false);
        setTimeout(() => {
          online.mockReturnValue(true);
          window.dispatchEvent(new Event("online"));
        });
        service.answers.push(0);
      }
      await service.put(transfer);
    });

    await uploaderOf(fileOfParts(1), service, { put }).run();

    expect(put).toHaveBeenCalledTimes(21);
  });

  it("begins no part while paused, lets running ones finish, and goes on when resumed", async () => {
    const service = new FakeService();
    const held = gate();
    service.gate = held.promise;
    const uploader = uploaderOf(fileOfParts(9), service);

    const running = uploader.run();
    await vi.waitFor(() => expect(service.puts).toHaveLength(4));
    uploader.pause();
    held.open();
    await vi.waitFor(() => expect(service.parts.size).toBe(4));
    await new Promise((resolve) => setTimeout(resolve));
    expect(service.puts).toHaveLength(4);
    uploader.resume();
    await running;

    expect(service.sentNumbers).toHaveLength(9);
  });

  it("leaves the connections to others while paused", async () => {
    const service = new FakeService();
    const held = gate();
    service.gate = held.promise;
    const connections = new ConnectionPool(2);
    const paused = uploaderOf(fileOfParts(9), service, { connections });
    const first = paused.run();
    await vi.waitFor(() => expect(service.puts).toHaveLength(2));
    paused.pause();
    held.open();

    const other = new FakeService();
    await uploaderOf(fileOfParts(3), other, { connections }).run();

    expect(other.completed).toBe(1);
    expect(service.completed).toBe(0);
    paused.resume();
    await first;
  });

  it("goes on after a reload with the parts that are missing or not whole", async () => {
    const service = new FakeService();
    const file = fileOfParts(4);
    service.parts.set(1, file.slice(0, PART_BYTES)).set(3, file.slice(0, 4));
    const sent: number[] = [];
    const memory = memoryOf({ uploadId: UPLOAD_ID, partSizeBytes: PART_BYTES });

    await uploaderOf(file, service, { memory, onProgress: (bytes) => sent.push(bytes) }).run();

    expect(service.announced).toHaveLength(0);
    expect([...service.sentNumbers].sort()).toEqual([2, 3, 4]);
    expect(sent[0]).toBe(PART_BYTES);
    expect(sent.at(-1)).toBe(file.size);
    expect(await bytesOf(inOrder(service))).toEqual(await bytesOf([file]));
  });

  it("sends nothing of an upload that was completed before the reload", async () => {
    const service = new FakeService();
    service.state = "complete";
    const memory = memoryOf({ uploadId: UPLOAD_ID, partSizeBytes: PART_BYTES });

    expect(await uploaderOf(fileOfParts(2), service, { memory }).run()).toBe(UPLOAD_ID);
    expect(service.puts).toHaveLength(0);
  });

  it.each([
    ["was not found", refusal(404, "upload_not_found")],
    ["has expired", refusal(410, "upload_expired")],
  ])("starts over when the remembered upload %s", async (_, problem) => {
    const service = new FakeService();
    vi.spyOn(service, "list").mockRejectedValueOnce(problem);
    const memory = memoryOf({ uploadId: "gone", partSizeBytes: PART_BYTES });

    await uploaderOf(fileOfParts(2), service, { memory }).run();

    expect(service.announced).toHaveLength(1);
    expect(service.parts.size).toBe(2);
  });

  it("starts over when the store lost the upload while parts were sent", async () => {
    const service = new FakeService();
    service.answers.push(404);

    expect(await uploaderOf(fileOfParts(1), service).run()).not.toBe(UPLOAD_ID);
    expect(service.announced).toHaveLength(2);
  });

  it("sends what is missing when the service finds parts missing", async () => {
    const service = new FakeService();
    const complete = service.complete.bind(service);
    vi.spyOn(service, "complete").mockImplementationOnce(async () => {
      service.parts.delete(2);
      throw refusal(409, "upload_incomplete");
    });
    service.complete = vi.fn(service.complete).mockImplementation(complete);
    await uploaderOf(fileOfParts(3), service).run();
    expect(service.parts.size).toBe(3);
  });

  it("stops at once when cancelled and gives the upload up at the service", async () => {
    const service = new FakeService();
    service.gate = gate().promise;
    const memory = memoryOf();
    const uploader = uploaderOf(fileOfParts(9), service, { memory });

    const running = uploader.run();
    const outcome = expect(running).rejects.toMatchObject({ name: "AbortError" });
    await vi.waitFor(() => expect(service.puts).toHaveLength(4));
    await uploader.cancel();
    await outcome;

    expect(service.puts.every(({ signal }) => signal.aborted)).toBe(true);
    expect(service.runningPuts).toBe(0);
    expect(service.aborted).toEqual([UPLOAD_ID]);
    expect(memory.read()).toBeUndefined();
  });

  it("passes a refusal on without trying again", async () => {
    const service = new FakeService();
    const create = vi.spyOn(service, "create").mockRejectedValue(refusal(413, "file_too_large"));

    await expect(uploaderOf(fileOfParts(1), service).run()).rejects.toMatchObject({ code: "file_too_large" });
    expect(create).toHaveBeenCalledTimes(1);
  });
});

describe("a file in one piece", () => {
  function wholeFileService(): FakeService {
    return Object.assign(new FakeService(), { method: "put" as const });
  }

  it("is announced with its checksum and sent with the headers of the answer", async () => {
    const service = wholeFileService();
    const file = fileOfParts(3);

    await uploaderOf(file, service).run();

    const sha256 = createHash("sha256")
      .update(await bytesOf([file]))
      .digest("hex");
    expect(service.announced).toEqual([
      { filename: "song.flac", size_bytes: file.size, content_type: "audio/flac", sha256 },
    ]);
    expect(service.puts).toHaveLength(1);
    expect(service.puts[0]).toMatchObject({
      url: "http://store.test/whole",
      headers: { "If-None-Match": "*" },
    });
    expect(service.puts[0]?.body).toBe(file);
    expect(service.signedNumbers).toHaveLength(0);
  });

  it("is announced without a checksum where the browser computes none", async () => {
    const service = wholeFileService();
    vi.stubGlobal("crypto", {});

    await uploaderOf(fileOfParts(1), service).run();
    vi.unstubAllGlobals();

    expect(service.announced[0]).not.toHaveProperty("sha256");
  });

  it("lets completing decide when a second try finds the file written", async () => {
    const service = wholeFileService();
    service.answers.push(0, 412);

    await uploaderOf(fileOfParts(1), service).run();

    expect(service.puts).toHaveLength(2);
    expect(service.completed).toBe(1);
  });

  it("asks for a new link when the old one has expired", async () => {
    const service = wholeFileService();
    service.answers.push(403);

    await uploaderOf(fileOfParts(1), service).run();

    expect(service.announced).toHaveLength(2);
    expect(service.completed).toBe(1);
  });

  it("stops when paused and begins again when resumed", async () => {
    const service = wholeFileService();
    const held = gate();
    service.gate = held.promise;
    const uploader = uploaderOf(fileOfParts(1), service);

    const running = uploader.run();
    await vi.waitFor(() => expect(service.puts).toHaveLength(1));
    uploader.pause();
    await vi.waitFor(() => expect(service.runningPuts).toBe(0));
    held.open();
    uploader.resume();
    await running;

    expect(service.puts).toHaveLength(2);
    expect(service.completed).toBe(1);
  });
});
