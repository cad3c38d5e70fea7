import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { delay, HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import DemoPage from "@/pages/DemoPage";
import { renderMix } from "@/player/engine";
import { SongView } from "@/results/SongView";
import * as saveFile from "@/results/save-file";
import { renderWith, signIn } from "../jobs/fixtures";
import { FakePlayer, makeIndex } from "../player-ui/fake-player";
import { makeDownloads, makeFile, makeFinishedJob, makeReport, makeStemReport } from "./fixtures";

const { players } = vi.hoisted(() => ({ players: [] as unknown[] }));

vi.mock("@/player/engine", async () => {
  const fake = await import("../player-ui/fake-player");
  return {
    createPlayer: () => {
      const player = new fake.FakePlayer();
      players.push(player);
      return player;
    },
    renderMix: vi.fn(),
  };
});
vi.mock("@/results/save-file", { spy: true });

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  signIn();
  players.length = 0;
  vi.clearAllMocks();
  server.use(http.get("http://files.test/report.json", () => HttpResponse.json(makeReport())));
  vi.mocked(saveFile.saveBlob).mockReturnValue();
  vi.mocked(saveFile.followDownload).mockReturnValue();
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const playable = makeFinishedJob({
  extras: { drum_parts: false, analysis: true, previews: true, archive: false },
  downloads: makeDownloads({ preview_index: makeFile("index.json") }),
});

function serveIndex() {
  server.use(
    http.get("http://files.test/index.json", () =>
      HttpResponse.json(makeIndex(["mixture", "vocals", "drums"])),
    ),
  );
}

function thePlayer(): FakePlayer {
  const player = players.at(-1);
  if (!(player instanceof FakePlayer)) throw new Error("No player was made.");
  return player;
}

describe("a song", () => {
  it("has a player that ends with the view", async () => {
    serveIndex();
    const { unmount } = renderWith(<SongView job={playable} />);
    expect(await screen.findByRole("button", { name: "Play" })).toBeVisible();
    expect(await screen.findByRole("heading", { name: "About this song" })).toBeVisible();
    unmount();
    expect(thePlayer().disposed).toBe(true);
  });

  it("without previews says so and offers its files", async () => {
    renderWith(<SongView job={makeFinishedJob()} />);
    expect(screen.getByText(/separated without previews/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Download song - vocals.wav, 1.5 MB" })).toBeVisible();
    expect(screen.queryByRole("heading", { name: "The mix I hear" })).toBeNull();
    expect(await screen.findByRole("heading", { name: "About this song" })).toBeVisible();
  });

  it("hints at stems that are silent", async () => {
    const stems = [makeStemReport("vocals", { silent: true }), makeStemReport("drums")];
    server.use(http.get("http://files.test/report.json", () => HttpResponse.json(makeReport({ stems }))));
    renderWith(<SongView job={makeFinishedJob()} />);
    expect(await screen.findByText("This song seems to have no vocals.")).toBeVisible();
  });

  it("offers to try again when the report cannot be had", async () => {
    server.use(
      http.get("http://files.test/report.json", () => new HttpResponse(null, { status: 404 }), {
        once: true,
      }),
    );
    renderWith(<SongView job={makeFinishedJob()} />);
    const alert = await screen.findByText(/The report could not be loaded/);
    expect(alert).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { name: "About this song" })).toBeVisible();
  });
});

describe("a download link", () => {
  it("that has ended is renewed by the click", async () => {
    const fresh = makeDownloads({
      stems: { vocals: makeFile("song - vocals.wav", { url: "http://files.test/fresh" }) },
    });
    server.use(http.post("http://service.test/v1/jobs/:job/downloads", () => HttpResponse.json(fresh)));
    const ended = makeFinishedJob({ downloads: makeDownloads({ expires_at: "2020-01-01T00:00:00Z" }) });
    renderWith(<SongView job={ended} />);
    await userEvent.click(screen.getByRole("link", { name: /song - vocals\.wav/ }));
    await waitFor(() =>
      expect(saveFile.followDownload).toHaveBeenCalledWith("http://files.test/fresh", "song - vocals.wav"),
    );
  });

  it("that cannot be renewed says why", async () => {
    server.use(
      http.post("http://service.test/v1/jobs/:job/downloads", () =>
        HttpResponse.json({ detail: "The job is past its retention.", code: "job_expired" }, { status: 410 }),
      ),
    );
    const ended = makeFinishedJob({ downloads: makeDownloads({ expires_at: "2020-01-01T00:00:00Z" }) });
    renderWith(<SongView job={ended} />);
    await userEvent.click(screen.getByRole("link", { name: /song - vocals\.wav/ }));
    expect(await screen.findByText(/The job is past its retention/)).toBeVisible();
    expect(saveFile.followDownload).not.toHaveBeenCalled();
  });
});

describe("the ZIP", () => {
  it("holds the chosen stems", async () => {
    const fetched: string[] = [];
    server.use(
      http.get("http://files.test/:name", ({ params }) => {
        if (params.name !== "report.json") fetched.push(String(params.name));
        return params.name === "report.json" ? HttpResponse.json(makeReport()) : HttpResponse.text("music");
      }),
    );
    renderWith(<SongView job={makeFinishedJob({ filename: "my: song.mp3" })} />);
    await userEvent.click(screen.getByRole("checkbox", { name: "Drums" }));
    await userEvent.click(screen.getByRole("button", { name: "Save ZIP (1.5 MB)" }));
    expect(await screen.findByText("The ZIP file is complete.")).toBeVisible();
    expect(fetched.map(decodeURIComponent)).toEqual(["song - vocals.wav"]);
    expect(vi.mocked(saveFile.saveStream).mock.lastCall?.[0]).toBe("my_ song stems.zip");
  });

  it("needs a stem", async () => {
    renderWith(<SongView job={makeFinishedJob()} />);
    for (const name of ["Vocals", "Drums"]) await userEvent.click(screen.getByRole("checkbox", { name }));
    await userEvent.click(screen.getByRole("button", { name: /Save ZIP/ }));
    expect(screen.getByText("Choose at least one stem.")).toBeVisible();
    expect(saveFile.saveStream).not.toHaveBeenCalled();
  });

  it("can be cancelled", async () => {
    server.use(
      http.get("http://files.test/:name", async ({ params }) => {
        if (params.name === "report.json") return HttpResponse.json(makeReport());
        await delay("infinite");
        return HttpResponse.text("late");
      }),
    );
    renderWith(<SongView job={makeFinishedJob()} />);
    await userEvent.click(screen.getByRole("button", { name: /Save ZIP/ }));
    expect(await screen.findByRole("progressbar", { name: "ZIP of chosen stems" })).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect(await screen.findByText("Cancelled.")).toBeVisible();
    expect(screen.queryByRole("progressbar")).toBeNull();
  });
});

describe("the mix I hear", () => {
  it("is made of the stems that sound, with the settings of the player", async () => {
    serveIndex();
    vi.mocked(renderMix).mockResolvedValue({ file: new Blob(["wav"]), gainDb: -2.34 });
    renderWith(<SongView job={playable} />);
    await userEvent.click(await screen.findByRole("button", { name: "Mute Drums" }));
    await userEvent.click(screen.getByRole("button", { name: "Make the mix" }));
    expect(await screen.findByText(/It was turned down by 2\.3 dB/)).toBeVisible();
    const [input] = vi.mocked(renderMix).mock.lastCall ?? [];
    expect(input?.lanes.map(({ lane }) => lane)).toEqual(["vocals"]);
    expect(input?.settings).toBe(thePlayer().getState());
    expect(saveFile.saveBlob).toHaveBeenCalledWith(expect.any(Blob), "song mix.wav");
  });

  it("says why it could not be made", async () => {
    serveIndex();
    vi.mocked(renderMix).mockRejectedValue(new Error("The song is too long."));
    renderWith(<SongView job={playable} />);
    await userEvent.click(await screen.findByRole("button", { name: "Make the mix" }));
    expect(await screen.findByText("The mix could not be made. The song is too long.")).toBeVisible();
  });

  it("needs something to hear", async () => {
    serveIndex();
    renderWith(<SongView job={playable} />);
    for (const name of ["Mute Vocals", "Mute Drums"]) {
      await userEvent.click(await screen.findByRole("button", { name }));
    }
    expect(screen.getByText(/there is nothing to hear/)).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Make the mix" }));
    expect(renderMix).not.toHaveBeenCalled();
  });
});

describe("the commands", () => {
  it("are copied, which is confirmed", async () => {
    const user = userEvent.setup();
    renderWith(<SongView job={makeFinishedJob()} />);
    await user.click(screen.getByText("The same job by command"));
    await user.click(screen.getByRole("button", { name: "Copy: Command line tool" }));
    expect(await screen.findByText("Copied.")).toBeVisible();
    expect(await navigator.clipboard.readText()).toMatch(
      /^stems --api-url http:\/\/service\.test separate song\.mp3/,
    );
  });

  it("are selected where the browser refuses", async () => {
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("no", "NotAllowedError"));
    renderWith(<SongView job={makeFinishedJob()} />);
    await user.click(screen.getByText("The same job by command"));
    await user.click(screen.getByRole("button", { name: "Copy: curl" }));
    expect(await screen.findByText(/does not let the page copy/)).toBeVisible();
  });
});

