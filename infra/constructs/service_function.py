"""One Lambda function with everything that belongs to it alone: role, log group, schedule."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contract.environment import LambdaEnvironment
from contract.functions import Function
from infra.acknowledgements import acknowledge_wildcards
from infra.constructs.log_groups import log_group
from infra.permissions import Resources, function_statements
from infra.settings import Settings

# Lambda's own names for the levels of Python's logging.
_LAMBDA_LEVELS = {
    "DEBUG": lambda_.ApplicationLogLevel.DEBUG,
    "INFO": lambda_.ApplicationLogLevel.INFO,
    "WARNING": lambda_.ApplicationLogLevel.WARN,
    "ERROR": lambda_.ApplicationLogLevel.ERROR,
}


class ServiceFunction(Construct):
    """A function from the contract, under a role of its own that is written by hand."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: Function,
        environment: LambdaEnvironment,
        code: lambda_.Code,
        layer: lambda_.ILayerVersion,
        resources: Resources,
        settings: Settings,
    ) -> None:
        super().__init__(scope, construct_id)
        own_logs = log_group(self, "Logs", settings=settings)
        statements = function_statements(
            definition.name, resources, own_logs.log_group_arn, prewarm=settings.prewarm != "off"
        )
        role = iam.Role(
            self,
            "Role",
            description=definition.description,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"permissions": iam.PolicyDocument(statements=statements)},
        )
        acknowledge_wildcards(role, statements)
        self.function = lambda_.Function(
            self,
            "Function",
            description=definition.description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=definition.handler,
            code=code,
            layers=[layer],
            timeout=cdk.Duration.seconds(definition.timeout_seconds),
            memory_size=definition.memory_mb,
            environment=environment.to_environ()
            | {
                "POWERTOOLS_SERVICE_NAME": str(definition.name),
                "POWERTOOLS_LOG_LEVEL": settings.log_level,
            },
            # Whatever CDK would add to the role is in it already.
            role=role.without_policy_updates(),
            log_group=own_logs,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=_LAMBDA_LEVELS[settings.log_level],
            tracing=lambda_.Tracing.ACTIVE,
        )
        if definition.every_minutes is not None:
            events.Rule(
                self,
                "Schedule",
                description=f"Runs {definition.name} every {definition.every_minutes} minutes",
                schedule=events.Schedule.rate(cdk.Duration.minutes(definition.every_minutes)),
                targets=[targets.LambdaFunction(self.function)],
            )
