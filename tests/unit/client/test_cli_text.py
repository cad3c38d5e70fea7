"""Names and texts made from strings that others chose."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stem_foundry.cli._text import about, clock, folder_name, folder_names, printable, size

# A busy machine must not fail a test of text.
patient = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Song", "Song"),
        ("AC/DC: Live?", "AC_DC_ Live_"),
        ("..", "song"),
        ("", "song"),
        ("../../etc", "_.._etc"),
        (" trailing. ", "trailing"),
        ("CON", "_CON"),
        ("com1.old", "_com1.old"),
        ("Ünïcødé 音楽", "Ünïcødé 音楽"),
        ("x" * 300, "x" * 80),
        ("a\nb\0c", "a_b_c"),
    ],
)
def test_folder_name(name: str, folder: str) -> None:
    assert folder_name(name) == folder


@patient
@given(st.text())
def test_any_name_becomes_one_plain_folder(name: str) -> None:
    folder = folder_name(name)
    assert folder
    assert folder not in {".", ".."}
    assert not set(folder) & set('/\\:*?"<>|\0\n')
    assert len(folder.encode()) <= 201
    assert folder == folder.strip(" .")


@patient
@given(st.lists(st.sampled_from(["a", "A", "a-2", "b", ".."]), max_size=8))
def test_no_folder_is_used_twice(names: list[str]) -> None:
    folders = [folder.casefold() for folder in folder_names(names)]
    assert len(set(folders)) == len(names)


@patient
@given(st.text())
def test_printable_text_is_one_harmless_line(text: str) -> None:
    assert printable(text).isprintable()


def test_lengths_times_and_sizes() -> None:
    assert [clock(0), clock(59.96), clock(65.24), clock(3725)] == ["0:00.0", "1:00.0", "1:05.2", "1:02:05.0"]
    assert [about(0.2), about(45), about(420)] == ["about 1 s", "about 45 s", "about 7 min"]
    assert [size(12), size(1500), size(2_000_000), size(3.2e9)] == ["12 bytes", "1.5 kB", "2.0 MB", "3.2 GB"]
