"""Speak and analyse the phrases of all voices: `python -m training.data.singing`."""

import sys

from training.data.programs import ProgramError
from training.data.singing import bank
from training.data.singing.voices import VOICES


def main() -> None:
    """Run the command line."""
    try:
        count = bank.prepare()
    except ProgramError as error:
        sys.exit(f"python -m training.data.singing: {error}")
    print(f"{count} phrases of {sum(map(len, VOICES.values()))} voices in {bank.FOLDER}")


if __name__ == "__main__":
    main()
