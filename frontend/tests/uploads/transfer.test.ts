import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { put } from "@/uploads/transfer";

let received: Request | undefined;
const store = setupServer(
  http.put("http://store.test/song", ({ request }) => {
    received = request;
    return new HttpResponse(null, { status: 200 });
  }),
  http.put("http://store.test/expired", () => new HttpResponse(null, { status: 403 })),
  http.put("http://store.test/broken", () => HttpResponse.error()),
);

beforeAll(() => store.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  received = undefined;
});
afterAll(() => store.close());

function transferTo(
  path: string,
  headers: Record<string, string> = {},
  signal = new AbortController().signal,
) {
  return put({
    url: `http://store.test/${path}`,
    headers,
    body: new Blob(["song"]),
    signal,
    onProgress: () => {},
  });
}

it("sends the bytes with the signed headers, except the length, which the browser sets", async () => {
  await transferTo("song", { "If-None-Match": "*", "Content-Type": "audio/mpeg", "Content-Length": "999" });
  expect(received?.headers.get("If-None-Match")).toBe("*");
  expect(received?.headers.get("Content-Type")).toBe("audio/mpeg");
  expect(received?.headers.get("Content-Length")).not.toBe("999");
  expect(await received?.text()).toBe("song");
});

it("tells the status of a refusal, and 0 when there was no answer", async () => {
  await expect(transferTo("expired")).rejects.toMatchObject({ name: "TransferError", status: 403 });
  await expect(transferTo("broken")).rejects.toMatchObject({ name: "TransferError", status: 0 });
});

it("sends nothing once it has been stopped", async () => {
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(transferTo("song", {}, stopped)).rejects.toThrow("stopped");
  expect(received).toBeUndefined();
});
