"""Answers in place of the API's job routes, so that a view can be shown without waiting for a worker."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from playwright.sync_api import BrowserContext, Page, Route

from contract.api import DeletionReceipt, Job, JobPage, Problem
from contract.errors import ErrorCode

_LIST = re.compile(r"/v1/jobs(\?.*)?$")
_JOB = re.compile(r"/v1/jobs/([0-9a-f-]{36})(/\w+)?$")


class FakeJobs:
    """The jobs of an owner; a test may change them while the page looks.

    Sessions, models and uploads stay those of the running service.

    Args:
        target: the page or context whose requests are answered.
        jobs: newest first.
    """

    def __init__(self, target: BrowserContext | Page, jobs: Iterable[Job] = ()) -> None:
        self.jobs = {str(job.job_id): job for job in jobs}
        self.deleted: list[str] = []
        target.route(_LIST, self._list)
        target.route(_JOB, self._one)

    def set(self, job: Job) -> None:
        """Add or replace a job."""
        self.jobs[str(job.job_id)] = job

    def _list(self, route: Route) -> None:
        if route.request.method == "GET":
            _answer(route, JobPage(jobs=list(self.jobs.values())))
        else:
            route.fallback()

    def _one(self, route: Route) -> None:
        found = _JOB.search(route.request.url)
        identifier, action = found.groups() if found else ("", None)
        job = self.jobs.get(identifier)
        if job is None:
            _refuse(route, 404, ErrorCode.JOB_NOT_FOUND, "There is no such job.")
        elif job.downloads is None and job.retention_ends_at < datetime.now(UTC):
            _refuse(route, 410, ErrorCode.JOB_EXPIRED, "The job's retention has ended.")
        elif route.request.method == "DELETE":
            self._delete(route, job)
        elif action == "/cancel":
            job = job.model_copy(update={"cancel_requested": True})
            self.set(job)
            _answer(route, job, status=202)
        elif action == "/downloads" and job.downloads:
            _answer(route, job.downloads)
        else:
            _answer(route, job)

    def _delete(self, route: Route, job: Job) -> None:
        del self.jobs[str(job.job_id)]
        self.deleted.append(str(job.job_id))
        receipt = DeletionReceipt(
            job_id=job.job_id,
            deleted_at=datetime.now(UTC),
            objects_removed=11,
            bytes_removed=48_000_000,
            upload_removed=True,
            still_stopping=False,
        )
        _answer(route, receipt)


def _answer(route: Route, body: Job | JobPage | DeletionReceipt | object, *, status: int = 200) -> None:
    content = body.model_dump_json() if hasattr(body, "model_dump_json") else json.dumps(body)
    route.fulfill(status=status, content_type="application/json", body=content)


def _refuse(route: Route, status: int, code: ErrorCode, detail: str) -> None:
    problem = Problem(type="about:blank", title=detail, status=status, detail=detail, code=code)
    route.fulfill(status=status, content_type="application/problem+json", body=problem.model_dump_json())
