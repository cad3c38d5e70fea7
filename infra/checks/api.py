"""Gateway and functions."""

from collections.abc import Iterator

from contract.edge import ORIGIN_VERIFY_HEADER
from contract.functions import FUNCTIONS
from contract.routes import ROUTES
from infra.checks.model import Check, Finding, Stacks, as_list, expect, resources, text

FUNCTION = "AWS::Lambda::Function"
LONGEST_AUTHORIZER_CACHE_SECONDS = 3600


def routes_are_guarded(stacks: Stacks) -> Iterator[Finding]:
    """Every route but the contract's public ones is behind the authorizer."""
    public = {route.key for route in ROUTES if route.public}
    deployed = resources(stacks, "AWS::ApiGatewayV2::Route")
    for missing in sorted({route.key for route in ROUTES} - {r.at("RouteKey") for r in deployed}):
        yield Finding("Api", f"has no route {missing}")
    for route in deployed:
        guarded = route.at("AuthorizationType") == "CUSTOM" and route.at("AuthorizerId")
        yield from route.must(guarded or route.at("RouteKey") in public, "may be called by anybody")


def authorizer_looks_at_every_caller(stacks: Stacks) -> Iterator[Finding]:
    """Token and origin both; no answer outlives a session."""
    yield from expect(stacks, "AWS::ApiGatewayV2::Authorizer")
    wanted = {"$request.header.Authorization", f"$request.header.{ORIGIN_VERIFY_HEADER}"}
    for authorizer in resources(stacks, "AWS::ApiGatewayV2::Authorizer"):
        sources = set(as_list(authorizer.at("IdentitySource")))
        yield from authorizer.must(sources == wanted, "keeps answers for others than who was asked about")
        kept = authorizer.at("AuthorizerResultTtlInSeconds") or 0
        yield from authorizer.must(kept <= LONGEST_AUTHORIZER_CACHE_SECONDS, "keeps answers too long")


def stage_is_bounded_and_logged(stacks: Stacks) -> Iterator[Finding]:
    """Throttles and access logs."""
    for stage in resources(stacks, "AWS::ApiGatewayV2::Stage"):
        yield from stage.must(
            stage.at("DefaultRouteSettings", "ThrottlingRateLimit"), "does not throttle requests"
        )
        tight = (stage.at("RouteSettings", "POST /v1/jobs", "ThrottlingRateLimit") or 10_000) <= 10
        yield from stage.must(tight, "does not throttle the creation of jobs")
        yield from stage.must(stage.at("AccessLogSettings", "DestinationArn"), "does not log access")


def functions_are_as_the_contract_says(stacks: Stacks) -> Iterator[Finding]:
    """Time, memory, runtime, traces and logs."""
    by_handler = {function.handler: function for function in FUNCTIONS.values()}
    functions = [f for f in resources(stacks, FUNCTION) if f.at("Handler") in by_handler]
    if len(functions) != len(by_handler):
        yield Finding("Api", "lacks functions of the contract")
    for function in functions:
        definition = by_handler[function.at("Handler")]
        yield from function.must(function.at("Runtime") == "python3.14", "runs on another Python")
        yield from function.must(function.at("Timeout") == definition.timeout_seconds, "has another timeout")
        yield from function.must(function.at("TracingConfig", "Mode") == "Active", "is not traced")
        logged = function.at("LoggingConfig", "LogFormat") == "JSON" and function.at(
            "LoggingConfig", "LogGroup"
        )
        yield from function.must(logged, "does not log as JSON to a group of its own")
        variables = text(function.at("Environment", "Variables"))
        yield from function.must(
            "resolve:secretsmanager" not in variables, "has a secret among its variables"
        )


def invokers_are_named(stacks: Stacks) -> Iterator[Finding]:
    """A service may call a function for this deployment only, not for somebody else's."""
    for permission in resources(stacks, "AWS::Lambda::Permission"):
        yield from permission.must(permission.at("SourceArn"), "lets a service call for anybody")
        yield from permission.must(permission.at("Principal") != "*", "lets everybody call")


def one_bad_message_blocks_no_other(stacks: Stacks) -> Iterator[Finding]:
    """Partial batch answers."""
    yield from expect(stacks, "AWS::Lambda::EventSourceMapping")
    for mapping in resources(stacks, "AWS::Lambda::EventSourceMapping"):
        partial = "ReportBatchItemFailures" in as_list(mapping.at("FunctionResponseTypes"))
        yield from mapping.must(partial, "sends whole batches again")


def schedules_run(stacks: Stacks) -> Iterator[Finding]:
    """Clean-up and reconciler run by themselves."""
    wanted = {f"rate({f.every_minutes} minutes)" for f in FUNCTIONS.values() if f.every_minutes}
    rules = resources(stacks, "AWS::Events::Rule")
    running = {rule.at("ScheduleExpression") for rule in rules if rule.at("State") == "ENABLED"}
    for missing in sorted(wanted - running):
        yield Finding("Api", f"runs nothing at {missing}")


CHECKS: tuple[Check, ...] = (
    routes_are_guarded,
    authorizer_looks_at_every_caller,
    stage_is_bounded_and_logged,
    functions_are_as_the_contract_says,
    invokers_are_named,
    one_bad_message_blocks_no_other,
    schedules_run,
)
