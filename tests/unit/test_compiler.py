"""ballast.compiler: what is stale is compiled, once, and nothing else."""

import os

import pytest

from ballast import compiler


class Project:
    """Counts how often it is compiled."""

    compiled = 0

    def load_contracts(self, use_cache):
        assert not use_cache
        self.compiled += 1


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A checkout that was compiled a minute after its sources were written."""
    module = tmp_path / "contracts" / "modules" / "wad.vy"
    stamp = tmp_path / ".build" / ".compiled"
    for path in (tmp_path / "ape-config.yaml", module, stamp):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1_000, 1_000))
    os.utime(stamp, (1_060, 1_060))
    monkeypatch.setattr(compiler, "ROOT", tmp_path)
    monkeypatch.setattr(compiler, "STAMP", stamp)
    return tmp_path


def test_compile_if_stale__nothing_newer__compiles_nothing(tree):
    project = Project()
    compiler.compile_if_stale(project)
    assert project.compiled == 0


@pytest.mark.parametrize("name", ["contracts/modules/wad.vy", "ape-config.yaml"])
def test_compile_if_stale__source_is_newer__compiles_once(tree, name):
    """ape itself would run the old bytecode when only a module has changed."""
    os.utime(tree / name, (1_061, 1_061))
    project = Project()
    compiler.compile_if_stale(project)
    compiler.compile_if_stale(project)
    assert project.compiled == 1


def test_compile_if_stale__never_compiled__compiles(tree):
    compiler.STAMP.unlink()
    project = Project()
    compiler.compile_if_stale(project)
    assert project.compiled == 1 and compiler.STAMP.exists()
