"""Python SDK of Stem Foundry: turn a song into its stems.

from stem_foundry import StemFoundry

with StemFoundry("http://127.0.0.1:8000") as service:
    result = service.separate("song.mp3", "stems")
"""

from contract.api import DeletionReceipt, Health, Job, ModelDescription, Upload
from contract.audio import AudioFormat, Extras, OutputOptions, Stem
from contract.errors import ErrorCode
from contract.report import Report
from contract.routes import SERVICE_VERSION
from contract.states import JobStage, JobState
from stem_foundry._client import DEFAULT_API_URL, Result, StemFoundry
from stem_foundry._downloads import DownloadedFiles
from stem_foundry._errors import (
    ApiError,
    BadInput,
    ClientErrorCode,
    JobCancelled,
    JobEnded,
    JobFailed,
    ServiceUnreachable,
    StemFoundryClientError,
    TransferFailed,
)
from stem_foundry._progress import TransferProgress
from stem_foundry._state import default_state_directory
from stem_foundry._weights import InstalledModel, download_model

__version__ = SERVICE_VERSION

__all__ = [
    "DEFAULT_API_URL",
    "ApiError",
    "AudioFormat",
    "BadInput",
    "ClientErrorCode",
    "DeletionReceipt",
    "DownloadedFiles",
    "ErrorCode",
    "Extras",
    "Health",
    "InstalledModel",
    "Job",
    "JobCancelled",
    "JobEnded",
    "JobFailed",
    "JobStage",
    "JobState",
    "ModelDescription",
    "OutputOptions",
    "Report",
    "Result",
    "ServiceUnreachable",
    "Stem",
    "StemFoundry",
    "StemFoundryClientError",
    "TransferFailed",
    "TransferProgress",
    "Upload",
    "__version__",
    "default_state_directory",
    "download_model",
]
