"""Regions of pictures that are blackened, in every layout of pixels; what cannot be blackened does not leave."""

import dataclasses
import io
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import pack_bits
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from pixl.deid import deidentify, load_policy
from pixl.deid.picture import read_picture
from pixl.deid.region_file import RegionsFile, device_regions
from pixl.deid.regions import DeviceRegions
from pixl.dicom.part10 import read_part10
from pixl.domain.errors import ConfigurationError, InstanceFailed, InstanceRejected
from pixl.domain.project import DestinationNames, Project
from pixl.project.yaml_file import read_form

ROWS, COLUMNS, FRAMES = 6, 8, 2
LEFT, TOP, WIDTH, HEIGHT = 2, 1, 4, 3
IMAGE = ["ImageType", "Manufacturer", "NumberOfFrames", "PhotometricInterpretation", "PixelData", "BurnedInAnnotation"]
IMAGE += ["RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData"]
KEEP = {"op": "keep", "vrs": ["US", "SQ", "UL"]}, {"op": "keep", "tags": IMAGE}
LISTED = DeviceRegions(name="listed", modalities=("CT",), blank=((LEFT, TOP, WIDTH, HEIGHT),))


@pytest.fixture
def blackened(policy, pseudonymiser, read):
    """Return what becomes of an instance when a list of regions has these devices."""

    def make(data, *devices, **keywords):
        return read(deidentify(data, policy(*KEEP, regions=devices or (LISTED,), **keywords), pseudonymiser).data)

    return make


def image(instance, array, *, syntax=ExplicitVRLittleEndian, encode=None, **keywords):
    """Return the bytes of an instance with this array of frames, rows, columns and samples as its pixels."""
    frames, rows, columns, *samples = array.shape
    array = array.transpose(0, 3, 1, 2) if keywords.get("PlanarConfiguration") else array
    bits = 8 * array.dtype.itemsize
    if syntax == ExplicitVRBigEndian and bits > 8:
        array = array.byteswap()
    given = {
        "Rows": rows,
        "Columns": columns,
        "NumberOfFrames": frames,
        "SamplesPerPixel": samples[0] if samples else 1,
        "PhotometricInterpretation": "RGB" if samples else "MONOCHROME2",
        "PlanarConfiguration": 0 if samples else None,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": (keywords.get("BitsStored") or bits) - 1,
        "PixelRepresentation": int(array.dtype.kind == "i"),
        "PixelData": (encode or bytes)(array.tobytes()),
    }
    data = instance(syntax=syntax, **(given | keywords))
    return data if encode is None else encapsulated(data)


