"""What a fresh machine needs: pins that agree, make targets, files that travel with the package."""

import fnmatch
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from flightasic import __version__

REPOSITORY = Path(__file__).parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
REQUIREMENTS = [*PROJECT["project"]["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def constraints() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    return {normal(name): version for name, version in (line.split("==") for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_every_requirement_is_pinned_to_the_version_of_the_constraints(requirement) -> None:
    name, _, version = requirement.partition("==")
    assert constraints()[normal(name)] == version


def test_version_is_stated_alike() -> None:
    assert PROJECT["project"]["version"] == __version__


def test_data_files_of_the_package_are_declared() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["flightasic"]
    tracked = subprocess.run(["git", "ls-files", "flightasic"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    data = [path.removeprefix("flightasic/") for path in tracked if not path.endswith(".py")]
    assert data
    assert [path for path in data if not any(fnmatch.fnmatch(path, pattern.replace("**/", "*")) for pattern in patterns)] == []


def test_no_tracked_file_names_a_machine_s_folder_or_a_registry() -> None:
    names = ("/wo" + "rk/", "/ro" + "ot/", "python" + "hosted", "deb.deb" + "ian.org")
    for name in names:
        found = subprocess.run(["git", "grep", "-lIF", name], cwd=REPOSITORY, capture_output=True, text=True, check=False).stdout
        assert found == "", f"{name} in {found}"


@pytest.mark.parametrize("target", ["venv", "test", "lint", "demo", "rtl", "clean"])
def test_makefile_has_the_target(target) -> None:
    done = subprocess.run(["make", "-n", target], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_torch_is_installed_first_and_constrained() -> None:
    done = subprocess.run(["make", "-n", "-B", "venv"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    installs = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert installs[0].endswith("-c constraints.txt torch")
    assert all("-c constraints.txt" in line for line in installs)


def test_ci_runs_what_a_developer_is_told_to_run() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    commands = [line for line in script.read_text().splitlines() if line.startswith("make")]
    assert commands == ["make venv", "make lint", "make test"]
