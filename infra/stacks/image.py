"""The container's image: where it is built and where it lies."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.constructs.image_build import ImageBuild
from infra.constructs.image_repository import ImageRepository
from infra.settings import Settings


class ImageStack(cdk.Stack):
    """Deployed before the endpoint, which needs an image to exist."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, description="Stem Foundry: container image", **kwargs)
        repository = ImageRepository(self, "Image", settings=settings).repository
        build = ImageBuild(self, "Build", settings=settings, repository=repository)
        outputs = {
            "ImageRepositoryUri": repository.repository_uri,
            "ImageSourceBucketName": build.sources.bucket_name,
            "ImageBuildProjectName": build.project.project_name,
            "ImageDigestParameter": settings.image_digest_parameter,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
