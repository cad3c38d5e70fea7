import json

import pytest

from infra.settings import DEVELOPMENT_ORIGINS, Settings, SettingsError
from tests.unit.contract.registered import KIT_ENTRY, write_entries

SITE = {"site_origins": ["https://stems.example"]}
HOURS = {"start": "08:00", "end": "18:00", "time_zone": "Europe/Berlin"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f7a9a2c-1111-2222-3333-444455556666"


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
    settings = Settings.from_context({"environment": "stage-2", "warm_hours": HOURS, **SITE})
    assert Settings.from_context(settings.model_dump_json()) == settings


def test_an_endpoint_is_small_and_goes_to_zero_by_default():
    settings = Settings.from_context(None)
    assert settings.instance_types == ("ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6.xlarge")
    assert (settings.max_instances, settings.idle_minutes, settings.warm_hours) == (2, 5, None)
    assert settings.prewarm == "off"
    assert settings.models == ("htdemucs", "foundry_4s", "foundry_kit")
    assert settings.chosen_kit_model == "foundry_kit"
    assert settings.image_digest_parameter == "/stem-foundry/dev/image-digest"


def test_every_model_in_the_image_tells_its_licence():
    licences = Settings.from_context(None).model_licences
    assert licences.keys() == {"htdemucs", "foundry_4s", "foundry_kit"}
    assert "disputed" in licences["htdemucs"]


def test_a_model_for_drums_in_the_image_splits_them(tmp_path, monkeypatch):
    path = write_entries(tmp_path / "models.json", KIT_ENTRY)
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(path))
    assert Settings.from_context({"models": ["htdemucs", "drumsep"]}).chosen_kit_model == "drumsep"
    both = {"models": ["htdemucs", "foundry_kit", "drumsep"]}
    assert Settings.from_context(both).chosen_kit_model == "drumsep"
    assert Settings.from_context(both | {"kit_model": "foundry_kit"}).chosen_kit_model == "foundry_kit"
    assert Settings.from_context({"models": ["htdemucs"]}).chosen_kit_model is None
    with pytest.raises(SettingsError, match="must be one of models"):
        Settings.from_context({"models": ["htdemucs"], "kit_model": "drumsep"})
    with pytest.raises(SettingsError, match="the first one must take songs apart"):
        Settings.from_context({"models": ["drumsep"]})
    path.write_text("{")
    with pytest.raises(SettingsError, match=r"models\.0: .*models\.json"):
        Settings.from_context({"models": ["drumsep"]})


def test_the_sites_own_domain_is_its_origin():
    given = {"environment": "prod", "domain_name": "stems.example", "certificate_arn": CERTIFICATE}
    assert Settings.from_context(given).site_origins == ("https://stems.example",)


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
        ({"domain_name": "stems.example"}, "domain_name and certificate_arn: give both or neither"),
        ({"domain_name": "Stems", **SITE}, "settings.domain_name: String should match pattern"),
        ({"certificate_arn": "arn:aws:acm:eu-west-1:1:x"}, "settings.certificate_arn: String should match"),
        ({"instance_types": []}, "settings.instance_types: Tuple should have at least 1 item"),
        ({"instance_types": ["ml.c5.xlarge"]}, "settings.instance_types.0: String should match pattern"),
        ({"instance_types": ["ml.g5.xlarge"] * 2}, "instance_types: an entry is listed twice"),
        ({"max_instances": 0}, "settings.max_instances: Input should be greater than"),
        ({"idle_minutes": 1}, "settings.idle_minutes: Input should be greater than"),
        ({"models": ["htdemux"]}, "settings.models.0: There is no model 'htdemux'. Known models: foundry_4s"),
        ({"models": []}, "settings.models: Tuple should have at least 1 item"),
        ({"kit_model": "foundry_4s"}, "kit_model: must be one of models, and one that splits drums"),
        ({"model_catalogue_file": "models.json"}, "model_catalogue_file: only in environment 'local'"),
        ({"image_digest": "latest"}, "settings.image_digest: String should match pattern"),
        ({"prewarm": "sometimes"}, "settings.prewarm: Input should be"),
        ({"auth_mode": "jwt"}, "settings.auth_mode: Input should be 'anonymous'"),
        ({"alarm_email": "nobody"}, "settings.alarm_email: String should match pattern"),
        ({"monthly_budget_usd": 0}, "settings.monthly_budget_usd: Input should be greater than"),
        ({"warm_hours": {"start": "18:00", "end": "08:00"}}, "start must be before end"),
        ({"warm_hours": HOURS | {"days": ["MON", "MON"]}}, "days: a day is listed twice"),
        ({"warm_hours": HOURS | {"time_zone": "Mars/Base"}}, "must be a time zone of the IANA database"),
        ({"warm_hours": HOURS | {"start": "08:00:30"}}, "must be a plain time of day to the minute"),
        ({"warm_hours": HOURS | {"instances": 3}}, "warm_hours.instances: must not exceed max_instances"),
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