describe("the demo", () => {
  beforeEach(() => vi.stubGlobal("location", new URL("http://page.test/demo")));
  afterEach(() => vi.unstubAllGlobals());

  it("shows its song without asking the service for anything", async () => {
    serveIndex();
    server.use(http.get("http://page.test/demo/job.json", () => HttpResponse.json({ job: playable })));
    renderWith(<DemoPage />);
    expect(await screen.findByRole("button", { name: "Play" })).toBeVisible();
    expect(screen.getByText(/song is synthetic/)).toBeVisible();
    expect(screen.queryByText(/Kept until/)).toBeNull();
  });

  it.each([
    ["answers with 404", () => new HttpResponse(null, { status: 404 })],
    ["answers with the page", () => HttpResponse.html("<!doctype html>")],
  ])("is said to be missing on a host that %s", async (_, answer) => {
    server.use(http.get("http://page.test/demo/job.json", answer));
    renderWith(<DemoPage />);
    expect(await screen.findByText(/This host has no demo/)).toBeVisible();
  });

  it("can be tried again when the host fails", async () => {
    server.use(http.get("http://page.test/demo/job.json", () => HttpResponse.json({}, { status: 500 })));
    renderWith(<DemoPage />);
    expect(await screen.findByText(/The demo could not be loaded/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
  });
});