def encapsulated(data):
    dataset = pydicom.dcmread(io.BytesIO(data))
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def noise(shape, dtype="uint8"):
    low = np.iinfo(dtype).min // 2 + 3
    return np.random.default_rng(1).integers(low, np.iinfo(dtype).max // 2, shape, dtype=dtype)


def pixels(dataset):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dataset.pixel_array


def painted(array, black):
    expected = array.copy()
    expected[:, TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = black
    return expected


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize(
    "kind",
    [
        ("uint8", "MONOCHROME2", 8, 0),
        ("uint8", "MONOCHROME1", 8, 255),
        ("uint16", "MONOCHROME2", 12, 0),
        ("uint16", "MONOCHROME1", 12, 4095),
        ("uint16", "MONOCHROME1", 16, 65535),
        ("int16", "MONOCHROME2", 16, -32768),
        ("int16", "MONOCHROME2", 12, -2048),
        ("int16", "MONOCHROME1", 12, 2047),
        ("uint32", "MONOCHROME2", 32, 0),
    ],
)
def test_a_region_of_a_grey_image_becomes_black(instance, blackened, syntax, kind):
    dtype, photometric, stored, black = kind
    array = noise((FRAMES, ROWS, COLUMNS), dtype) // 32
    data = image(instance, array, syntax=syntax, PhotometricInterpretation=photometric, BitsStored=stored)
    out = blackened(data)
    assert out.file_meta.TransferSyntaxUID == syntax
    got = np.frombuffer(out.PixelData, array.dtype).reshape(array.shape)
    assert (got == painted(array, black)).all()


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_a_region_of_a_colour_image_becomes_black(instance, blackened, planar, dtype, photometric):
    array = noise((FRAMES, ROWS, COLUMNS, 3), dtype)
    middle = 1 << 8 * array.dtype.itemsize - 1
    data = image(instance, array, PlanarConfiguration=planar, PhotometricInterpretation=photometric)
    out = blackened(data)
    expected = painted(array, [0, 0, 0] if photometric == "RGB" else [0, middle, middle])
    stored = expected.transpose(0, 3, 1, 2) if planar else expected
    assert out.PixelData == stored.tobytes()


def test_halved_chrominance_is_blackened_in_pairs_of_columns(instance, blackened):
    array = noise((1, ROWS, COLUMNS * 2))
    odd = dataclasses.replace(LISTED, blank=((3, TOP, 2, HEIGHT),))
    data = image(
        instance,
        array,
        Columns=COLUMNS,
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="YBR_FULL_422",
    )
    array[:, TOP : TOP + HEIGHT, 4:12] = [0, 0, 128, 128] * 2  # columns 2 to 5: one more on either side
    assert blackened(data, odd).PixelData == array.tobytes()


def test_a_region_of_a_palette_image_gets_the_darkest_colour(instance, blackened):
    array = noise((1, ROWS, COLUMNS)) % 4
    colours = {}
    for colour, table in (("Red", [9, 8, 1, 7]), ("Green", [9, 8, 2, 7]), ("Blue", [9, 8, 3, 7])):
        colours[f"{colour}PaletteColorLookupTableDescriptor"] = [4, 0, 16]
        colours[f"{colour}PaletteColorLookupTableData"] = np.array(table, "uint16").tobytes()
    out = blackened(image(instance, array, PhotometricInterpretation="PALETTE COLOR", **colours))
    assert out.PixelData == painted(array, 2).tobytes()


def test_a_palette_image_without_its_colours_fails(instance, blackened):
    data = image(instance, noise((1, ROWS, COLUMNS)), PhotometricInterpretation="PALETTE COLOR")
    with pytest.raises(InstanceFailed, match="colour table"):
        blackened(data)


def test_big_endian_words_are_blackened_in_their_order(instance, blackened):
    array = noise((FRAMES, ROWS, COLUMNS), "uint16") % 1024
    data = image(instance, array, syntax=ExplicitVRBigEndian, PhotometricInterpretation="MONOCHROME1", BitsStored=12)
    out = blackened(data)
    assert out.PixelData == painted(array, 4095).byteswap().tobytes()


def test_bytes_in_big_endian_words_are_blackened_where_they_are(instance, blackened):
    array = noise((1, ROWS, COLUMNS))
    odd = dataclasses.replace(LISTED, blank=((3, TOP, 2, HEIGHT),))
    swapped = np.frombuffer(array.tobytes(), "uint16").byteswap().tobytes()
    words = [DataElement(0x7FE00010, "OW", swapped)]
    out = blackened(image(instance, array, syntax=ExplicitVRBigEndian, PixelData=None, elements=words), odd)
    array[:, TOP : TOP + HEIGHT, 3:5] = 0
    assert np.frombuffer(out.PixelData, "uint16").byteswap().tobytes() == array.tobytes()


def test_a_shifted_sample_is_black_where_its_bits_are(instance, blackened):
    array = noise((1, ROWS, COLUMNS), "uint16")
    data = image(instance, array, PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=15)
    got = np.frombuffer(blackened(data).PixelData, "uint16").reshape(ROWS, COLUMNS)
    assert got[TOP, LEFT] == 4095 << 4


def test_a_region_over_the_edge_is_cut_off(instance, blackened):
    array = noise((1, ROWS, COLUMNS))
    out = blackened(image(instance, array), dataclasses.replace(LISTED, blank=((6, 4, 900, 900),)))
    array[:, 4:, 6:] = 0
    assert out.PixelData == array.tobytes()


def test_all_but_the_named_regions_can_be_blackened(instance, blackened):
    array = noise((FRAMES, ROWS, COLUMNS))
    device = DeviceRegions(name="inverse", rows=ROWS, blank_outside=((1, 1, 3, 2), (3, 2, 2, 2)))
    expected = np.zeros_like(array)
    for part in (np.s_[:, 1:3, 1:4], np.s_[:, 2:4, 3:5]):
        expected[part] = array[part]
    assert blackened(image(instance, array), device).PixelData == expected.tobytes()


def ultrasound(*corners):
    region = Dataset()
    names = ["RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1"]
    for name, value in zip(names, corners, strict=True):
        setattr(region, name, value)
    return region


def test_all_but_the_regions_that_ultrasound_declares_can_be_blackened(instance, blackened):
    array = noise((1, ROWS, COLUMNS, 3))
    device = DeviceRegions(name="ultrasound", modalities=("US",), outside_ultrasound_regions=True)
    regions = [ultrasound(0, 1, 2, 3), ultrasound(5, 5, 7, 5)]
    data = image(instance, array, Modality="US", SequenceOfUltrasoundRegions=regions)
    expected = np.zeros_like(array)
    for part in (np.s_[:, 1:4, 0:3], np.s_[:, 5:6, 5:8]):
        expected[part] = array[part]
    assert blackened(data, device).PixelData == expected.tobytes()
    with pytest.raises(InstanceFailed, match="SequenceOfUltrasoundRegions is missing"):
        blackened(image(instance, array, Modality="US"), device)
    half = ultrasound(0, 0, 1, 1)
    del half.RegionLocationMaxX1
    with pytest.raises(InstanceFailed, match="without its four corners"):
        blackened(image(instance, array, Modality="US", SequenceOfUltrasoundRegions=[half]), device)


@pytest.mark.parametrize(
    ("changed", "matches"),
    [
        ({}, True),
        ({"manufacturer": "^acme"}, True),
        ({"manufacturer": "other"}, False),
        ({"model": "probe"}, False),
        ({"rows": ROWS + 1}, False),
        ({"columns": COLUMNS}, True),
        ({"image_type": ("SECONDARY",)}, False),
        ({"image_type": ("PRIMARY", "ORIGINAL")}, True),
        ({"modalities": ("US", "SC")}, False),
    ],
)
def test_a_region_is_for_the_devices_that_its_list_describes(instance, blackened, changed, matches):
    array = noise((1, ROWS, COLUMNS))
    data = image(instance, array, Manufacturer="ACME Medical", ImageType=["ORIGINAL", "PRIMARY"])
    out = blackened(data, dataclasses.replace(LISTED, **changed))
    assert (out.PixelData != array.tobytes()) is matches


def test_the_option_is_stamped_only_where_something_was_blackened(instance, blackened):
    array = noise((1, ROWS, COLUMNS))
    options = ("basic", "clean-pixel-data")
    for rows, codes in ((ROWS, ["113100", "113101"]), (ROWS + 1, ["113100"])):
        out = blackened(image(instance, array), dataclasses.replace(LISTED, rows=rows), options=options)
        assert [item.CodeValue for item in out.DeidentificationMethodCodeSequence] == codes


def test_a_device_can_be_refused(instance, blackened):
    refused = DeviceRegions(name="screens", modalities=("CT",), refuse="screen captures")
    with pytest.raises(InstanceRejected, match="screens: screen captures"):
        blackened(image(instance, noise((1, ROWS, COLUMNS))), refused)


def test_text_that_is_said_to_be_burned_in_does_not_pass_unblackened(instance, blackened):
    data = image(instance, noise((1, ROWS, COLUMNS)), BurnedInAnnotation="YES")
    with pytest.raises(InstanceFailed, match="BurnedInAnnotation is YES"):
        blackened(data, dataclasses.replace(LISTED, rows=99))
    assert blackened(data).PixelData


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"PhotometricInterpretation": "CMYK"}, "PhotometricInterpretation is not known"),
        ({"PhotometricInterpretation": "RGB"}, "PhotometricInterpretation is not known"),
        ({"BitsAllocated": 12}, "BitsAllocated"),
        ({"BitsStored": 0}, "BitsStored"),
        ({"BitsStored": None}, "BitsStored and HighBit do not fit"),
        ({"NumberOfFrames": 5}, "not as long as"),
        ({"Columns": COLUMNS * 2}, "not as long as"),
        ({"PixelData": None, "FloatPixelData": bytes(4)}, "PixelData is missing"),
    ],
)
def test_what_cannot_be_blackened_fails(instance, blackened, wrong, said):
    with pytest.raises(InstanceFailed, match=said):
        blackened(image(instance, noise((1, ROWS, COLUMNS)), **wrong))


