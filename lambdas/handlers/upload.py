"""The upload routes."""

from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.records import UploadRecord
from lambdas import wiring
from lambdas.core import uploads
from lambdas.handlers.http import http_api, owner_of_caller, serve

app = http_api()


def _own(upload_id: UUID) -> UploadRecord:
    return uploads.own_upload(owner_of_caller(app), str(upload_id), table=wiring.table(), now=wiring.now_ms())


@serve(app, routes.CREATE_UPLOAD)
def create_upload(body: api.CreateUpload) -> api.Upload:
    """Announce a file."""
    return uploads.create_upload(
        owner_of_caller(app),
        body,
        table=wiring.table(),
        objects=wiring.objects(),
        limits=wiring.environment().limits,
        now=wiring.now_ms(),
    )


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
