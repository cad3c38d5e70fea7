"""``prices.toml`` as a typed table."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_PATH = Path(__file__).with_name("prices.toml")


class Price(BaseModel):
    """One list price, where it comes from, and how it was checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd: float = Field(ge=0)
    checked: Literal["secondary", "memory"]
    source: str = Field(pattern=r"^https://")


class Prices(BaseModel):
    """All prices of one day and region.

    ``instance_hour`` by instance type, ``usage`` by what is counted, ``monthly`` by what stands there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    region: str
    instance_hour: dict[str, Price]
    usage: dict[str, Price]
    monthly: dict[str, Price]

    @classmethod
    def load(cls, path: Path = DEFAULT_PATH) -> "Prices":
        """Read the table.

        Raises:
            OSError, tomllib.TOMLDecodeError, pydantic.ValidationError: naming what is wrong.
        """
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
