"""Job status, listing and download links."""

from math import ceil
from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.limits import MAX_PAGE_SIZE
from contract.states import JobState
from lambdas import wiring
from lambdas.core.job_views import entity_tag, job_view, own_job, queue_of, sign_downloads
from lambdas.handlers.http import http_api, owner_of_caller, serve

app = http_api()


@serve(app, routes.GET_JOB)
def get_job(
    job_id: UUID, if_none_match: Annotated[str | None, Header(alias="if-none-match", max_length=256)] = None
) -> Response[api.Job | None]:
    """Report one job."""
    now = wiring.now_ms()
    limits = wiring.environment().limits
    table = wiring.table()
    record = own_job(owner_of_caller(app), str(job_id), table=table, now=now)
    view = job_view(record, limits=limits, now=now, queue=queue_of(record, table, now=now))
    tag = entity_tag(view)
    headers: dict[str, str | list[str]] = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if view.poll_after_seconds is not None:
        headers["Retry-After"] = str(ceil(view.poll_after_seconds))
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    if record.state is JobState.COMPLETED:
        downloads = sign_downloads(record, objects=wiring.objects(), limits=limits, now=now)
        view = view.model_copy(update={"downloads": downloads})
    return Response(status_code=200, content_type="application/json", body=view, headers=headers)


@serve(app, routes.LIST_JOBS)
def list_jobs(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
    cursor: Annotated[str | None, Query(pattern=r"^\d{15}#[0-9a-f-]{36}$")] = None,
    status: JobState | None = None,
) -> api.JobPage:
    """List own jobs, newest first."""
    now = wiring.now_ms()
    records, next_cursor = wiring.table().list_jobs(
        owner_of_caller(app), limit=limit, before=cursor, state=status
    )
    limits = wiring.environment().limits
    alive = [
        record for record in records if not record.state.is_final or record.retention_ends_at > now // 1000
    ]
    return api.JobPage(
        jobs=[job_view(record, limits=limits, now=now) for record in alive], next_cursor=next_cursor
    )


@serve(app, routes.CREATE_DOWNLOADS)
def create_downloads(job_id: UUID) -> api.Downloads:
    """Sign fresh links."""
    now = wiring.now_ms()
    record = own_job(owner_of_caller(app), str(job_id), table=wiring.table(), now=now)
    return sign_downloads(record, objects=wiring.objects(), limits=wiring.environment().limits, now=now)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point."""
    return app.resolve(event, context)
