import pytest

from cracktrader.cli.main import main
from cracktrader.cli.project import SCAFFOLD, scaffold
from cracktrader.config import load_config
from cracktrader.strategy_source import declared_params, load_strategy


def test_init_writes_every_file_and_says_so(tmp_path, capsys):
    project = tmp_path / "bot"
    assert main(["init", str(project)]) == 0
    out, err = capsys.readouterr()
    for place in SCAFFOLD.values():
        assert (project / place).is_file()
        assert place in out
    assert f"cd {project}" in err


def test_the_settings_of_a_new_project_are_valid(tmp_path):
    scaffold(tmp_path, force=False)
    load_config(files=[tmp_path / "cracktrader.toml"], env={})


def test_the_first_strategy_loads(tmp_path):
    scaffold(tmp_path, force=False)
    strategy = load_strategy(str(tmp_path / "strategies" / "sma_cross.py"))
    assert strategy.__name__ == "SmaCross"
    assert declared_params(strategy) == {"fast": 10, "slow": 30, "share": 0.95}


def test_secrets_and_runs_are_kept_out_of_version_control(tmp_path):
    scaffold(tmp_path, force=False)
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    assert {".env", "runs/", "!.env.example"} <= set(ignored)


def test_existing_files_are_never_overwritten_by_themselves(tmp_path, capsys):
    (tmp_path / "cracktrader.toml").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "cracktrader.toml").read_text() == "mine"
    assert not (tmp_path / "strategies").exists()


def test_force_overwrites(tmp_path):
    (tmp_path / "cracktrader.toml").write_text("mine")
    assert main(["init", str(tmp_path), "--force", "-q"]) == 0
    assert (tmp_path / "cracktrader.toml").read_text() != "mine"


def test_an_unwritable_folder_is_one_clear_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["init", str(tmp_path / "file" / "bot")]) == 1
    assert "not a directory" in capsys.readouterr().err


@pytest.mark.parametrize("place", SCAFFOLD.values())
def test_project_files_end_with_a_newline(tmp_path, place):
    scaffold(tmp_path, force=False)
    assert (tmp_path / place).read_text().endswith("\n")
