"""Where the benchmarks of the engine keep what they generate; not under version control."""

from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parents[1] / ".data"
WEIGHTS: Final = DATA / "weights"
CATALOGUE: Final = WEIGHTS / "catalogue.json"
