import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ModelDescription } from "@/api/types";
import { readStored } from "@/shared/storage";
import { DEFAULT_OPTIONS } from "@/uploads/job-options";
import { OptionsForm } from "@/uploads/OptionsForm";
import { changeJobOptions, jobOptions } from "@/uploads/options-store";
import { MODELS, modelOf } from "./models";

let models: readonly ModelDescription[] = MODELS;
const service = setupServer(http.get("http://service.test/v1/models", () => HttpResponse.json({ models })));

beforeAll(() => service.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  models = MODELS;
  changeJobOptions(DEFAULT_OPTIONS);
});
afterAll(() => service.close());

async function form(): Promise<HTMLElement> {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <OptionsForm />
    </QueryClientProvider>,
  );
  await screen.findByRole("radio", { name: /Four stems/ });
  return screen.getByRole("form", { name: "Options" });
}

it("shows each model with its stems, speed, quality, licence and terms", async () => {
  const options = await form();
  expect(
    within(options).getByRole("radio", { name: /Four stems.*4 stems.*fast.*first impression.*use allowed/ }),
  ).toBeChecked();
  expect(options).toHaveTextContent("Licence: MIT · Commercial use: Allowed");
  expect(
    within(options).getByRole("radio", { name: /Six stems.*6 stems.*slow.*cleanest.*use unclear/ }),
  ).not.toBeChecked();
});

it("promises nothing of a model that nobody has judged", async () => {
  models = [modelOf({ default: true, quality: null })];
  await form();
  expect(screen.getByRole("radio", { name: /Four stems/ }).closest("label")).not.toHaveTextContent(
    /impression|separation/,
  );
});

it("remembers model, own stems and format", async () => {
  await form();
  await userEvent.click(screen.getByRole("radio", { name: /Six stems/ }));
  await userEvent.click(screen.getByRole("radio", { name: "My own choice" }));
  await userEvent.click(screen.getByRole("checkbox", { name: "Drums" }));
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Format" }), "flac");
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Bit depth" }), "24");

  const expected = {
    model: "six",
    stems: ["bass", "other", "vocals", "guitar", "piano"],
    format: "flac",
    bitDepth: 24,
  };
  expect(jobOptions()).toMatchObject(expected);
  expect(readStored("job-options")).toMatchObject(expected);
});

it("drops stems that the newly chosen model does not give", async () => {
  changeJobOptions({ model: "six", stems: ["guitar", "vocals"] });
  await form();
  await userEvent.click(screen.getByRole("radio", { name: /Four stems/ }));
  expect(jobOptions().stems).toEqual(["vocals"]);
});

it("keeps at least one stem chosen", async () => {
  changeJobOptions({ stems: ["vocals"] });
  await form();
  expect(screen.getByRole("checkbox", { name: "Vocals" })).toBeDisabled();
});

it("offers bit rates for lossy formats and bit depths for the others", async () => {
  await form();
  expect(screen.queryByRole("combobox", { name: "Bit rate" })).not.toBeInTheDocument();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Format" }), "mp3");
  expect(screen.queryByRole("combobox", { name: "Bit depth" })).not.toBeInTheDocument();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Bit rate" }), "192");
  expect(jobOptions()).toMatchObject({ format: "mp3", bitrateKbps: 192 });
});

it("takes 16 bit where the new format lacks the chosen depth", async () => {
  changeJobOptions({ bitDepth: 32 });
  await form();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Format" }), "flac");
  expect(jobOptions().bitDepth).toBe(16);
});

it("explains why drum parts are not available", async () => {
  await form();
  const box = screen.getByRole("checkbox", { name: "Also split the drums" });
  expect(box).toBeDisabled();
  expect(box).toHaveAccessibleDescription(/no model that splits drums/);
});

it("offers drum parts where there is a model for them, which is no choice for songs", async () => {
  models = [...MODELS, modelOf({ name: "kit", title: "Drum kit", purpose: "drums", stems: ["kick"] })];
  await form();
  await userEvent.click(screen.getByRole("checkbox", { name: "Also split the drums" }));
  expect(jobOptions().drumParts).toBe(true);
  expect(screen.queryByRole("radio", { name: /Drum kit/ })).not.toBeInTheDocument();
});
