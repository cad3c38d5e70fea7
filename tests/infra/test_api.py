import json

import pytest

from contract.environment import LambdaEnvironment
from contract.functions import FUNCTIONS, FunctionName
from contract.limits import Limits
from contract.routes import ROUTES

FUNCTION = "AWS::Lambda::Function"


@pytest.fixture(scope="session")
def functions(api):
    """Logical id and properties by function name, as the handler tells it."""
    return {
        FunctionName(p["Handler"].split(".")[-2]): (logical_id, p)
        for logical_id, p in api.of_type(FUNCTION).items()
    }


# --- routes ---


def route(api, key):
    (found,) = [r for r in api.of_type("AWS::ApiGatewayV2::Route").values() if r["RouteKey"] == key]
    return found


def test_the_gateway_has_exactly_the_contracts_routes(api):
    deployed = [r["RouteKey"] for r in api.of_type("AWS::ApiGatewayV2::Route").values()]
    assert sorted(deployed) == sorted(r.key for r in ROUTES)


@pytest.mark.parametrize("expected", ROUTES, ids=lambda r: r.name)
def test_route_reaches_its_function(api, functions, expected):
    target = api.render(route(api, expected.key)["Target"])
    integration_id = target.removeprefix("integrations/<").removesuffix(">")
    integration = api.of_type("AWS::ApiGatewayV2::Integration")[integration_id]
    assert integration["IntegrationType"] == "AWS_PROXY"
    assert integration["PayloadFormatVersion"] == "2.0"
    logical_id, _ = functions[expected.function]
    assert api.render(integration["IntegrationUri"]) == f"<{logical_id}.Arn>"


def test_functions_share_one_integration_each(api):
    assert len(api.of_type("AWS::ApiGatewayV2::Integration")) == len({r.function for r in ROUTES})


@pytest.mark.parametrize("expected", ROUTES, ids=lambda r: r.name)
def test_every_route_but_the_public_ones_is_behind_the_authorizer(api, expected):
    deployed = route(api, expected.key)
    (authorizer,) = api.of_type("AWS::ApiGatewayV2::Authorizer")
    if expected.public:
        assert deployed["AuthorizationType"] == "NONE"
        assert "AuthorizerId" not in deployed
    else:
        assert deployed["AuthorizationType"] == "CUSTOM"
        assert api.render(deployed["AuthorizerId"]) == f"<{authorizer}>"


def test_public_routes_are_the_known_few():
    assert {r.key for r in ROUTES if r.public} == {
        "POST /v1/sessions",
        "GET /v1/models",
        "GET /v1/health",
        "GET /v1/openapi.json",
        "GET /v1/docs",
    }


def test_authorizer(api, functions):
    authorizer = api.only("AWS::ApiGatewayV2::Authorizer")
    assert authorizer["AuthorizerType"] == "REQUEST"
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"
    assert authorizer["EnableSimpleResponses"] is True
    assert authorizer["IdentitySource"] == [
        "$request.header.Authorization",
        "$request.header.x-origin-verify",
    ]
    assert authorizer["AuthorizerResultTtlInSeconds"] == 300
    logical_id, _ = functions[FunctionName.AUTHORIZE]
    assert api.render(authorizer["AuthorizerUri"]) == (
        "arn:<AWS::Partition>:apigateway:<AWS::Region>:lambda:path/2015-03-31/functions/"
        f"<{logical_id}.Arn>/invocations"
    )


def test_an_authorizers_answer_is_not_kept_longer_than_a_token_lives(api):
    assert api.only("AWS::ApiGatewayV2::Authorizer")["AuthorizerResultTtlInSeconds"] <= 3600


# --- stage ---


def test_throttles(api):
    stage = api.only("AWS::ApiGatewayV2::Stage")
    assert stage["StageName"] == "$default"
    assert stage["AutoDeploy"] is True
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 20, "ThrottlingBurstLimit": 30}
    tight = {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 10}
    wide = {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}
    assert stage["RouteSettings"] == {
        "POST /v1/sessions": tight,
        "POST /v1/uploads": tight,
        "POST /v1/jobs": tight,
        "POST /v1/uploads/{upload_id}/parts": wide,
        "GET /v1/uploads/{upload_id}/parts": wide,
        "GET /v1/jobs/{job_id}": wide,
        "POST /v1/jobs/{job_id}/downloads": wide,
    }


def test_stage_waits_for_the_routes_its_settings_name(api):
    (stage,) = [r for r in api.body["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Stage"]
    assert set(stage["DependsOn"]) == set(api.of_type("AWS::ApiGatewayV2::Route"))


def test_access_logs_are_json(api):
    settings = api.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]
    fields = json.loads(settings["Format"])
    assert {"requestId", "routeKey", "status", "responseLatency", "integrationError"} <= fields.keys()
    assert all(value.startswith("$context.") for value in fields.values())
    assert "AccessLogs" in api.render(settings["DestinationArn"])


def test_cors_is_limited_to_the_site(api, settings):
    assert api.only("AWS::ApiGatewayV2::Api")["CorsConfiguration"] == {
        "AllowOrigins": list(settings.site_origins),
        "AllowMethods": ["DELETE", "GET", "POST"],
        "AllowHeaders": ["authorization", "content-type", "idempotency-key", "if-none-match"],
        "ExposeHeaders": ["etag", "retry-after", "location", "x-request-id"],
        "MaxAge": 3600,
    }


