"""The service that the browser tests and the screenshots run against: ports and state of its own."""

from pathlib import Path

from contract.limits import Limits
from local.settings import LocalSettings
from tests.local.kit_model import register_kit_model
from tests.local.ports import settings_on_free_ports

_LIMITS = Limits(
    lease_seconds=4,
    dispatch_grace_seconds=0,
    max_sessions_per_address_per_hour=10_000,
)


def browser_settings(folder: Path) -> LocalSettings:
    """Settings of a service that keeps everything in this folder and can split drums."""
    models = folder / "models"
    models.mkdir()
    return settings_on_free_ports(
        folder / "state",
        limits=_LIMITS,
        model_directory=models,
        model_catalogue=register_kit_model(models),
    )
