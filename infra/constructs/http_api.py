"""The HTTP API: the contract's routes, with authorizer, throttles, CORS and access logs."""

import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contract import routes
from contract.edge import ORIGIN_VERIFY_HEADER
from contract.functions import FunctionName
from contract.routes import DEFAULT_THROTTLE, ROUTES, Route, Throttle
from infra.acknowledgements import acknowledge
from infra.constructs.log_groups import log_group
from infra.settings import Settings

STAGE = "$default"
AUTHORIZER_CACHE_SECONDS = 300

_ALLOWED_HEADERS = ["authorization", "content-type", "idempotency-key", "if-none-match"]
_EXPOSED_HEADERS = ["etag", "retry-after", "location", "x-request-id"]

# Why a route may be called without a token; a public route that is not listed is a finding.
_PUBLIC_REASONS = {
    routes.CREATE_SESSION.name: "Issues the tokens; limited by address and by its throttle.",
    routes.LIST_MODELS.name: "Public catalogue, the same for everybody.",
    routes.GET_HEALTH.name: "Health check, tells nothing about anybody.",
    routes.GET_OPENAPI.name: "Public documentation.",
    routes.GET_DOCS.name: "Public documentation.",
}

_ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "sourceIp": "$context.identity.sourceIp",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
    "error": "$context.error.message",
}


class HttpApi(Construct):
    """Every route of the contract; all but the public ones behind the token authorizer."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        functions: Mapping[FunctionName, lambda_.IFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.CfnApi(
            self,
            "Api",
            name=f"stem-foundry-{settings.environment}",
            description="Stem Foundry",
            protocol_type="HTTP",
            cors_configuration=_cors(settings),
        )
        self._functions = functions
        self._authorizer = self._add_authorizer(functions[FunctionName.AUTHORIZE], settings)
        self._integrations = {
            name: self._add_integration(name)
            for name in sorted({route.function for route in ROUTES}, key=str)
        }
        added = [self._add_route(route) for route in ROUTES]
        stage = self._add_stage(settings)
        # The stage's per-route settings are refused while a route they name does not exist.
        for route in added:
            stage.add_resource_dependency(route)

    @property
    def url(self) -> str:
        """Base URL, without a trailing slash."""
        return self.api.attr_api_endpoint

    def _execution_arn(self, resource_name: str) -> str:
        return cdk.Stack.of(self).format_arn(
            service="execute-api", resource=self.api.ref, resource_name=resource_name
        )

    def _add_authorizer(self, function: lambda_.IFunction, settings: Settings) -> apigateway.CfnAuthorizer:
        stack = cdk.Stack.of(self)
        identity = ["Authorization"] if settings.is_local else ["Authorization", ORIGIN_VERIFY_HEADER]
        authorizer = apigateway.CfnAuthorizer(
            self,
            "Authorizer",
            api_id=self.api.ref,
            name="token",
            authorizer_type="REQUEST",
            authorizer_uri=stack.format_arn(
                service="apigateway",
                account="lambda",
                resource="path/2015-03-31/functions",
                resource_name=f"{function.function_arn}/invocations",
            ),
            authorizer_payload_format_version="2.0",
            enable_simple_responses=True,
            # All of them have to be there, and an answer is kept for their combination.
            identity_source=[f"$request.header.{name}" for name in identity],
            authorizer_result_ttl_in_seconds=AUTHORIZER_CACHE_SECONDS,
        )
        lambda_.CfnPermission(
            self,
            "AuthorizerPermission",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=self._execution_arn(f"authorizers/{authorizer.ref}"),
        )
        return authorizer

    def _add_integration(self, name: FunctionName) -> apigateway.CfnIntegration:
        function = self._functions[name]
        label = name.capitalize()
        lambda_.CfnPermission(
            self,
            f"{label}Permission",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=self._execution_arn("*/*"),
        )
        return apigateway.CfnIntegration(
            self,
            f"{label}Integration",
            api_id=self.api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function_arn,
            payload_format_version="2.0",
        )

    def _add_route(self, route: Route) -> apigateway.CfnRoute:
        label = "".join(word.capitalize() for word in route.name.split("_"))
        resource = apigateway.CfnRoute(
            self,
            f"{label}Route",
            api_id=self.api.ref,
            route_key=route.key,
            operation_name=route.name,
            target=f"integrations/{self._integrations[route.function].ref}",
            authorization_type="NONE" if route.public else "CUSTOM",
            authorizer_id=None if route.public else self._authorizer.ref,
        )
        if reason := _PUBLIC_REASONS.get(route.name):
            acknowledge(resource, "APIG4", reason)
        return resource

    def _add_stage(self, settings: Settings) -> apigateway.CfnStage:
        access_logs = log_group(self, "AccessLogs", settings=settings)
        return apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.ref,
            stage_name=STAGE,
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=access_logs.log_group_arn, format=json.dumps(_ACCESS_LOG_FIELDS)
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=DEFAULT_THROTTLE.rate, throttling_burst_limit=DEFAULT_THROTTLE.burst
            ),
            route_settings={route.key: _throttling(route.throttle) for route in ROUTES if route.throttle},
        )


def _throttling(throttle: Throttle) -> dict[str, int]:
    return {"ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst}


def _cors(settings: Settings) -> apigateway.CfnApi.CorsProperty:
    return apigateway.CfnApi.CorsProperty(
        allow_origins=list(settings.site_origins),
        allow_methods=sorted({route.method for route in ROUTES}),
        allow_headers=_ALLOWED_HEADERS,
        expose_headers=_EXPOSED_HEADERS,
        max_age=3600,
    )