def test_an_object_without_pixels_needs_no_regions(instance, blackened):
    assert blackened(instance(Rows=4)).Rows == 4


def test_single_bits_cannot_be_blackened(instance, blackened):
    bits = pack_bits(np.ones((1, ROWS, COLUMNS), "uint8"))
    wrong = {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "PixelData": bits}
    with pytest.raises(InstanceFailed, match="BitsAllocated"):
        blackened(image(instance, noise((1, ROWS, COLUMNS)), **wrong))


@pytest.mark.parametrize("samples", [(), (3,)])
def test_compressed_images_are_decoded_blackened_and_written_uncompressed(instance, blackened, samples):
    array = noise((FRAMES, ROWS, COLUMNS, *samples))
    dataset = pydicom.dcmread(io.BytesIO(image(instance, array)))
    dataset.compress(RLELossless, generate_instance_uid=False)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    out = blackened(buffer.getvalue())
    assert out.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert (pixels(out).reshape(array.shape) == painted(array, 0)).all()


def test_compressed_images_that_are_not_listed_stay_as_they_are(instance, blackened):
    data = image(instance, noise((1, ROWS, COLUMNS)), syntax=RLELossless, encode=lambda value: encapsulate([value]))
    out = blackened(data, dataclasses.replace(LISTED, rows=ROWS + 1))
    assert out.file_meta.TransferSyntaxUID == RLELossless


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless, MPEG2MPML])
def test_compressed_images_that_cannot_be_decoded_do_not_pass(instance, blackened, syntax):
    data = image(instance, noise((1, ROWS, COLUMNS)), syntax=syntax, encode=lambda value: encapsulate([b"\xff" * 64]))
    with pytest.raises(InstanceFailed, match=r"no codec for|cannot be decoded"):
        blackened(data)


