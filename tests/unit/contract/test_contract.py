"""The contract's tables agree with each other."""

import pytest
from pydantic import ValidationError

from contract import catalogue, routes
from contract.audio import AudioFormat, OutputOptions, Stem, is_accepted_content_type
from contract.environment import ContainerEnvironment, LambdaEnvironment
from contract.errors import ErrorCode, StemFoundryError, http_status
from contract.functions import FUNCTIONS, FunctionName
from contract.limits import PART_SIZE_BYTES, Limits


def test_every_route_is_unique_and_served_by_a_function() -> None:
    assert len({route.key for route in routes.ROUTES}) == len(routes.ROUTES)
    assert len({route.name for route in routes.ROUTES}) == len(routes.ROUTES)
    assert {route.function for route in routes.ROUTES} <= set(FUNCTIONS)
    assert set(FUNCTIONS) == set(FunctionName)


def test_only_the_documented_routes_are_public() -> None:
    public = {route.path for route in routes.ROUTES if route.public}
    assert public == {"/v1/sessions", "/v1/models", "/v1/health", "/v1/openapi.json", "/v1/docs"}


def test_every_error_code_has_a_client_or_server_status() -> None:
    assert all(400 <= http_status(code) < 600 for code in ErrorCode)


def test_the_largest_upload_fits_the_parts_of_s3() -> None:
    assert Limits().max_upload_bytes / PART_SIZE_BYTES <= 10_000


@pytest.mark.parametrize(
    "options",
    [
        {"format": "wav", "bit_depth": 20},
        {"format": "flac", "bit_depth": 32},
        {"format": "mp3", "bit_depth": 16},
        {"format": "wav", "bitrate_kbps": 320},
        {"format": "mp3", "bitrate_kbps": 100},
        {"format": "ogg"},
        {"format": "wav", "loudness": -14},
    ],
)
def test_impossible_outputs_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OutputOptions.model_validate(options)


def test_defaults_are_spelled_out() -> None:
    assert OutputOptions().with_defaults() == OutputOptions(format=AudioFormat.WAV, bit_depth=16)
    mp3 = OutputOptions(format=AudioFormat.MP3).with_defaults()
    assert mp3.bitrate_kbps == 320


def test_every_model_names_its_terms_and_stems() -> None:
    for name, model in catalogue.CATALOGUE.items():
        assert name == model.name
        assert model.stems
        assert model.licence
        assert model.provenance
        assert model.commercial_use
        assert model.digest
        if model.member_weights is not None:
            assert len(model.member_weights) == len(model.weights)


def test_unknown_model_and_stem_say_what_exists() -> None:
    with pytest.raises(StemFoundryError, match="foundry_4s") as unknown:
        catalogue.get_model("spleeter")
    assert unknown.value.code is ErrorCode.UNKNOWN_MODEL
    model = catalogue.get_model("foundry_4s")
    with pytest.raises(StemFoundryError, match="guitar") as missing:
        catalogue.effective_stems(model, [Stem.GUITAR])
    assert missing.value.code is ErrorCode.UNKNOWN_STEM


def test_effective_stems() -> None:
    model = catalogue.get_model("htdemucs")
    assert catalogue.effective_stems(model, None) == list(model.stems)
    pair = [Stem.VOCALS, Stem.INSTRUMENTAL]
    assert catalogue.effective_stems(model, [*pair, Stem.VOCALS]) == pair


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        ("audio/mpeg", True),
        ("VIDEO/MP4; codecs=avc1", True),
        ("application/octet-stream", True),
        ("text/html", False),
        ("application/pdf", False),
        ("audio", False),
    ],
)
def test_accepted_content_types(content_type: str, accepted: bool) -> None:
    assert is_accepted_content_type(content_type) is accepted


def test_environment_round_trip() -> None:
    written = LambdaEnvironment(
        table_name="t",
        audio_bucket="b",
        endpoint_name="e",
        limits=Limits(max_backlog=3),
        signing_secret_arn=None,
    )
    assert LambdaEnvironment.from_environ(written.to_environ()) == written
    assert "SIGNING_SECRET_ARN" not in written.to_environ()


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(ValidationError, match="model_directory"):
        ContainerEnvironment.from_environ({"TABLE_NAME": "t", "AUDIO_BUCKET": "b"})