# --- functions ---


def test_every_function_of_the_contract_exists(api):
    handlers = [p["Handler"] for p in api.of_type(FUNCTION).values()]
    assert sorted(handlers) == sorted(f.handler for f in FUNCTIONS.values())


@pytest.mark.parametrize("name", FunctionName)
def test_function(api, functions, name):
    _, properties = functions[name]
    assert properties["Runtime"] == "python3.14"
    assert properties["Architectures"] == ["arm64"]
    assert properties["Timeout"] == FUNCTIONS[name].timeout_seconds
    assert properties["MemorySize"] == FUNCTIONS[name].memory_mb
    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert [api.render(layer) for layer in properties["Layers"]] == ["<PowertoolsLayer>"]
    logging = properties["LoggingConfig"]
    assert logging["LogFormat"] == "JSON"
    group = api.render(logging["LogGroup"]).strip("<>")
    assert api.of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] == 30


def test_functions_share_neither_logs_nor_roles(functions):
    properties = [p for _, p in functions.values()]
    assert len({json.dumps(p["LoggingConfig"]) for p in properties}) == len(FUNCTIONS)
    assert len({json.dumps(p["Role"]) for p in properties}) == len(FUNCTIONS)


@pytest.mark.parametrize("name", FunctionName)
def test_function_reads_its_environment(api, functions, name):
    _, properties = functions[name]
    variables = {key: api.render(value) for key, value in properties["Environment"]["Variables"].items()}
    assert variables.pop("POWERTOOLS_SERVICE_NAME") == name
    assert variables.pop("POWERTOOLS_LOG_LEVEL") == "INFO"
    environment = LambdaEnvironment.from_environ(variables)
    assert environment.to_environ() == variables
    assert environment.table_name.startswith("<JobsTable")
    assert environment.audio_bucket.startswith("<AudioBucket")
    assert environment.endpoint_name == "stem-foundry-prod"
    assert environment.limits == Limits()
    knows_the_secret = name in {FunctionName.AUTHORIZE, FunctionName.SESSION}
    assert (environment.signing_secret_arn is not None) == knows_the_secret
    assert (environment.origin_secret_arn is not None) == knows_the_secret


def test_on_one_machine_there_is_no_distribution_to_come_through(local_templates):
    local = local_templates["Api"]
    assert local.only("AWS::ApiGatewayV2::Authorizer")["IdentitySource"] == ["$request.header.Authorization"]
    assert not local.of_type("AWS::SecretsManager::Secret")
    for function in local.of_type(FUNCTION).values():
        assert "ORIGIN_SECRET_ARN" not in function["Environment"]["Variables"]


def test_layer_is_a_parameter_with_a_stable_name(api):
    assert api.body["Parameters"]["PowertoolsLayer"]["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert api.body["Parameters"]["PowertoolsLayer"]["Default"] == (
        "/aws/service/powertools/python/arm64/python3.14/latest"
    )


def test_schedules(api, functions):
    scheduled = {
        api.render(rule["Targets"][0]["Arn"]): rule["ScheduleExpression"]
        for rule in api.of_type("AWS::Events::Rule").values()
    }
    assert scheduled == {
        f"<{functions[name][0]}.Arn>": f"rate({function.every_minutes} minutes)"
        for name, function in FUNCTIONS.items()
        if function.every_minutes
    }
    assert set(scheduled.values()) == {"rate(15 minutes)", "rate(5 minutes)"}


def test_results_are_read_with_partial_batch_answers(api, functions):
    mapping = api.only("AWS::Lambda::EventSourceMapping")
    assert "ResultQueue" in api.render(mapping["EventSourceArn"])
    assert api.render(mapping["FunctionName"]) == f"<{functions[FunctionName.RESULT][0]}>"
    assert mapping["BatchSize"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "MaximumBatchingWindowInSeconds" not in mapping


def test_only_services_with_a_reason_may_invoke_a_function(api, functions):
    names = {logical_id: name for name, (logical_id, _) in functions.items()}
    invokers = sorted(
        (names[api.render(p["FunctionName"]).strip("<>").removesuffix(".Arn")], p["Principal"])
        for p in api.of_type("AWS::Lambda::Permission").values()
    )
    routed = {r.function for r in ROUTES} | {FunctionName.AUTHORIZE}
    expected = [(name, "apigateway.amazonaws.com") for name in routed]
    expected += [(name, "events.amazonaws.com") for name, f in FUNCTIONS.items() if f.every_minutes]
    assert invokers == sorted(expected)
    assert all(p["SourceArn"] for p in api.of_type("AWS::Lambda::Permission").values())


def test_outputs(api):
    functions = {f"Function{name.capitalize()}" for name in FunctionName}
    named = {name for name in api.body["Outputs"] if not name.startswith("ExportsOutput")}
    assert named == {"ApiId", "ApiUrl", "EndpointName", "OriginSecretArn"} | functions
    assert api.output("EndpointName") == "stem-foundry-prod"
    assert api.output("FunctionReconcile").startswith("<FunctionsReconcileFunction")
