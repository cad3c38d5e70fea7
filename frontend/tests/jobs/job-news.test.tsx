import { act, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "@/api/types";
import { makeJob } from "./fixtures";

const shown: { title: string; body: string | undefined }[] = [];
let permission: NotificationPermission = "default";
let answer: NotificationPermission = "granted";

class FakeNotification extends EventTarget {
  static get permission() {
    return permission;
  }

  static async requestPermission(): Promise<NotificationPermission> {
    permission = answer;
    return answer;
  }

  constructor(title: string, { body }: NotificationOptions) {
    super();
    shown.push({ title, body });
  }
}

/** The modules anew, because they remember the choice as long as the page lives. */
async function load() {
  const { useJobNews } = await import("@/jobs/use-job-news");
  const { NotifyToggle } = await import("@/jobs/NotifyToggle");
  return function View({ jobs }: { jobs: Job[] }) {
    return (
      <>
        <p data-testid="news">{useJobNews(jobs, "Idle")}</p>
        <NotifyToggle />
      </>
    );
  };
}

function hideTab(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  act(() => {
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal("Notification", FakeNotification);
  shown.length = 0;
  permission = "default";
  answer = "granted";
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const running = makeJob({ state: "processing", stage: "separating", progress: 0.42 });
const done = makeJob({ state: "completed" });
const toggle = () => screen.getByRole("button", { name: "Notify me when a song is done" });

describe("title and announcements", () => {
  it("shows the share that is done, else the state, else the idle title", async () => {
    const View = await load();
    const { rerender, unmount } = render(<View jobs={[running]} />);
    expect(document.title).toBe("42 % · song.mp3");
    rerender(<View jobs={[{ ...running, stage: "encoding", progress: 1 }]} />);
    expect(document.title).toBe("Writing the stems · song.mp3");
    rerender(<View jobs={[done]} />);
    expect(document.title).toBe("Idle");
    unmount();
    expect(document.title).toBe("Stem Foundry");
  });

  it("announces a change of state, but neither what was there nor percentages", async () => {
    const View = await load();
    const { rerender } = render(<View jobs={[running]} />);
    rerender(<View jobs={[{ ...running, progress: 0.6 }]} />);
    expect(screen.getByTestId("news")).toBeEmptyDOMElement();
    rerender(<View jobs={[{ ...running, stage: "encoding" }]} />);
    expect(screen.getByTestId("news")).toHaveTextContent("song.mp3: Writing the stems.");
  });

  it("keeps the end of a song in the title until somebody looks", async () => {
    const View = await load();
    const { rerender } = render(<View jobs={[running]} />);
    hideTab(true);
    rerender(<View jobs={[done]} />);
    expect(document.title).toBe("Done · song.mp3");
    hideTab(false);
    expect(document.title).toBe("Idle");
  });
});

describe("notifications", () => {
  it("come only to those who asked for them, and only when nobody looks", async () => {
    const View = await load();
    const { rerender } = render(<View jobs={[running]} />);
    expect(toggle()).toHaveAttribute("aria-pressed", "false");
    await userEvent.click(toggle());
    expect(toggle()).toHaveAttribute("aria-pressed", "true");
    rerender(<View jobs={[done]} />);
    expect(shown).toEqual([]);
    rerender(<View jobs={[running]} />);
    hideTab(true);
    rerender(<View jobs={[done]} />);
    expect(shown).toEqual([{ title: "Done · song.mp3", body: "Its stems are ready." }]);
  });

  it("tell of a failure too", async () => {
    const View = await load();
    const { rerender } = render(<View jobs={[running]} />);
    await userEvent.click(toggle());
    hideTab(true);
    rerender(<View jobs={[makeJob({ state: "failed" })]} />);
    expect(shown).toEqual([{ title: "Failed · song.mp3", body: "It could not be separated." }]);
  });

  it("are remembered, and can be switched off again", async () => {
    const First = await load();
    const { unmount } = render(<First jobs={[]} />);
    await userEvent.click(toggle());
    unmount();
    vi.resetModules();
    const Second = await load();
    render(<Second jobs={[]} />);
    expect(toggle()).toHaveAttribute("aria-pressed", "true");
    await userEvent.click(toggle());
    expect(toggle()).toHaveAttribute("aria-pressed", "false");
  });

  it("say what to do when the browser forbids them", async () => {
    answer = "denied";
    const View = await load();
    render(<View jobs={[]} />);
    await userEvent.click(toggle());
    expect(screen.getByRole("status")).toHaveTextContent("Allow it in the settings of the site.");
    expect(toggle()).toHaveAttribute("aria-pressed", "false");
  });
});
