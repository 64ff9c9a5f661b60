"""A run over a folder: every input has its row, every output is whole, and nothing is done twice."""

import errno
import os
import stat
import zipfile

import pydicom
import pytest

from pixl.domain.errors import ConfigurationError, InstanceFailed
from pixl.files import sources as sources_module
from pixl.files import tree as tree_module
from pixl.files import work as work_module
from pixl.files.outcome import Outcome
from pixl.files.sources import Reader, find

PATTERN = "{input_path}"


@pytest.fixture
def engine(monkeypatch):
    """The real engine, counted."""
    calls = []

    class Counted(work_module.Deidentifier):
        def __call__(self, data):
            calls.append(len(data))
            return super().__call__(data)

    monkeypatch.setattr(work_module, "Deidentifier", Counted)
    return calls


def test_every_input_has_one_row_and_the_sum_holds(run, make_ct):
    run.add("a/b/c/no-extension", make_ct(1))
    run.add("two.dcm", make_ct(2))
    run.add("notes.txt", b"Ashworth, Penelope")
    run.add("empty", b"")
    run.add("broken.dcm", make_ct(3)[:3000])
    summary = run()
    assert run.outcomes() == {
        "a/b/c/no-extension": "done",
        "two.dcm": "done",
        "notes.txt": "skipped",
        "empty": "skipped",
        "broken.dcm": "failed",
    }
    assert summary.inputs == 5
    assert len(run.outputs()) == 2


def test_the_output_is_de_identified_and_its_path_is_made_of_pseudonyms(run, make_ct):
    run.add("one.dcm", make_ct())
    run()
    [name] = run.outputs()
    dataset = pydicom.dcmread(run.out / name)
    parts = (dataset.PatientID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID)
    assert name == "/".join(parts) + ".dcm"
    assert b"Ashworth" not in (run.out / name).read_bytes()
    assert run.rows["one.dcm"].changes["remove"] > 0


def test_the_input_is_as_it_was(run, make_ct):
    path = run.add("one.dcm", make_ct())
    before = path.stat()
    run()
    after = path.stat()
    assert path.read_bytes() == make_ct()
    assert (after.st_mtime_ns, after.st_ino, after.st_mode) == (before.st_mtime_ns, before.st_ino, before.st_mode)


def test_many_processes_give_the_same_bytes_as_one(run, make_ct, tmp_path):
    for number in range(70):
        run.add(f"{number % 7}/{number}", make_ct(number))
    run(layout=PATTERN)
    alone = {name: (run.out / name).read_bytes() for name in run.outputs()}
    run.out = tmp_path / "other"
    summary = run(layout=PATTERN, workers=2, cache=tmp_path / "other.sqlite")
    assert summary.counts == {Outcome.DONE: 70}
    assert {name: (run.out / name).read_bytes() for name in run.outputs()} == alone


