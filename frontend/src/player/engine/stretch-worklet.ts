/**
 * The stretcher's side in the audio thread: the package's own processor, mended.
 *
 * Release 1.3.2 reads past the end of its input where one buffer ends and the next begins, and then falls silent for
 * good. So it is shown one buffer at a time: exactly the samples that it is going to read.
 */
import "./stretch-worklet-mending";
import "signalsmith-stretch";