# The lists

LIST = """
devices:
- name: ACME probe
  when: {modalities: [US], manufacturer: acme, model: "probe *2", rows: 6, columns: 8, image_type: [PRIMARY]}
  blank: [[0, 0, 8, 1]]
  outside_ultrasound_regions: true
"""


@pytest.fixture
def load(tmp_path):
    def make(policy, regions=LIST):
        (tmp_path / "policy.yaml").write_text(policy)
        (tmp_path / "devices.yaml").write_text(regions)
        none = DestinationNames(dicom="none", parquet="none")
        file, policy_file = tmp_path / "p.yaml", tmp_path / "policy.yaml"
        return load_policy(Project(name="p", modalities=(), destination=none, file=file, policy=policy_file))

    return make


def test_a_policy_names_its_lists_and_its_hash_knows_what_is_in_them(load):
    policy = load("regions: [devices.yaml]")
    (device,) = policy.regions
    assert (device.name, device.blank, device.outside_ultrasound_regions) == ("ACME probe", ((0, 0, 8, 1),), True)
    assert any(line.startswith("pixels: ACME probe: ") for line in policy.describe())
    assert policy.hash != load("regions: [devices.yaml]", LIST.replace("8, 1", "8, 2")).hash


@pytest.mark.parametrize(
    ("policy", "regions", "said"),
    [
        ("options: [clean-pixel-data]", LIST, "clean-pixel-data needs regions"),
        ("regions: [device.yaml]", LIST, r"device\.yaml: cannot be read"),
        ("regions: [devices.yaml]", "devices: [{name: x, when: {}, blank: [[0, 0, 1, 1]]}]", "every picture"),
        ("regions: [devices.yaml]", "devices: [{name: x, when: {rows: 1}}]", "nothing happens"),
        ("regions: [devices.yaml]", "devices: [{name: x, when: {rows: 1}, blank: [[0, -1, 1, 1]]}]", r"blank"),
        ("regions: [devices.yaml]", "devices: [{name: x, when: {model: '('}, refuse: no}]", r"refuse|model"),
        ("regions: [devices.yaml]", "devices: [{name: x, when: {model: '('}, refuse: 'no'}]", r"when\.model"),
        (
            "regions: [devices.yaml]",
            "devices: [{name: x, when: {row: 1}, blank: [[0, 0, 1, 1]]}]",
            "did you mean 'rows'",
        ),
    ],
)
def test_a_wrong_list_is_named_with_file_and_place(load, policy, regions, said):
    with pytest.raises(ConfigurationError, match=said):
        load(policy, regions)


