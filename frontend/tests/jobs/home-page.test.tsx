import { screen, within } from "@testing-library/react";
import axe from "axe-core";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { HomePage } from "@/pages/HomePage";
import { changeJobOptions } from "@/uploads/options-store";
import { renderWith, signIn } from "./fixtures";

const server = setupServer();

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  signIn();
  server.use(
    http.get("http://service.test/v1/jobs", () => HttpResponse.json({ jobs: [], next_cursor: null })),
    http.get("http://service.test/v1/models", () =>
      HttpResponse.json({
        models: [
          {
            name: "foundry_4s",
            title: "Foundry",
            purpose: "song",
            stems: ["vocals", "drums", "bass", "other", "instrumental"],
            default: true,
            bundled: true,
            architecture: "htdemucs",
            digest: "0",
            licence: "MIT",
            provenance: "ours",
            commercial_use: "allowed",
            relative_cost: 1,
            quality: "good",
          },
        ],
      }),
    ),
  );
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

it("is a place to drop a song, the own songs and a way to the demo", async () => {
  const { container } = renderWith(<HomePage />);
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Drop a song");
  expect(await screen.findByText(/Nothing here yet/)).toBeVisible();
  expect(screen.getByRole("link", { name: "Open the demo" })).toHaveAttribute("href", "/demo");
  expect(screen.getByText(/Kept for 24 hours/)).toBeVisible();
  const { violations } = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations).toEqual([]);
});

it("shows the current choice without opening the options", async () => {
  changeJobOptions({ stems: "two", drumParts: true, format: "mp3", bitrateKbps: 192 });
  const { container } = renderWith(<HomePage />);
  const summary = container.querySelector("summary");
  if (!summary) throw new Error("There are no options.");
  expect(
    await within(summary).findByText("Foundry · vocals and instrumental and drum parts · MP3 192 kbit/s"),
  ).toBeVisible();
});
