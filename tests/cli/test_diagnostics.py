import zipfile

from tests.cli.conftest import Program


def test_shown_and_saved_are_the_same(program: Program) -> None:
    assert program("keys", "check", "tamtam").code == 0
    bundle = program.folder / "diagnostics.zip"
    result = program("diagnostics", "--show", "--out", bundle)
    assert result.code == 0
    assert "Read them before you send them." in result.said
    with zipfile.ZipFile(bundle) as saved:
        for name in saved.namelist():
            assert f"===== {name} =====\n{saved.read(name).decode()}" in result.written
    assert "path=/v2/credits status=200" in result.written


def test_one_of_the_two_has_to_be_wanted(program: Program) -> None:
    result = program("diagnostics")
    assert result.code == 2
    assert "--show" in result.said


def test_a_file_that_cannot_be_written_is_bad_usage(program: Program) -> None:
    result = program("diagnostics", "--out", program.folder / "none" / "x.zip")
    assert result.code == 2
    assert "cannot be saved" in result.said
