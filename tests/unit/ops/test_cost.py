"""The cost estimate from the command line."""

from typer.testing import CliRunner

from infra.ops.app import app


def total(songs: int) -> float:
    answer = CliRunner().invoke(app, ["cost", "--songs", str(songs)])
    assert answer.exit_code == 0, answer.output
    (line,) = [line for line in answer.output.splitlines() if line.startswith("total")]
    return float(line.split()[1].replace(",", ""))


def test_more_songs_cost_more_and_less_per_song() -> None:
    few, many = total(100), total(10_000)
    assert 0 < few < many
    assert many / 10_000 < few / 100


def test_no_songs_cost_no_gpu() -> None:
    answer = CliRunner().invoke(app, ["cost", "--songs", "0"])
    assert answer.exit_code == 0, answer.output
    gpu = [line.split()[1] for line in answer.output.splitlines() if line.startswith("GPU")]
    assert gpu in ([], ["0.00"])
