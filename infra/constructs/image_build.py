"""Builds the container's image in CodeBuild, from sources that are uploaded to S3.

An upload starts the build, whoever made it; `python -m infra.deploy` uploads and waits. The build writes the
digest of what it has pushed, tested and scanned to an SSM parameter. That parameter is not a resource of this
stack: it belongs to the build, and a deployment before the first build fails because it is missing, instead
of deploying a placeholder.
"""

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledgements import acknowledge, acknowledge_wildcards
from infra.constructs.log_groups import log_group
from infra.permissions import BuildResources, build_statements, start_statements
from infra.settings import Settings

SOURCE_KEY = "source.zip"
BUILDSPEC = "buildspec.yml"
_KEPT_SOURCE_DAYS = 30
_BUILD_MINUTES = 90
_QUEUED_MINUTES = 60


class ImageBuild(Construct):
    """Source bucket, project, role and trigger."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, repository: ecr.Repository
    ) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="Sources and builds of the Stem Foundry image",
            enable_key_rotation=True,
            # Encrypts nothing that could not be built again.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.sources = self._source_bucket()
        self.project = self._project(settings, repository)
        self._build_on_upload()

    def _source_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Sources",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(_KEPT_SOURCE_DAYS),
                    noncurrent_version_expiration=cdk.Duration.days(_KEPT_SOURCE_DAYS),
                )
            ],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # CDK's own switch for this is a custom resource with a function; CloudFormation has a property.
        resource = bucket.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError("the bucket has no CloudFormation resource")
        resource.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", value=True
        )
        acknowledge(bucket, "S1", "Holds source code on its way into a build, written by operators alone.")
        return bucket

    def _project(self, settings: Settings, repository: ecr.Repository) -> codebuild.Project:
        logs = log_group(self, "Logs", settings=settings)
        stack = cdk.Stack.of(self)
        statements = build_statements(
            BuildResources(
                logs=logs.log_group_arn,
                sources=self.sources.bucket_arn,
                source_object=self.sources.arn_for_objects(SOURCE_KEY),
                key=self.key.key_arn,
                repository=repository.repository_arn,
                digest_parameter=stack.format_arn(
                    service="ssm", resource="parameter", resource_name=settings.image_digest_parameter[1:]
                ),
            )
        )
        role = iam.Role(
            self,
            "Role",
            description="Builds, scans and pushes the container's image",
            assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"),
            inline_policies={"permissions": iam.PolicyDocument(statements=statements)},
        )
        acknowledge_wildcards(role, statements)
        variables = {
            "REPOSITORY_NAME": repository.repository_name,
            "REPOSITORY_URI": repository.repository_uri,
            "DIGEST_PARAMETER": settings.image_digest_parameter,
            "MODELS": " ".join(settings.models),
        }
        return codebuild.Project(
            self,
            "Project",
            description="Builds the Stem Foundry container",
            source=codebuild.Source.s3(bucket=self.sources, path=SOURCE_KEY),
            build_spec=codebuild.BuildSpec.from_source_filename(BUILDSPEC),
            environment=codebuild.BuildEnvironment(
                build_image=codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5,
                compute_type=codebuild.ComputeType.LARGE,
                # Needed to run a container engine inside the build.
                privileged=True,
            ),
            environment_variables={
                name: codebuild.BuildEnvironmentVariable(value=value) for name, value in variables.items()
            },
            encryption_key=self.key,
            # Whatever CDK would add to the role is in it already.
            role=role.without_policy_updates(),
            grant_report_group_permissions=False,
            logging=codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=logs)),
            timeout=cdk.Duration.minutes(_BUILD_MINUTES),
            queued_timeout=cdk.Duration.minutes(_QUEUED_MINUTES),
            # Two builds at once would race for the digest parameter.
            concurrent_build_limit=1,
        )

    def _build_on_upload(self) -> None:
        starter = iam.Role(
            self,
            "StarterRole",
            description="Starts the build of the container's image",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
            inline_policies={
                "permissions": iam.PolicyDocument(statements=start_statements(self.project.project_arn))
            },
        )
        events.Rule(
            self,
            "OnUpload",
            description="Builds the container's image when its sources are uploaded",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [self.sources.bucket_name]},
                    "object": {"key": [SOURCE_KEY]},
                },
            ),
            targets=[
                targets.CodeBuildProject(
                    self.project,
                    event_role=starter.without_policy_updates(),
                    # The version that was uploaded, whatever comes after it.
                    event=events.RuleTargetInput.from_object(
                        {"sourceVersion": events.EventField.from_path("$.detail.object.version-id")}
                    ),
                )
            ],
        )