def test_members_of_archives_are_inputs_also_of_archives_in_archives(run, make_ct, tmp_path):
    with zipfile.ZipFile(tmp_path / "inner.zip", "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("deep/1.dcm", make_ct(1))
        inner.writestr("deep/2.dcm", make_ct(2))
    with zipfile.ZipFile(run.source / "outer.ZIP", "w") as outer:
        outer.writestr("3.dcm", make_ct(3))
        outer.write(tmp_path / "inner.zip", "sub/inner.zip")
        outer.writestr("read me", b"text")
    run(layout=PATTERN)
    assert run.outcomes() == {
        "outer.ZIP/3.dcm": "done",
        "outer.ZIP/sub/inner.zip/deep/1.dcm": "done",
        "outer.ZIP/sub/inner.zip/deep/2.dcm": "done",
        "outer.ZIP/read me": "skipped",
    }
    assert len(run.outputs()) == 3


def test_one_archive_or_one_file_may_be_the_input(run, make_ct):
    path = run.add("one", make_ct())
    run(source=path, layout=PATTERN)
    assert run.outcomes() == {"one": "done"}


def test_a_member_that_leads_out_of_its_archive_gets_no_output(run, make_ct, tmp_path):
    with zipfile.ZipFile(run.source / "a.zip", "w") as archive:
        archive.writestr("../../escaped.dcm", make_ct())
        archive.writestr("/absolute.dcm", make_ct(2))
    run(layout=PATTERN)
    assert set(run.outcomes().values()) == {"failed"}
    assert run.outputs() == []
    assert not list(tmp_path.rglob("escaped.dcm"))


def test_broken_and_encrypted_archives_are_listed_and_the_others_go_on(run, make_ct):
    with zipfile.ZipFile(run.source / "good.zip", "w") as archive:
        archive.writestr("1.dcm", make_ct())
    whole = (run.source / "good.zip").read_bytes()
    run.add("cut.zip", whole[: len(whole) // 2])
    run.add("text.zip", b"no archive")
    encrypted = bytearray(whole)
    place = whole.rindex(b"PK\1\2")
    encrypted[place + 8] |= 1
    run.add("locked.zip", bytes(encrypted))
    damaged = bytearray(whole)
    damaged[5000] ^= 0xFF
    run.add("damaged.zip", bytes(damaged))
    run(layout=PATTERN)
    assert run.outcomes() == {
        "cut.zip": "failed",
        "damaged.zip/1.dcm": "failed",
        "good.zip/1.dcm": "done",
        "locked.zip/1.dcm": "failed",
        "text.zip": "failed",
    }


def test_a_second_run_reads_nothing_that_is_done(run, make_ct, engine, monkeypatch):
    run.add("a.dcm", make_ct(1))
    run.add("b.dcm", make_ct(2))
    run()
    monkeypatch.setattr(work_module.Reader, "read", lambda *_: pytest.fail("it was read again"))
    summary = run()
    assert summary.counts == {Outcome.DONE: 2}
    assert summary.earlier == 2
    assert len(engine) == 2


def test_the_same_bytes_elsewhere_are_not_treated_again(run, make_ct, engine, tmp_path):
    run.add("a.dcm", make_ct())
    run(layout=PATTERN)
    run.source, run.out = tmp_path / "in2", tmp_path / "out2"
    run.source.mkdir()
    run.add("moved/b.dcm", make_ct())
    run(layout=PATTERN)
    assert run.rows["moved/b.dcm"].earlier
    assert (tmp_path / "out2/moved/b.dcm").read_bytes() == (tmp_path / "out/a.dcm").read_bytes()
    assert len(engine) == 1


def test_another_policy_or_key_treats_the_same_bytes_again(run, make_ct, engine, tmp_path):
    run.add("a.dcm", make_ct())
    run()
    run.out = tmp_path / "out2"
    run(secret=b"x" * 64)
    run.out = tmp_path / "out3"
    run(project="demo", layout="{study}/{instance}")
    assert len(engine) == 2
    assert (tmp_path / "out3").is_dir()


def test_an_output_that_was_changed_or_taken_away_is_made_again(run, make_ct, engine):
    run.add("a.dcm", make_ct())
    run(layout=PATTERN)
    whole = (run.out / "a.dcm").read_bytes()
    (run.out / "a.dcm").unlink()
    run(layout=PATTERN)
    assert (run.out / "a.dcm").read_bytes() == whole
    (run.out / "a.dcm").write_bytes(b"tampered with")
    run(layout=PATTERN)
    assert (run.out / "a.dcm").read_bytes() == whole
    assert len(engine) == 3


def test_an_input_that_changed_replaces_its_own_output(run, make_ct):
    path = run.add("a.dcm", make_ct(description="CHEST"))
    run(layout=PATTERN)
    path.write_bytes(make_ct(description="HEAD"))
    run(layout=PATTERN)
    assert run.outcomes() == {"a.dcm": "done"}
    assert pydicom.dcmread(run.out / "a.dcm").SeriesDescription == "HEAD"


def test_a_folder_never_holds_outputs_of_two_keys(run, make_ct):
    run.add("a.dcm", make_ct())
    run()
    [first] = run.outputs()
    with pytest.raises(ConfigurationError, match="another policy, key or version"):
        run(secret=b"x" * 64)
    assert run.outputs() == [first]
    run(secret=b"x" * 64, replace=True)
    [second] = run.outputs()
    assert first != second


def test_a_second_input_with_the_same_uid_and_other_contents_is_told_and_overwrites_nothing(run, make_ct):
    run.add("a.dcm", make_ct(description="CHEST"))
    run.add("b.dcm", make_ct(description="HEAD"))
    run.add("c.dcm", make_ct(description="CHEST"))
    run()
    assert run.outcomes() == {"a.dcm": "done", "b.dcm": "failed", "c.dcm": "done"}
    assert "same output path" in run.rows["b.dcm"].reason
    [name] = run.outputs()
    assert pydicom.dcmread(run.out / name).SeriesDescription == "CHEST"
    run()
    assert run.outcomes() == {"a.dcm": "done", "b.dcm": "failed", "c.dcm": "done"}


def test_links_and_what_is_no_file_are_listed_and_not_followed(run, make_ct, tmp_path):
    secret = tmp_path / "elsewhere.dcm"
    secret.write_bytes(make_ct())
    (run.source / "link.dcm").symlink_to(secret)
    (run.source / "loop").symlink_to(run.source)
    os.mkfifo(run.source / "pipe")
    run()
    assert run.outcomes() == {"link.dcm": "skipped", "loop": "skipped", "pipe": "skipped"}


def test_a_link_in_the_output_folder_leads_nowhere(run, make_ct, tmp_path):
    (tmp_path / "outside").mkdir()
    run.out.mkdir()
    (run.out / "sub").symlink_to(tmp_path / "outside")
    run.add("sub/a.dcm", make_ct())
    run(layout=PATTERN)
    assert run.outcomes() == {"sub/a.dcm": "failed"}
    assert list((tmp_path / "outside").iterdir()) == []


def test_what_cannot_be_read_is_listed_and_the_others_go_on(run, make_ct, monkeypatch):
    run.add("a.dcm", make_ct(1))
    run.add("b.dcm", make_ct(2))
    run.add("closed/c.dcm", make_ct(3))
    real_open, real_scandir = os.open, os.scandir

    def refuse(real, name):
        def refusing(path, *rest, **more):
            if str(path).endswith(name):
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return real(path, *rest, **more)

        return refusing

    monkeypatch.setattr(sources_module.os, "open", refuse(real_open, "in/a.dcm"))
    monkeypatch.setattr(sources_module.os, "scandir", refuse(real_scandir, "closed"))
    run(layout=PATTERN)
    assert run.outcomes() == {"a.dcm": "failed", "b.dcm": "done", "closed": "failed"}
    assert run.rows["a.dcm"].reason == "it cannot be read: Permission denied"


def test_a_file_that_changes_while_it_is_read_fails(run, make_ct):
    run.add("a.dcm", make_ct())
    [found] = find(run.source)
    with (run.source / "a.dcm").open("ab") as file:
        file.write(b"more")
    with pytest.raises(InstanceFailed, match="changed while it was read"):
        Reader().read(found)
    (run.source / "a.dcm").unlink()
    with pytest.raises(InstanceFailed, match="No such file"):
        Reader().read(found)


def test_a_full_disk_ends_the_run_and_leaves_nothing_half_written(run, make_ct, monkeypatch):
    for number in range(3):
        run.add(f"{number}.dcm", make_ct(number))
    real, written = os.writev, []

    def full(descriptor, parts):
        written.append(len(parts))
        if len(written) > 1:
            os.write(descriptor, bytes(100))
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, parts)

    monkeypatch.setattr(tree_module.os, "writev", full)
    with pytest.raises(ConfigurationError, match="the disk is full: make room"):
        run(layout=PATTERN)
    assert run.outputs() == ["0.dcm"]
    monkeypatch.undo()
    assert run(layout=PATTERN).counts == {Outcome.DONE: 3}


def test_what_a_killed_run_left_is_taken_away(run, make_ct):
    run.add("a.dcm", make_ct())
    partial = run.out / tree_module.PARTIAL
    partial.mkdir(parents=True)
    (partial / "1-1").write_bytes(b"half")
    run(layout=PATTERN)
    assert run.outputs() == ["a.dcm"]
    assert not partial.exists()


def test_only_one_run_at_a_time_writes_to_a_folder(run, make_ct):
    run.add("a.dcm", make_ct())
    with tree_module.taken(run.out), pytest.raises(ConfigurationError, match="another run writes"):
        run()


def test_stopping_keeps_what_is_done_and_the_next_run_goes_on(run, make_ct):
    for number in range(100):
        run.add(f"{number:03}.dcm", make_ct(number))
    seen = []

    def press_ctrl_c(row):
        seen.append(row)
        if len(seen) == 40:
            raise KeyboardInterrupt

    summary = run(layout=PATTERN, tell=press_ctrl_c)
    assert summary.stopped
    assert 40 <= len(run.outputs()) < 100
    summary = run(layout=PATTERN)
    assert not summary.stopped
    assert summary.counts == {Outcome.DONE: 100}
    assert summary.earlier >= 40


def test_a_bug_fails_one_input_and_its_reason_holds_no_value(run, make_ct, monkeypatch):
    run.add("a.dcm", make_ct(1))
    run.add("b.dcm", make_ct(2))

    class Faulty(work_module.Deidentifier):
        def __call__(self, data):
            if data == make_ct(1):
                raise KeyError("Ashworth")
            return super().__call__(data)

    monkeypatch.setattr(work_module, "Deidentifier", Faulty)
    run(layout=PATTERN)
    assert run.outcomes() == {"a.dcm": "failed", "b.dcm": "done"}
    assert "KeyError" in run.rows["a.dcm"].reason
    assert "Ashworth" not in run.rows["a.dcm"].reason


def test_the_projects_filters_hold_for_files_too(run, make_ct, tmp_path):
    folder = tmp_path / "projects"
    folder.mkdir()
    (folder / "policies").symlink_to(run.projects / "policies")
    (folder / "thin.yaml").write_text(
        "project: {name: thin, modalities: [CT]}\npolicy: research\nseries_filters: [scout]\n"
        "allowed_manufacturers: [{regex: '^GE', exclude_series_numbers: [99]}]\n"
        "destination: {dicom: none, parquet: none}\n"
    )
    run.projects = folder
    run.add("scout.dcm", make_ct(1, description="Scout view"))
    run.add("chest.dcm", make_ct(2, description="CHEST"))
    run(project="thin", layout=PATTERN)
    assert run.outcomes() == {"chest.dcm": "done", "scout.dcm": "rejected"}
    assert run.rows["scout.dcm"].reason == "series_filters: the description contains 'scout'"


def test_names_that_are_no_text_are_kept_as_they_are(run, make_ct):
    name = b"caf\xe9.dcm"
    (run.source / os.fsdecode(name)).write_bytes(make_ct())
    run(layout=PATTERN)
    assert [os.fsencode(path.name) for path in run.out.iterdir()] == [name]
    assert run(layout=PATTERN).earlier == 1


def test_the_cache_can_be_read_by_its_owner_only_and_names_no_input(run, make_ct, tmp_path):
    run.add("Ashworth/a.dcm", make_ct())
    run()
    files = list(tmp_path.glob("cache.sqlite*"))
    assert files
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert all(b"Ashworth" not in path.read_bytes() for path in files)
    assert all(b"MRN0001" not in path.read_bytes() for path in files)


def test_a_policy_that_changed_since_the_run_was_planned_stops_it(run, make_ct):
    run.add("a.dcm", make_ct())
    with pytest.raises(ConfigurationError, match="changed while the run began"):
        run(terms=b"of another policy")
    assert run.outputs() == []
