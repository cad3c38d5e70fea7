/** Keeps the left channel of every input, with the frame of the context at which each block was heard. */
class Recorder extends AudioWorkletProcessor {
  constructor(options) {
    super(options);
    this.blocks = [];
    this.port.onmessage = () => {
      this.port.postMessage(this.blocks);
      this.blocks = [];
    };
  }

  process(inputs) {
    const lanes = inputs.map((channels) => (channels[0] ? channels[0].slice() : new Float32Array(128)));
    this.blocks.push({ frame: currentFrame, lanes });
    if (this.blocks.length > 4000) {
      this.blocks.shift();
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
