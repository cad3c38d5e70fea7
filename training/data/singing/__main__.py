"""Speak and analyse the phrases of all voices: `python -m training.data.singing`."""

from training.data.singing.bank import FOLDER, prepare
from training.data.singing.voices import VOICES

if __name__ == "__main__":
    voices = sum(map(len, VOICES.values()))
    print(f"{prepare()} phrases of {voices} voices in {FOLDER}")
