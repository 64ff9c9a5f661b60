"""`pixl check`: any folder, no service, everything accounted for."""

import csv
import json
import stat
import zipfile

import pyarrow.parquet as pq
import pydicom
import pytest

from cli.main import main
from pixl.checks.peer_report import COLUMNS
from pixl.files import sources
from pixl.testing.outputs import dicom, original


@pytest.fixture
def check(monkeypatch, tmp_path, capsys):
    """Run the command over a folder; return the exit code, what was printed, and the report's folder."""

    def run(source, *options):
        report = tmp_path / "report"
        monkeypatch.setattr("sys.argv", ["pixl", "check", str(source), "--report", str(report), *map(str, options)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out + captured.err, report

    return run


@pytest.fixture
def outputs(tmp_path):
    folder = tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    (folder / "clean.dcm").write_bytes(dicom(SOPInstanceUID="2.25.1"))
    (folder / "deep" / "named.dcm").write_bytes(dicom(SOPInstanceUID="2.25.2", StudyDescription="for Ashbury"))
    (folder / "broken.dcm").write_bytes(dicom(SOPInstanceUID="2.25.3")[:-5])
    (folder / "notes.txt").write_text("nothing", "utf-8")
    return folder


@pytest.fixture
def originals(tmp_path):
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for name in ("clean.dcm", "deep/named.dcm"):
        (folder / name).write_bytes(original())
    return folder


def failures(report):
    with (report / "failures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def results(report):
    with (report / "files.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["result"] for row in csv.DictReader(file)}


def test_every_file_has_a_row_and_every_finding_the_peer_s_columns(check, outputs, originals):
    code, printed, report = check(outputs, "--original", originals)
    assert code == 1
    assert results(report) == {
        "broken.dcm": "unreadable",
        "clean.dcm": "clean",
        "deep/named.dcm": "found",
        "notes.txt": "skipped",
    }
    rows = failures(report)
    assert tuple(rows[0]) == COLUMNS
    (named,) = [row for row in rows if row["Resource"] == "deep/named.dcm"]
    assert (named["ProblemField"], named["PartWords"], named["PartClassifications"], named["PartOffsets"]) == (
        "StudyDescription",
        "Ashbury",
        "Person",
        "4",
    )
    assert "4 files" in printed
    assert "1 clean" in printed
    assert "1 unreadable" in printed
    assert "1 skipped" in printed


def test_the_parquet_has_the_path_of_the_element(check, outputs, originals):
    _, _, report = check(outputs, "--original", originals)
    rows = pq.read_table(report / "findings.parquet").to_pylist()
    (named,) = [row for row in rows if row["file"] == "deep/named.dcm"]
    assert (named["where"], named["kind"], named["outcome"], named["sop_uid"]) == (
        "(0008,1030)",
        "name",
        "hold",
        "2.25.2",
    )
    assert named["parts"] == [{"word": "Ashbury", "kind": "name", "offset": 4}]


def test_no_value_is_printed(check, outputs, originals):
    _, printed, _ = check(outputs, "--original", originals)
    assert "Ashbury" not in printed


def test_the_report_is_its_owner_s_alone(check, outputs):
    _, _, report = check(outputs)
    assert stat.S_IMODE(report.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in report.iterdir()} == {0o600}


def test_clean_files_are_exit_code_0(check, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "1.dcm").write_bytes(dicom())
    code, printed, report = check(folder)
    assert code == 0
    assert "1 clean" in printed
    assert failures(report) == []


def test_archives_are_looked_into(check, tmp_path):
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.writestr("a/1.dcm", dicom(PatientComments="x", OtherPatientNames="Ashbury"))
    known = tmp_path / "known.csv"
    known.write_text("kind,value\nname,Ashbury\n", "utf-8")
    code, _, report = check(tmp_path / "study.zip", "--known", known)
    assert code == 1
    assert {row["Resource"] for row in failures(report)} == {"study.zip/a/1.dcm"}


def test_two_files_with_one_uid_are_found_in_different_processes_too(check, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    for number in range(150):
        (folder / f"{number:03}.dcm").write_bytes(dicom(SOPInstanceUID=f"2.25.{number % 149}"))
    code, _, report = check(folder, "--jobs", "2")
    assert code == 1
    assert [row["ProblemField"] for row in failures(report)] == ["SOPInstanceUID"]


def test_the_outputs_of_deidentify_find_their_originals_by_its_report(check, outputs, originals, tmp_path):
    import pyarrow as pa

    (originals / "deep" / "named.dcm").rename(originals / "other.dcm")
    table = pa.table({"input": ["other.dcm"], "output": ["deep/named.dcm"]})
    pq.write_table(table, tmp_path / "out.report.parquet")
    _, _, report = check(outputs, "--original", originals)
    assert [row["Resource"] for row in failures(report) if row["PartWords"] == "Ashbury"] == ["deep/named.dcm"]


def test_rules_are_added_and_checkers_can_be_chosen(check, outputs, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("BasicRules: [{Action: Report, As: Person, IfPattern: ashbury}]", "utf-8")
    _, printed, report = check(outputs, "--rules", rules, "--checker", "rules")
    assert "checkers: rules" in printed
    assert [row["PartClassifications"] for row in failures(report) if row["ProblemField"] != "file"] == ["Person"]


def test_a_project_brings_its_policy_and_its_checkers(check, tmp_path, monkeypatch):
    projects = tmp_path / "projects"
    (projects / "tag-operations").mkdir(parents=True)
    tags = [
        {"name": name, "group": int(tag[:4], 16), "element": int(tag[4:], 16), "op": "keep"}
        for name, tag in (("class", "00080016"), ("sop", "00080018"), ("modality", "00080060"), ("id", "00100020"))
    ]
    (projects / "tag-operations" / "base.yaml").write_text(json.dumps(tags), "utf-8")
    text = (
        "project: {name: demo, modalities: [CT]}\ndestination: {dicom: none, parquet: none}\n"
        "tag_operation_files: {base: [base]}\nchecks: [private: {outcome: reject}]\n"
    )
    (projects / "demo.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("PIXL_PROJECTS", str(projects))
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "1.dcm").write_bytes(dicom())
    code, _, report = check(folder, "--project", "demo")
    assert code == 1
    assert {row["ProblemField"] for row in failures(report)} == {"StudyInstanceUID", "SeriesInstanceUID"}


@pytest.mark.parametrize("options", [("--checker", "nothing"), ("--known", "none.csv"), ("--original", "none")])
def test_wrong_use_is_exit_code_2(check, outputs, options):
    code, printed, _ = check(outputs, *options)
    assert code == 2
    assert "error: " in printed


def test_a_folder_that_is_not_there_is_exit_code_2(check, tmp_path):
    assert check(tmp_path / "none")[0] == 2


def test_a_report_in_the_checked_folder_is_refused(monkeypatch, outputs, capsys):
    monkeypatch.setattr("sys.argv", ["pixl", "check", str(outputs), "--report", str(outputs / "found")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "names people" in capsys.readouterr().err
    assert not (outputs / "found").exists()


def test_the_folder_that_one_is_in_can_be_checked(check, outputs, monkeypatch, originals):
    monkeypatch.chdir(outputs)
    assert check(".", "--original", originals)[0] == 1


def test_large_files_are_mapped_and_checked_like_others(check, outputs, originals, monkeypatch):
    block = pydicom.Dataset()
    block.private_block(0x0099, "MAKER", create=True).add_new(0x10, "UN", b"\0\1 Ashbury")
    large = dicom(list(block), SOPInstanceUID="2.25.9", BitsAllocated=8, PixelData=b"\7" * 4000)
    (outputs / "large.dcm").write_bytes(large)
    (originals / "large.dcm").write_bytes(original())
    monkeypatch.setattr(sources, "MAPPED", 100)
    _, _, report = check(outputs, "--original", originals, "--checker", "known-values", "--checker", "consistency")
    assert [row["ProblemField"] for row in failures(report) if row["Resource"] == "large.dcm"] == ["(0099,1010)"]
