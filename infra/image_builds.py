"""Starting the build of the container's image, and waiting for it."""

import time
from collections.abc import Callable
from typing import Any

# EventBridge starts a build within seconds of an upload. One that has not appeared by then is started here.
START_SECONDS = 90
POLL_SECONDS = 10
_RECENT_BUILDS = 10


class ImageBuildError(Exception):
    """The image was not built; the message says where to look."""


class ImageBuilds:
    """The build project as the operator uses it.

    Args:
        s3: client for the bucket of sources.
        codebuild: client for the project.
        project: the project's name.
        sleep: waits for some seconds.
    """

    def __init__(
        self, s3: Any, codebuild: Any, project: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._s3 = s3
        self._codebuild = codebuild
        self._project = project
        self._sleep = sleep

    def build(self, bucket: str, key: str, archive: bytes, on_phase: Callable[[str], None]) -> None:
        """Upload sources, which starts a build, and wait for its end.

        Args:
            bucket: of the sources.
            key: the object whose upload starts a build.
            archive: the sources.
            on_phase: told of each phase once.

        Raises:
            ImageBuildError: the build failed.
        """
        version: str = self._s3.put_object(Bucket=bucket, Key=key, Body=archive)["VersionId"]
        build_id = self._started(version) or self._start(version)
        on_phase(f"started {build_id}")
        self._wait(build_id, on_phase)

    def _started(self, version: str) -> str | None:
        """The build that the upload of this version has started."""
        for _ in range(START_SECONDS // POLL_SECONDS):
            self._sleep(POLL_SECONDS)
            listed = self._codebuild.list_builds_for_project(projectName=self._project)
            ids = listed.get("ids", [])[:_RECENT_BUILDS]
            builds = self._codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
            for build in builds:
                if build.get("sourceVersion") == version:
                    found: str = build["id"]
                    return found
        return None

    def _start(self, version: str) -> str:
        started = self._codebuild.start_build(projectName=self._project, sourceVersion=version)
        build_id: str = started["build"]["id"]
        return build_id

    def _wait(self, build_id: str, on_phase: Callable[[str], None]) -> None:
        last = ""
        while True:
            (build,) = self._codebuild.batch_get_builds(ids=[build_id])["builds"]
            if (phase := build.get("currentPhase", "")) != last:
                last = phase
                on_phase(phase.lower())
            if build["buildStatus"] != "IN_PROGRESS":
                break
            self._sleep(POLL_SECONDS)
        if build["buildStatus"] != "SUCCEEDED":
            link = build.get("logs", {}).get("deepLink", "CodeBuild's console")
            raise ImageBuildError(f"the build {build_id} ended as {build['buildStatus']}; its log: {link}")
