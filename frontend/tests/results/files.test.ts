import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { safeFileName, stemOfName, uniqueFileNames } from "@/results/file-names";
import { ResultLinks } from "@/results/result-links";
import { zipOfStems } from "@/results/zip-stems";
import { makeDownloads, makeFile } from "./fixtures";

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const never = new AbortController().signal;

describe("file names", () => {
  it.each([
    ["song.mp3", "song.mp3"],
    ["AC/DC: Live?.wav", "AC_DC_ Live_.wav"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["con.wav", "_con.wav"],
    ["", "_"],
    ["   ", "_"],
    ["ends with dots...", "ends with dots"],
    ["曲 – ü.flac", "曲 – ü.flac"],
    ["a\u202egpj.wav", "a_gpj.wav"],
  ])("%j becomes %j", (name, expected) => {
    expect(safeFileName(name)).toBe(expected);
  });

  it("are cut but keep their extension", () => {
    const name = safeFileName(`${"x".repeat(500)}.flac`);
    expect(name).toHaveLength(120);
    expect(name.endsWith(".flac")).toBe(true);
  });

  it("are unique, also where case does not count", () => {
    expect(uniqueFileNames(["a.wav", "A.wav", "a.wav", "b.wav"])).toEqual([
      "a.wav",
      "A (2).wav",
      "a (3).wav",
      "b.wav",
    ]);
  });

  it("have a base", () => {
    expect([stemOfName("my.song.mp3"), stemOfName("song"), stemOfName(".hidden")]).toEqual([
      "my.song",
      "song",
      ".hidden",
    ]);
  });
});

describe("links", () => {
  it("are renewed once for all who ask", async () => {
    const fresh = makeDownloads();
    const request = vi.fn(() => Promise.resolve(fresh));
    const links = new ResultLinks(makeDownloads(), request);
    const [one, other] = await Promise.all([links.renew(), links.renew()]);
    expect(one).toBe(fresh);
    expect(other).toBe(fresh);
    expect(request).toHaveBeenCalledTimes(1);
    expect(links.current).toBe(fresh);
    await links.renew();
    expect(request).toHaveBeenCalledTimes(2);
  });

  it("are renewed before they are used when they have ended", async () => {
    const fresh = makeDownloads();
    const links = new ResultLinks(makeDownloads({ expires_at: "2020-01-01T00:00:00Z" }), async () => fresh);
    expect(links.areValid()).toBe(false);
    expect(await links.valid()).toBe(fresh);
    expect(links.areValid()).toBe(true);
  });

  it("can be asked for again after a failure", async () => {
    const request = vi
      .fn()
      .mockRejectedValueOnce(new Error("offline"))
      .mockResolvedValueOnce(makeDownloads());
    const links = new ResultLinks(makeDownloads(), request);
    await expect(links.renew()).rejects.toThrow("offline");
    await expect(links.renew()).resolves.toBeDefined();
  });

  it("that are refused are followed once more, fresh", async () => {
    server.use(
      http.get("http://files.test/:name", ({ request }) =>
        request.url.includes("fresh") ? HttpResponse.text("music") : new HttpResponse(null, { status: 403 }),
      ),
    );
    const fresh = makeDownloads({ stems: { vocals: makeFile("v", { url: "http://files.test/v?fresh" }) } });
    const links = new ResultLinks(makeDownloads(), async () => fresh);
    const response = await links.fetch(({ stems }) => stems.vocals, never);
    expect(await response.text()).toBe("music");
  });

  it("that fail say why", async () => {
    server.use(http.get("http://files.test/:name", () => new HttpResponse(null, { status: 404 })));
    const links = new ResultLinks(makeDownloads(), async () => makeDownloads());
    await expect(links.fetch(({ stems }) => stems.vocals, never)).rejects.toThrow("refused with status 404");
    await expect(links.fetch(({ archive }) => archive, never)).rejects.toThrow("no longer there");
    server.use(http.get("http://files.test/:name", () => HttpResponse.error()));
    await expect(links.fetch(({ stems }) => stems.vocals, never)).rejects.toThrow("could not be fetched");
  });
});

describe("the ZIP", () => {
  const files = [
    { stem: "vocals" as const, file: makeFile("a.wav", { size_bytes: 5 }) },
    { stem: "drums" as const, file: makeFile("a.wav", { size_bytes: 5 }) },
  ];

  it("holds every stem under a name of its own and tells what has arrived", async () => {
    server.use(http.get("http://files.test/:name", () => HttpResponse.text("music")));
    const arrived: number[] = [];
    const links = new ResultLinks(makeDownloads(), async () => makeDownloads());
    const zip = zipOfStems(files, links, never, (bytes) => arrived.push(bytes));
    const text = new TextDecoder("latin1").decode(await new Response(zip).arrayBuffer());
    expect(text.startsWith("PK\u0003\u0004")).toBe(true);
    expect(text.split("music")).toHaveLength(3);
    expect(text).toContain("a.wav");
    expect(text).toContain("a (2).wav");
    expect(arrived.at(-1)).toBe(10);
  });

  it("breaks off with the reason when a stem cannot be had", async () => {
    server.use(http.get("http://files.test/:name", () => new HttpResponse(null, { status: 500 })));
    const links = new ResultLinks(makeDownloads(), async () => makeDownloads());
    const zip = zipOfStems(files, links, never, () => undefined);
    await expect(new Response(zip).arrayBuffer()).rejects.toThrow("refused with status 500");
  });
});
