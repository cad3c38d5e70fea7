"""What decides whether, and how, the stacks are deployed."""

from typing import Any

import pytest

from contract.limits import Limits
from local import deploy
from local.deploy import Outputs, fingerprint, infrastructure_settings
from local.fixups import lifecycle_rule
from local.processes import LocalError
from local.settings import LocalSettings


def test_the_fingerprint_follows_the_settings() -> None:
    one = fingerprint(infrastructure_settings(LocalSettings()))
    assert one == fingerprint(infrastructure_settings(LocalSettings()))
    assert one != fingerprint(infrastructure_settings(LocalSettings(limits=Limits(max_backlog=1))))
    assert one != fingerprint(infrastructure_settings(LocalSettings(web_port=8001)))


def test_the_fingerprint_follows_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = infrastructure_settings(LocalSettings())
    one = fingerprint(settings)
    monkeypatch.setattr(deploy, "_SOURCES", ("contract",))
    assert fingerprint(settings) != one


def test_both_names_of_the_site_may_call() -> None:
    origins = infrastructure_settings(LocalSettings(web_port=8001)).site_origins
    assert origins == ("http://127.0.0.1:8001", "http://localhost:8001")


def test_an_output_that_is_missing_is_named_with_those_that_exist() -> None:
    with pytest.raises(LocalError, match=r"no output .TableNam.*TableName"):
        Outputs(values={"TableName": "t"})["TableNam"]


@pytest.mark.parametrize(
    ("rule", "translated"),
    [
        (
            {"Id": "a", "Status": "Enabled", "Prefix": "jobs/", "ExpirationInDays": 9},
            {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "jobs/"}, "Expiration": {"Days": 9}},
        ),
        (
            {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
            {
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
        ),
    ],
)
def test_lifecycle_rules_are_translated(rule: dict[str, Any], translated: dict[str, Any]) -> None:
    assert lifecycle_rule(rule) == translated


def test_a_lifecycle_property_without_translation_is_not_dropped() -> None:
    with pytest.raises(ValueError, match="Transitions"):
        lifecycle_rule({"Status": "Enabled", "Transitions": []})
