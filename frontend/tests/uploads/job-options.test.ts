import { describe, expect, it } from "vitest";
import {
  chosenModel,
  createJobBody,
  DEFAULT_OPTIONS,
  drumPartsObstacle,
  fitToModels,
  parseOptions,
} from "@/uploads/job-options";
import { MODELS, modelOf } from "./models";

const drumModel = modelOf({ name: "kit", purpose: "drums", stems: ["kick", "snare", "toms", "cymbals"] });

describe("the request for a job", () => {
  it("asks for all stems of the default model by naming none", () => {
    expect(createJobBody("u", DEFAULT_OPTIONS)).toEqual({
      upload_id: "u",
      drum_parts: false,
      output: { format: "wav", original_sample_rate: false, bit_depth: 16 },
      analysis: true,
      previews: true,
      archive: false,
    });
  });

  it("carries every choice", () => {
    const body = createJobBody("u", {
      model: "six",
      stems: "two",
      drumParts: true,
      format: "mp3",
      bitDepth: 24,
      bitrateKbps: 192,
      retentionHours: 72,
    });
    expect(body).toMatchObject({
      model: "six",
      stems: ["vocals", "instrumental"],
      drum_parts: true,
      output: { format: "mp3", bitrate_kbps: 192 },
      retention_hours: 72,
    });
    expect(body.output).not.toHaveProperty("bit_depth");
  });

  it("carries no bit depth that the format does not have", () => {
    const body = createJobBody("u", { ...DEFAULT_OPTIONS, format: "flac", bitDepth: 32 });
    expect(body.output).toMatchObject({ format: "flac", bit_depth: 16 });
  });
});

describe("choices that a service cannot fulfil", () => {
  it("fall back to the default model and to all of its stems", () => {
    const fitted = fitToModels({ ...DEFAULT_OPTIONS, model: "removed", stems: ["guitar"] }, MODELS);
    expect(fitted).toMatchObject({ model: undefined, stems: "all" });
    expect(chosenModel(fitted, MODELS)?.name).toBe("four");
  });

  it("keep the stems that the model has", () => {
    const fitted = fitToModels({ ...DEFAULT_OPTIONS, model: "four", stems: ["guitar", "bass"] }, MODELS);
    expect(fitted.stems).toEqual(["bass"]);
  });

  it("drop drum parts without a model for them", () => {
    const wished = { ...DEFAULT_OPTIONS, drumParts: true };
    expect(fitToModels(wished, MODELS).drumParts).toBe(false);
    expect(fitToModels(wished, [...MODELS, drumModel]).drumParts).toBe(true);
  });

  it("never take a model for drums for one for songs", () => {
    expect(chosenModel({ ...DEFAULT_OPTIONS, model: "kit" }, [...MODELS, drumModel])?.name).toBe("four");
  });

  it("tell why drum parts are impossible", () => {
    const noDrums = modelOf({ name: "voice", stems: ["vocals", "instrumental"] });
    expect(drumPartsObstacle(noDrums, [noDrums, drumModel])).toBe("no-drums");
    expect(drumPartsObstacle(noDrums, [noDrums])).toBe("no-kit-model");
  });
});

describe("remembered options", () => {
  it.each([[undefined], [null], ["text"], [7], [[]], [{ format: "mid", stems: [], bitDepth: "x" }]])(
    "that make no sense (%j) become the defaults",
    (stored) => {
      expect(parseOptions(stored)).toEqual(DEFAULT_OPTIONS);
    },
  );

  it("survive being stored", () => {
    const options = {
      ...DEFAULT_OPTIONS,
      model: "six",
      stems: ["vocals", "bass"] as const,
      format: "flac",
      bitDepth: 24,
    } as const;
    expect(parseOptions(JSON.parse(JSON.stringify(options)))).toEqual(options);
  });
});
