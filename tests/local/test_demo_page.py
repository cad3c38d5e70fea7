"""The page's demo: what the product made of our own song, in the form of a finished job."""

import json
from pathlib import Path

import pytest

from contract.api import Job
from contract.audio import Stem
from contract.preview import MIXTURE_LANE, PreviewIndex
from contract.report import Report
from contract.states import JobState
from local.demo_page import build


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "demo"
    folder.mkdir()
    (folder / "left-over.txt").touch()
    build(folder)
    return folder


def files(job: dict[str, object]) -> list[dict[str, object]]:
    downloads = job["downloads"]
    return [
        *downloads["stems"].values(),
        *downloads["previews"].values(),
        downloads["report"],
        downloads["preview_index"],
    ]


def test_it_is_a_finished_job_of_the_contract(demo: Path) -> None:
    text = (demo / "job.json").read_text().replace('"/demo/', '"https://page.test/demo/')
    job = Job.model_validate(json.loads(text)["job"])
    assert job.state is JobState.COMPLETED
    assert set(job.stems) == {Stem.VOCALS, Stem.DRUMS, Stem.BASS, Stem.OTHER}
    assert job.downloads is not None
    assert job.downloads.previews.keys() == {*job.stems, MIXTURE_LANE}


def test_every_file_that_it_names_is_there(demo: Path) -> None:
    for file in files(json.loads((demo / "job.json").read_text())["job"]):
        path = demo.parent / str(file["url"]).removeprefix("/")
        assert path.stat().st_size == file["size_bytes"]
    assert not (demo / "left-over.txt").exists()


def test_report_and_index_fit_the_job(demo: Path) -> None:
    report = Report.model_validate_json((demo / "report.json").read_text())
    index = PreviewIndex.model_validate_json((demo / "preview" / "index.json").read_text())
    assert index.samples == report.samples
    assert {stem.stem for stem in report.stems} | {MIXTURE_LANE} == index.lanes.keys()
    assert all(not stem.silent for stem in report.stems)
