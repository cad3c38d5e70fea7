import json

import pytest

from infra.settings import DEVELOPMENT_ORIGINS, Settings, SettingsError

SITE = {"site_origins": ["https://stems.example"]}


def test_nothing_given_is_a_disposable_development_environment():
    settings = Settings.from_context(None)
    assert settings.environment == "dev"
    assert settings.site_origins == DEVELOPMENT_ORIGINS
    assert settings.endpoint_name == "stem-foundry-dev"
    assert settings.retain_data is False
    assert settings.enforce_tls is True
    assert settings.stack_name("Api") == "StemFoundry-dev-Api"


def test_production_keeps_its_data():
    assert Settings.from_context({"environment": "prod", **SITE}).retain_data is True
    assert Settings.from_context({"environment": "prod", "retain_data": False, **SITE}).retain_data is False


def test_text_from_the_command_line_and_a_mapping_are_the_same():
    given = {"environment": "prod", **SITE, "limits": {"max_active_jobs_per_owner": 2}}
    assert Settings.from_context(json.dumps(given)) == Settings.from_context(given)
    assert Settings.from_context(given).limits.max_active_jobs_per_owner == 2


def test_settings_survive_a_round_trip_through_json():
    settings = Settings.from_context({"environment": "stage-2", **SITE})
    assert Settings.from_context(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{", "settings: not valid JSON"),
        ("[]", "settings: must be a JSON object"),
        (7, "settings: must be a JSON object"),
        ({"enviroment": "prod"}, "settings.enviroment: Extra inputs are not permitted"),
        ({"environment": "Prod", **SITE}, "settings.environment: String should match pattern"),
        ({"environment": "p", **SITE}, "settings.environment: String should match pattern"),
        ({"environment": "a" * 17, **SITE}, "settings.environment: String should match pattern"),
        ({"environment": "-prod", **SITE}, "settings.environment: String should match pattern"),
        ({"environment": 3, **SITE}, "settings.environment: Input should be a valid string"),
        ({"environment": "prod"}, "site_origins: name the origin of the site"),
        ({"site_origins": ["https://a.example", "https://a.example"]}, "an origin is listed twice"),
        ({"site_origins": ["*"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["https://a.example/"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["https://A.example"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["https://u@a.example"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["https://a.example:x"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["https://a.example:99999"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["https://a.example:443"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["https://[::1"]}, "settings.site_origins.0: must be an origin"),
        ({"site_origins": ["http://stems.example"]}, "settings.site_origins.0: must use https"),
        ({"limits": {"max_backlog": 0}}, "settings.limits.max_backlog: Input should be greater than"),
        ({"limits": {"max_jobs": 1}}, "settings.limits.max_jobs: Extra inputs"),
        ({"endpoint_name": "bad_name"}, "settings.endpoint_name: String should match pattern"),
        ({"log_retention_days": 8}, "settings.log_retention_days: Input should be"),
        ({"account": "123456789012"}, "account and region: give both or neither"),
        ({"account": "12", "region": "eu-west-1"}, "settings.account: String should match pattern"),
        ({"powertools_layer_parameter": "x y"}, "settings.powertools_layer_parameter: String should match"),
    ],
)
def test_bad_settings_are_refused_by_name(given, message):
    with pytest.raises(SettingsError) as refused:
        Settings.from_context(given)
    assert message in str(refused.value)


def test_every_refused_field_is_named_at_once():
    with pytest.raises(SettingsError) as refused:
        Settings.from_context({"environment": "X", "log_level": "LOUD", **SITE})
    assert "settings.environment" in str(refused.value)
    assert "settings.log_level" in str(refused.value)


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:8000", "https://a.b.example"])
def test_origins_of_browsers_are_accepted(origin):
    assert Settings.from_context({"site_origins": [origin]}).site_origins == (origin,)
