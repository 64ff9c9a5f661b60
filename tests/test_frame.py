"""What the documents say is there, is there; what must not be in the repository, is not."""

import re
import subprocess
from pathlib import Path

import pytest
import typer

from cli.main import build
from pixl.settings import PORT_NAMES, WHOLE_NUMBERS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Written in two parts, so that this file does not hold what it looks for.
REGISTRIES = re.compile("|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "index" + r"[-_]url\s*[=:]\s*http")))
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + r"me/\w+")) + r")/")


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("needs git and a checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def lines_with(pattern):
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"


def documented(pattern):
    return {found for path in DOCUMENTS for found in re.findall(pattern, path.read_text(encoding="utf-8"))}


def commands_of(command):
    return getattr(command, "commands", {})


def test_make_has_every_target_that_a_document_names():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = documented(r"(?:`|^\s*)make ([a-z-]+)")
    assert {name for name in named if not name.startswith("bench-")} <= targets
    assert {"demo", "test"} <= named


def test_every_benchmark_that_a_document_names_is_there():
    named = documented(r"`make bench-([a-z]+)`")
    assert all((ROOT / "bench" / f"{name}.py").is_file() for name in named)


def test_the_command_line_has_every_command_that_a_document_names():
    root = commands_of(typer.main.get_command(build()))
    missing = set()
    for group, name in documented(r"`(?:\.venv/bin/)?pixl ([a-z]+)(?: ([a-z]+))?"):
        known = commands_of(root[group]) if group in root else {}
        if group not in root or (known and name and name not in known):
            missing.add(f"pixl {group} {name}".strip())
    assert missing == set()


def test_the_documented_settings_are_those_that_are_read():
    source = (ROOT / "pixl" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(PIXL_[A-Z_]*[A-Z])"', source))
    read |= {f"PIXL_{name.upper()}_PORT" for name in PORT_NAMES} | {f"PIXL_{name.upper()}" for name in WHOLE_NUMBERS}
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(PIXL_[A-Z_]+)` \|", operations, flags=re.MULTILINE)) == read


def test_the_environment_is_read_in_entry_points_only():
    allowed = {"settings.py", "opening.py"}  # the second: the conventions of Vault's own tools
    readers = {
        path.relative_to(ROOT)
        for path in (ROOT / "pixl").rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8")) and "testing" not in path.parts
    }
    assert {path for path in readers if path.name not in allowed} == set()


def test_no_file_names_a_package_registry():
    assert list(lines_with(REGISTRIES)) == []


def test_no_file_names_a_folder_of_the_machine_it_was_written_on():
    assert list(lines_with(MACHINE_PATHS)) == []


def test_the_lock_has_a_hash_for_every_library():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert pinned
    assert all("--hash=sha256:" in line for line in pinned)


def test_the_scripts_are_executable_and_stop_at_the_first_error():
    for script in (ROOT / "scripts" / "setup", ROOT / ".ci" / "run"):
        assert script.stat().st_mode & 0o100
        assert "set -euo pipefail" in script.read_text(encoding="utf-8")


def test_the_continuous_check_runs_all_the_tests():
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
