"""The upload routes."""

from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.records import UploadRecord
from lambdas import wiring
from lambdas.core import uploads
from lambdas.core.ports import DispatchError
from lambdas.core.prewarming import Prewarmer
from lambdas.handlers.http import http_api, owner_of_caller, serve

logger = Logger()
app = http_api()


def _own(upload_id: UUID) -> UploadRecord:
    return uploads.own_upload(owner_of_caller(app), str(upload_id), table=wiring.table(), now=wiring.now_ms())


@serve(app, routes.CREATE_UPLOAD)
def create_upload(body: api.CreateUpload) -> api.Upload:
    """Announce a file."""
    owner = owner_of_caller(app)
    upload = uploads.create_upload(
        owner,
        body,
        table=wiring.table(),
        objects=wiring.objects(),
        limits=wiring.environment().limits,
        now=wiring.now_ms(),
    )
    if prewarmer := wiring.prewarmer():
        _prewarm(prewarmer, owner)
    return upload


def _prewarm(prewarmer: Prewarmer, owner: str) -> None:
    """Ask for an instance; an endpoint that refuses costs the user a wait, not the upload."""
    try:
        if prewarmer.prewarm(owner, now=wiring.now_ms()):
            logger.info("an instance was asked for ahead of the job")
    except DispatchError as error:
        logger.warning("no instance could be asked for ahead of the job", extra={"reason": str(error)})


@serve(app, routes.SIGN_PARTS)
def sign_parts(upload_id: UUID, body: api.SignParts) -> api.SignedParts:
    """Sign links for parts."""
    return uploads.sign_parts(
        _own(upload_id),
        body.part_numbers,
        objects=wiring.objects(),
        limits=wiring.environment().limits,
        now=wiring.now_ms(),
    )


@serve(app, routes.LIST_PARTS)
def list_parts(upload_id: UUID) -> api.UploadedParts:
    """List what has arrived."""
    return uploads.list_parts(_own(upload_id), objects=wiring.objects())


@serve(app, routes.COMPLETE_UPLOAD)
def complete_upload(upload_id: UUID, body: api.CompleteUpload | None = None) -> api.Upload:
    """Verify and close."""
    return uploads.complete_upload(_own(upload_id), body, table=wiring.table(), objects=wiring.objects())


@serve(app, routes.ABORT_UPLOAD)
def abort_upload(upload_id: UUID) -> api.Upload:
    """Give up."""
    return uploads.abort_upload(_own(upload_id), table=wiring.table(), objects=wiring.objects())


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point."""
    return app.resolve(event, context)
