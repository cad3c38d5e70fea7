"""Where the container's images lie."""

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from infra.constructs.retention import data_removal_policy
from infra.settings import Settings

# The deployed image, and enough older ones to roll back to.
KEPT_IMAGES = 10


class ImageRepository(Construct):
    """A registry whose tags never move, scanned on push, that forgets old images.

    Its name is fixed, so that the container's role and the endpoint can name it without depending on this
    stack.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.repository = ecr.Repository(
            self,
            "Repository",
            repository_name=settings.image_repository,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            # ECR empties it itself; no function of ours is needed for that.
            empty_on_delete=not settings.retain_data,
            removal_policy=data_removal_policy(settings),
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description="Layers of builds that were interrupted",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=cdk.Duration.days(1),
                    rule_priority=1,
                ),
                ecr.LifecycleRule(
                    description=f"Everything but the last {KEPT_IMAGES} images",
                    max_image_count=KEPT_IMAGES,
                    rule_priority=2,
                ),
            ],
        )
