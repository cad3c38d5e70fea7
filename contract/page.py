"""What the web page is told by whoever serves it (``/config.json``)."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contract.limits import Limits
from contract.routes import SERVICE_VERSION

CONFIGURATION_FILE = "config.json"

ISOLATION_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every file of the page: devices it never asks for, and no ties to other sites."""


def content_security_policy(storage: str) -> str:
    """What the page may load: its own files, and audio from where presigned links lead.

    WebAssembly is the pitch and tempo processing of the player, a file of its own host like all others.

    Args:
        storage: sources of the object store, separated by spaces.
    """
    directives = {
        "default-src": "'none'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "style-src": "'self'",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": f"'self' blob: {storage}",
        "connect-src": f"'self' {storage}",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


class PageConfiguration(BaseModel):
    """Read by the page when it starts, so that one build serves every deployment."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True)

    api_url: str = Field("", description="Origin of the API; empty: the host that served the page.")
    auth_mode: str = Field("anonymous", description="How a caller is known; anonymous: by a session.")
    environment: str
    version: str = SERVICE_VERSION
    max_upload_bytes: int = Field(description="Largest file that is accepted.")
    max_duration_seconds: int = Field(description="Longest decoded audio that is accepted.")
    default_retention_hours: int = Field(description="When a job is removed, unless it asked otherwise.")
    max_retention_hours: int
    cold_start_seconds: int = Field(description="Typical time from no GPU to a ready one.")

    @classmethod
    def of(cls, limits: Limits, *, environment: str, auth_mode: str = "anonymous") -> "PageConfiguration":
        """The configuration of a deployment with these limits."""
        shared = cls.model_fields.keys() & Limits.model_fields.keys()
        return cls(environment=environment, auth_mode=auth_mode, **limits.model_dump(include=set(shared)))
