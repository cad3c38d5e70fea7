"""All Lambda functions of the contract, and the queue that feeds one of them."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contract.environment import LambdaEnvironment
from contract.functions import FUNCTIONS, FunctionName
from infra.constructs.service_function import ServiceFunction
from infra.lambda_asset import stage_lambda_code
from infra.permissions import Resources
from infra.settings import Settings

RESULT_BATCH_SIZE = 10

# Nobody else learns where the keys lie that sign tokens and that the distribution shows.
SIGNING_FUNCTIONS = frozenset({FunctionName.AUTHORIZE, FunctionName.SESSION})


class Functions(Construct):
    """One `ServiceFunction` for each function of the contract."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        environment: LambdaEnvironment,
        resources: Resources,
    ) -> None:
        super().__init__(scope, construct_id)
        # A template parameter, resolved when the stack is deployed, so that synthesis looks nothing up. Its
        # logical id is fixed: a place without AWS's public parameters overrides it by that name.
        powertools = cdk.CfnParameter(
            cdk.Stack.of(self),
            "PowertoolsLayer",
            type="AWS::SSM::Parameter::Value<String>",
            default=settings.powertools_layer_parameter,
            description="SSM parameter that holds the ARN of the Powertools for AWS Lambda (Python) layer",
        )
        layer = lambda_.LayerVersion.from_layer_version_arn(self, "Powertools", powertools.value_as_string)
        code = lambda_.Code.from_asset(str(stage_lambda_code()))
        self.by_name: dict[FunctionName, lambda_.Function] = {
            name: ServiceFunction(
                self,
                name.capitalize(),
                definition=definition,
                environment=_environment_of(name, environment),
                code=code,
                layer=layer,
                resources=resources,
                settings=settings,
            ).function
            for name, definition in FUNCTIONS.items()
        }
        lambda_.CfnEventSourceMapping(
            self,
            "Results",
            event_source_arn=resources.result_queue,
            function_name=self.by_name[FunctionName.RESULT].function_name,
            batch_size=RESULT_BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
        )


def _environment_of(name: FunctionName, environment: LambdaEnvironment) -> LambdaEnvironment:
    """What one function is told."""
    withheld: dict[str, None] = {}
    if name not in SIGNING_FUNCTIONS:
        withheld |= {"signing_secret_arn": None, "origin_secret_arn": None}
    if name is not FunctionName.UPLOAD:
        withheld |= {"prewarm": None}
    return environment.model_copy(update=withheld)