ELEMENTS = """
devices:
- name: ACME 2
  when: {elements: {SoftwareVersions: "^2[.]", Modality: "^US$"}, unless: {ImageType: "DERIVED"}}
  blank: [[0, 0, 8, 1]]
"""


@pytest.mark.parametrize(
    ("changed", "matches"),
    [
        ({}, True),
        ({"SoftwareVersions": "12.1"}, False),
        ({"SoftwareVersions": None}, False),
        ({"Modality": "CT"}, False),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, False),
    ],
)
def test_a_list_may_ask_for_any_element(load, instance, changed, matches):
    (device,) = load("regions: [devices.yaml]", ELEMENTS).regions
    keywords = {"Modality": "US", "SoftwareVersions": "2.1", "ImageType": ["ORIGINAL", "PRIMARY"]} | changed
    data = image(instance, noise((1, ROWS, COLUMNS)), **keywords)
    assert device.matches(read_picture(read_part10(data))) is matches


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        (ELEMENTS.replace("SoftwareVersions", "SoftwareVersion"), "did you mean 'SoftwareVersions'"),
        (ELEMENTS.replace("DERIVED", "("), r"unless\.ImageType: not a regular expression"),
    ],
)
def test_an_element_that_a_list_asks_for_wrongly_is_named(load, regions, said):
    with pytest.raises(ConfigurationError, match=said):
        load("regions: [devices.yaml]", regions)


def test_the_ready_list_of_devices_loads_and_its_entries_tell_devices_apart():
    path = Path(__file__).parents[2] / "projects" / "policies" / "regions" / "dicom-dre.yaml"
    devices = device_regions(read_form(path, RegionsFile), path)
    assert len(devices) > 180
    assert sum(len(device.blank) for device in devices) > 200
    assert not [device.name for device in devices if not (device.manufacturer or device.condition)]


# Faces


def careful(policy):
    return policy(options=("basic", "clean-recognizable-visual-features"))


@pytest.mark.parametrize(("modality", "part"), [("CT", "HEAD"), ("MR", None), ("PT", "WHOLEBODY"), ("XC", "HAND")])
def test_a_policy_may_refuse_what_may_show_a_face(instance, policy, pseudonymiser, modality, part):
    with pytest.raises(InstanceFailed, match="face"):
        deidentify(instance(Modality=modality, BodyPartExamined=part), careful(policy), pseudonymiser)


@pytest.mark.parametrize("shown", [("CT", "CHEST"), ("US", None)])
def test_what_can_show_no_face_passes_such_a_policy(instance, policy, pseudonymiser, read, shown):
    data = instance(Modality=shown[0], BodyPartExamined=shown[1])
    out = read(deidentify(data, careful(policy), pseudonymiser).data)
    assert [item.CodeValue for item in out.DeidentificationMethodCodeSequence] == ["113100"]


# Bits that no sample uses


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_what_hides_above_the_stored_bits_goes_and_the_samples_stay(instance, policy, pseudonymiser, read, syntax):
    array = noise((1, ROWS, COLUMNS), "uint16") % 4096
    hidden = array | 0x4000
    done = deidentify(image(instance, hidden, syntax=syntax, BitsStored=12), policy(*KEEP), pseudonymiser)
    order = ">u2" if syntax == ExplicitVRBigEndian else "<u2"
    assert (np.frombuffer(read(done.data).PixelData, order).reshape(array.shape) == array).all()
    assert done.record.counts["unused bits"] == 1


def test_pixels_that_use_all_their_bits_are_passed_on(instance, policy, pseudonymiser, read):
    array = noise((1, ROWS, COLUMNS), "uint16")
    done = deidentify(image(instance, array), policy(*KEEP), pseudonymiser)
    assert read(done.data).PixelData == array.tobytes()
    assert "unused bits" not in done.record.counts


def test_samples_of_a_wrong_description_are_not_touched(instance, policy, pseudonymiser, read):
    array = noise((1, ROWS, COLUMNS), "uint16")
    done = deidentify(image(instance, array, BitsStored=12, HighBit=3), policy(*KEEP), pseudonymiser)
    assert read(done.data).PixelData == array.tobytes()
