"""The pattern of output paths: pseudonyms only, and nothing that leads out of the output folder."""

import pytest

from pixl.deid import Record
from pixl.domain.errors import ConfigurationError, InstanceFailed
from pixl.files.layout import DEFAULT_LAYOUT, Layout


def record(**changes):
    given = {"sop_uid": "2.25.4", "series_uid": "2.25.3", "study_uid": "2.25.2", "patient_id": "abc"}
    return Record(**(given | {"accession_number": "ff", "modality": "CT"} | changes))


def test_a_pattern_is_filled_with_pseudonyms():
    assert Layout(DEFAULT_LAYOUT).path(record(), "x") == "abc/2.25.2/2.25.3/2.25.4.dcm"
    assert Layout("{modality}/{accession}-{instance}").path(record(), "x") == "CT/ff-2.25.4"
    assert Layout("{input_path}").path(record(), "a/b c.dcm") == "a/b c.dcm"


def test_a_value_that_the_output_does_not_have_has_a_name_too():
    assert Layout("{accession}/{instance}").path(record(accession_number=""), "x") == "no-accession/2.25.4"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{patent}/{instance}", "did you mean 'patient'"),
        ("{patient}/{study}", "needs {instance} or {input_path}"),
        ("/{instance}", "inside the output folder"),
        ("../{instance}", "inside the output folder"),
        ("a/../../{instance}", "inside the output folder"),
        (".{instance}", "inside the output folder"),
        ("{instance", "braces do not match"),
        ("{instance!r}", "braces do not match"),
        ("{instance:99999999}", "braces do not match"),
        ("{}{instance}", "braces do not match"),
        ("{instance.__class__}", "there is no"),
    ],
)
def test_a_wrong_pattern_is_refused_with_its_reason(pattern, reason):
    with pytest.raises(ConfigurationError, match=reason.replace("{", r"\{").replace("}", r"\}")):
        Layout(pattern)


@pytest.mark.parametrize("value", ["..", "a/b", "a\\b", "", " a", "a\0", "-rf", "x" * 129])
def test_a_value_that_no_file_can_be_called_is_refused_without_showing_it(value):
    given = record(modality=value or "a b")
    with pytest.raises(InstanceFailed) as caught:
        Layout("{modality}/{instance}").path(given, "x")
    assert str(caught.value) == "--layout: {modality} is nothing that a file or folder can be called"


@pytest.mark.parametrize("path", ["../x", "a//b", "/x", "a/./b", "a/\0"])
def test_an_input_path_that_leads_out_is_refused(path):
    with pytest.raises(InstanceFailed, match="leads out"):
        Layout("{input_path}").path(record(), path)
