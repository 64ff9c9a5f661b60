"""Of what a scanner makes by the hundred one image is read, and the brightest of the others: all else is read whole."""

import io

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from pixl.checks import KnownStudy
from pixl.testing.outputs import original

from .conftest import findings
from .test_pixels import TEXT, file, picture, saved

PLAIN = {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}
ONLY_FIRST = {"sample_original_primary": {"brightest": False}}
EVERY = {"sample_original_primary": None}


def image(*lines, **keywords):
    """A CT image as a scanner acquires it, of 16 bits."""
    return file(picture(*lines).astype(np.uint16) * 16, **{**PLAIN, **keywords})


def places(*files, **options):
    """Return which files something was found in."""
    return [one.instance for one in findings("pixels", *files, options=options)]


def changed(data, **keywords):
    dataset = pydicom.dcmread(io.BytesIO(data))
    for keyword, value in keywords.items():
        setattr(dataset, keyword, value)
    return saved(dataset)


def test_a_line_in_one_image_of_a_series_is_found_and_the_image_is_named():
    series = [image(), *(image() for _ in range(6)), image((TEXT, 30, 60)), *(image() for _ in range(4))]
    (found,) = findings("pixels", *series)
    assert found.instance == "2.25.7"
    assert found.value.startswith("ASHBURY")
    assert (found.box.frame, found.box.last) == (0, 0)
    assert (found.box.left, found.box.top) <= (30, 48)


def test_once_a_line_is_found_in_the_image_that_is_read_all_of_the_series_are_read():
    series = [image((TEXT, 30, 60)) for _ in range(4)]
    assert places(*series) == ["2.25.0", "2.25.1", "2.25.2", "2.25.3"]


def test_a_project_may_have_only_some_images_of_a_series_read():
    series = [image(), image(), image((TEXT, 30, 60))]
    assert places(*series, **ONLY_FIRST) == []
    assert places(*series, sample_original_primary={"brightest": False, "per_series": 3}) == ["2.25.2"]


def test_a_project_may_have_every_image_read():
    assert places(image(), image(), image((TEXT, 30, 60)), **EVERY) == ["2.25.2"]


def test_of_each_series_an_image_is_read():
    other = pydicom.uid.generate_uid()
    assert places(image(), image((TEXT, 30, 60), SeriesInstanceUID=other), **ONLY_FIRST) == ["2.25.1"]


def test_a_study_that_was_made_again_is_read_whole():
    series = [image(), image((TEXT, 30, 60))]
    found = findings("pixels", *series, options=ONLY_FIRST, known=KnownStudy(made_again=True))
    assert [one.instance for one in found] == ["2.25.1"]


@pytest.mark.parametrize(
    "keywords",
    [
        {"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]},
        {"ImageType": ["ORIGINAL", "SECONDARY"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "SCREEN SAVE"]},
        {"ImageType": ["ORIGINAL"]},
        {"ImageType": ""},
        {"Modality": "US"},
        {"Modality": "CR"},
        {"BurnedInAnnotation": "YES"},
        {"BurnedInAnnotation": "UNKNOWN"},
        {"ConversionType": "WSD"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        {"PhotometricInterpretation": "MONOCHROME1"},
    ],
)
def test_what_is_no_plain_image_of_a_scanner_is_read(keywords):
    assert places(image(**keywords), image((TEXT, 30, 60), **keywords), **ONLY_FIRST) == ["2.25.1"]


def test_an_image_with_an_overlay_is_read():
    dataset = pydicom.dcmread(io.BytesIO(image((TEXT, 30, 60))))
    dataset.add_new(0x60000010, "US", 8)
    assert places(image(), saved(dataset), **ONLY_FIRST) == ["2.25.1"]


def test_an_image_of_eight_bits_is_read():
    second = file(picture((TEXT, 30, 60)), **PLAIN)
    assert places(file(picture(), **PLAIN), second, **ONLY_FIRST) == ["2.25.1"]


def test_a_clip_is_read():
    frames = np.stack([picture((TEXT, 30, 60)).astype(np.uint16)] * 2)
    assert places(file(frames[:, ::-1], **PLAIN), file(frames, **PLAIN), **ONLY_FIRST)[-1] == "2.25.1"


@pytest.mark.parametrize("keywords", [{"BurnedInAnnotation": "YES"}, {"ConversionType": "DI"}])
def test_what_the_original_says_counts_too(keywords):
    source = changed(original(), **keywords)
    assert places((image(), source), (image((TEXT, 30, 60)), source), **ONLY_FIRST) == ["2.25.1"]


def test_of_a_compressed_series_the_first_images_are_read():
    def compressed(data):
        dataset = pydicom.dcmread(io.BytesIO(data))
        dataset.compress(RLELossless, generate_instance_uid=False)
        return saved(dataset)

    plain, written = compressed(image()), compressed(image((TEXT, 30, 60)))
    assert places(plain, written) == []
    assert places(written, plain) == ["2.25.0"]


def test_pixel_data_that_are_too_short_are_held():
    short = changed(image(), PixelData=b"\0" * 100)
    (found,) = findings("pixels", image(), short)
    assert (found.kind, found.instance) == ("unreadable", "2.25.1")


def test_images_of_many_series_are_all_seen():
    uids = [pydicom.uid.generate_uid() for _ in range(12)]
    first = [image(SeriesInstanceUID=uid) for uid in uids]
    second = [image((TEXT, 30, 60), SeriesInstanceUID=uid) for uid in uids]
    assert len(places(*first, *second)) == 12


def test_what_is_known_of_the_patient_counts_in_the_brightest_too():
    source = original()
    series = [(image(), source), (image(), source), (image(("Josephine Ashbury", 20, 60)), source)]
    (found,) = findings("pixels", *series)
    assert (found.kind, found.instance) == ("name", "2.25.2")


def test_big_endian_images_are_added_up_as_they_are():
    def big_endian(data):
        dataset = pydicom.dcmread(io.BytesIO(data))
        dataset.PixelData = dataset.pixel_array.astype(">u2").tobytes()
        buffer = io.BytesIO()
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.2"
        pydicom.dcmwrite(buffer, dataset, implicit_vr=False, little_endian=False, force_encoding=True)
        return buffer.getvalue()

    assert places(*map(big_endian, (image(), image(), image((TEXT, 30, 60)), image()))) == ["2.25.2"]
