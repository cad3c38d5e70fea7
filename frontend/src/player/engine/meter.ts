import type { Level } from "./types";

/** 23 ms at 44.1 kHz: a little more than what passes between two frames of the screen. */
const METER_SAMPLES = 1024;

/** Measures both channels of a signal: an analyser alone would mix them to one, and hide what is panned. */
export class Meter {
  readonly input: ChannelSplitterNode;
  private readonly analysers: AnalyserNode[];
  private readonly samples = new Float32Array(METER_SAMPLES);

  /** @param scale what the samples are multiplied by, for display. */
  constructor(
    context: BaseAudioContext,
    private readonly scale: number,
  ) {
    this.input = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    this.analysers = [0, 1].map((channel) => {
      const analyser = new AnalyserNode(context, { fftSize: METER_SAMPLES });
      this.input.connect(analyser, channel);
      return analyser;
    });
  }

  read(): Level {
    let peak = 0;
    let energy = 0;
    for (const analyser of this.analysers) {
      analyser.getFloatTimeDomainData(this.samples);
      for (const sample of this.samples) {
        peak = Math.max(peak, Math.abs(sample));
        energy += sample * sample;
      }
    }
    return {
      peak: peak * this.scale,
      rms: Math.sqrt(energy / (this.analysers.length * METER_SAMPLES)) * this.scale,
    };
  }
}
