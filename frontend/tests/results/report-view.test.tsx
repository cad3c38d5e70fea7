import { render, screen, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { confidenceWord, residualWords, silentHint } from "@/results/describe";
import { ReportView } from "@/results/ReportView";
import { makeReport, makeStemReport } from "./fixtures";

function fact(title: string): HTMLElement {
  const box = screen.getByRole("heading", { name: title }).parentElement;
  if (!box) throw new Error(`There is no fact named ${title}.`);
  return box;
}

describe("a full report", () => {
  it("tells tempo with its alternatives", () => {
    render(<ReportView report={makeReport()} cached={false} />);
    expect(fact("Tempo")).toHaveTextContent("120.0 BPM");
    expect(fact("Tempo")).toHaveTextContent("The beat is clear.");
    expect(fact("Tempo")).toHaveTextContent("Could also be counted as 60 BPM or 240 BPM.");
  });

  it("tells key, Camelot code, relative key and tuning", () => {
    render(<ReportView report={makeReport()} cached={false} />);
    expect(fact("Key")).toHaveTextContent("C♯ minor");
    expect(fact("Key")).toHaveTextContent("Camelot 12A");
    expect(fact("Key")).toHaveTextContent("Same notes as E major.");
    expect(fact("Key")).toHaveTextContent("Tuned −12 cents from A = 440 Hz.");
  });

  it("tells loudness of each stem", () => {
    const stems = [
      makeStemReport("vocals"),
      makeStemReport("bass", { silent: true, loudness_lufs: null, true_peak_dbtp: null }),
      makeStemReport("drums", { loudness_lufs: null, clipped_samples: 1234 }),
    ];
    render(<ReportView report={makeReport({ stems })} cached={false} />);
    const rows = screen.getAllByRole("row").slice(1);
    expect(
      rows.map((row) =>
        within(row)
          .getAllByRole("cell")
          .map((cell) => cell.textContent),
      ),
    ).toEqual([
      ["−17.2 LUFS", "−1.3 dBTP"],
      ["not measured", "−1.3 dBTP"],
      ["silent", "silent"],
    ]);
    expect(fact("Loudness")).toHaveTextContent("1,234 samples were above full scale");
  });

  it("tells the residual in words and dB", () => {
    render(<ReportView report={makeReport()} cached={false} />);
    expect(fact("Quality")).toHaveTextContent("Residual −42.3 dB");
    expect(fact("Quality")).toHaveTextContent("but for a very quiet rest");
  });

  it("tells the models and their terms", () => {
    const kit = { ...makeReport().model, name: "kit", commercial_use: "Not allowed." };
    render(<ReportView report={makeReport({ kit_model: kit })} cached={false} />);
    expect(fact("Model")).toHaveTextContent("foundry_4s");
    expect(fact("Model")).toHaveTextContent("Commercial useAllowed.");
    expect(fact("Model for the drum parts")).toHaveTextContent("Not allowed.");
  });

  it("tells how long it took, on what, and that it was another run", () => {
    render(<ReportView report={makeReport({ skipped_seconds: 3 })} cached />);
    expect(fact("Time")).toHaveTextContent("10.0 s in all: 18.0 times as fast as listening.");
    expect(fact("Time")).toHaveTextContent("On cpu (openvino, fp32).");
    expect(fact("Time")).toHaveTextContent("Taken from an earlier run");
    expect(fact("Time")).toHaveTextContent("3.0 s of digital silence");
  });

  it("tells the warnings", () => {
    const warnings = [{ code: "downmixed" as const, message: "Six channels were mixed to two." }];
    render(<ReportView report={makeReport({ warnings })} cached={false} />);
    expect(screen.getByText("Six channels were mixed to two.")).toBeVisible();
  });

  it("has no accessibility violations", async () => {
    const { container } = render(<ReportView report={makeReport()} cached={false} />);
    const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });
});

describe("a report with parts missing", () => {
  it("says so instead of inventing them", () => {
    const report = makeReport({ analysis: { tempo: null, key: null }, residual_db: null });
    render(<ReportView report={report} cached={false} />);
    expect(fact("Tempo")).toHaveTextContent("No steady beat was found.");
    expect(fact("Key")).toHaveTextContent("No key was found.");
    expect(fact("Quality")).toHaveTextContent("Not measured");
    expect(screen.queryByText(/BPM|Camelot|Residual/)).toBeNull();
  });

  it("says that tempo and key were not asked for", () => {
    render(
      <ReportView report={makeReport({ analysis: null, backend: null, precision: null })} cached={false} />,
    );
    expect(screen.getByText("Tempo and key were not asked for.")).toBeVisible();
    expect(screen.getByText("On cpu.")).toBeVisible();
  });
});

describe("in words", () => {
  it("a confidence", () => {
    expect([0.95, 0.7, 0.5, 0.39].map(confidenceWord)).toEqual(["sure", "sure", "likely", "unsure"]);
  });

  it("a residual", () => {
    const words = [-80, -40, -20, -3].map(residualWords);
    expect(new Set(words).size).toBe(4);
    expect(words[0]).toBe("Played together, the stems give back the song.");
  });

  it("what the song seems to lack, unless nothing sounds at all", () => {
    const silent = (stem: "vocals" | "drums" | "bass") => makeStemReport(stem, { silent: true });
    expect(silentHint(makeReport({ stems: [silent("vocals"), makeStemReport("drums")] }))).toBe(
      "This song seems to have no vocals.",
    );
    expect(
      silentHint(makeReport({ stems: [silent("vocals"), silent("bass"), makeStemReport("drums")] })),
    ).toBe("This song seems to have no vocals or bass.");
    expect(silentHint(makeReport({ stems: [silent("vocals"), silent("drums")] }))).toBeUndefined();
    expect(silentHint(makeReport())).toBeUndefined();
  });
});
