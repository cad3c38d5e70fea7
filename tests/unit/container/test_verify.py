from sagemaker_container.verify import main


def test_sound_weights_are_listed_with_digest_and_licence(model_directory, entries, capsys):
    assert main([str(model_directory), "small", "small_htdemucs"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        f"small: {entries['small'].digest} (MIT)",
        f"small_htdemucs: {entries['small_htdemucs'].digest} (MIT)",
    ]


def test_missing_weights_stop_the_build(tmp_path, capsys):
    assert main([str(tmp_path), "htdemucs"]) == 1
    assert "The weights of htdemucs are not installed" in capsys.readouterr().err


def test_damaged_weights_stop_the_build(model_directory, entries, tmp_path, capsys):
    name = entries["small_htdemucs"].weights[0].name
    content = bytearray((model_directory / name).read_bytes())
    content[-1] ^= 1
    (tmp_path / name).write_bytes(content)
    assert main([str(tmp_path), "small_htdemucs"]) == 1
    assert "SHA-256" in capsys.readouterr().err


def test_unknown_models_and_missing_arguments_are_explained(tmp_path, capsys):
    assert main([str(tmp_path), "nothing"]) == 1
    assert "There is no model 'nothing'" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
