import { type StretchProcessor, windowOf } from "./stretch-window";

type ProcessorClass = new (options: unknown) => StretchProcessor;

declare const sampleRate: number;
declare const currentTime: number;
declare let registerProcessor: (name: string, processor: ProcessorClass) => void;

const register = registerProcessor;

registerProcessor = (name, Original) => {
  class Mended extends Original {
    override process(inputs: unknown, outputs: unknown, parameters: unknown): boolean {
      const window = windowOf(this, currentTime, sampleRate);
      if (!window) {
        return super.process(inputs, outputs, parameters);
      }
      const { audioBuffers, audioBuffersStart } = this;
      this.audioBuffers = [window.channels];
      this.audioBuffersStart = window.start;
      try {
        return super.process(inputs, outputs, parameters);
      } finally {
        this.audioBuffers = audioBuffers;
        this.audioBuffersStart = audioBuffersStart;
      }
    }
  }
  // Other processors of the same audio context are none of this module's business.
  registerProcessor = register;
  register(name, Mended);
};
