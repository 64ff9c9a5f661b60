"""dcm2niix, which most image research begins with, makes the same volumes of what was de-identified."""

import copy
import io
import shutil
import struct
import subprocess
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.deid import deidentify, load_policy
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
POLICY = load_policy(Projects(ROOT / "projects").get("demo"))
SERIES = Path(get_testdata_file("DICOMDIR")).parent
TEXT_OF_HEADER = slice(148, 252)
"""Of NIfTI-1: a description, which quotes the time, and the name of another file."""
GRADIENTS = ((0, (0.0, 0.0, 0.0)), (1000, (1.0, 0.0, 0.0)), (1000, (0.0, 0.6, 0.8)), (2000, (0.0, -0.8, 0.6)))
SLICES = 3

pytestmark = pytest.mark.skipif(not shutil.which("dcm2niix"), reason="needs dcm2niix: scripts/setup tests")


def converted(files, folder):
    """Return what dcm2niix makes of a series: the volumes, and the gradients as text."""
    source, out = folder / "in", folder / "out"
    source.mkdir(parents=True)
    out.mkdir()
    for number, data in enumerate(files):
        (source / f"{number:03}.dcm").write_bytes(data)
    command = ["dcm2niix", "-f", "%s_%e", "-b", "y", "-o", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    # Overlays, of which it makes volumes too, are not kept.
    wanted = (path for path in out.iterdir() if path.suffix != ".json" and "_ROI" not in path.name)
    made = {path.name: path.read_bytes() for path in wanted}
    return {name: without_text(data) if name.endswith(".nii") else data for name, data in made.items()}


def without_text(volume):
    return volume[: TEXT_OF_HEADER.start] + volume[TEXT_OF_HEADER.stop :]


def both(files, tmp_path):
    """Return what is made of a series before and after."""
    pseudonymiser = KeyedPseudonymiser(b"0" * 32)
    cleaned = [deidentify(data, POLICY, pseudonymiser).data for data in files]
    return converted(files, tmp_path / "before"), converted(cleaned, tmp_path / "after")


@pytest.mark.parametrize("folder", ["98892001/CT5N", "77654033/CT2", "98892003/MR700"])
def test_real_series_become_the_same_volumes_with_the_same_affine(folder, tmp_path):
    files = [path.read_bytes() for path in sorted((SERIES / folder).iterdir()) if path.is_file()]
    before, after = both(files, tmp_path)
    assert any(name.endswith(".nii") for name in before)
    assert after == before


def of_a_known_manufacturer(data):
    """Return an object whose manufacturer keeps its name: newer dcm2niix take `Medical`, of `Acme Medical`, for one."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    if "Acme" not in dataset.get("Manufacturer", ""):
        return data
    dataset.Manufacturer = "TOSHIBA"
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["MR-SIEMENS-DICOM-WithOverlays.dcm", "emri_small.dcm", "eCT_Supplemental.dcm"])
def test_real_single_files_become_the_same_volumes(name, tmp_path):
    before, after = both([of_a_known_manufacturer(Path(get_testdata_file(name)).read_bytes())], tmp_path)
    assert any(made.endswith(".nii") for made in before)
    assert after == before


def siemens(dataset, b_value, gradient):
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", str(b_value))
    block.add_new(0x0D, "CS", "DIRECTIONAL" if b_value else "NONE")
    if b_value:
        block.add_new(0x0E, "FD", list(gradient))


def philips(dataset, b_value, gradient):
    dataset.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", float(b_value))
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    for offset, part in zip((0xB0, 0xB1, 0xB2), gradient, strict=True):
        block.add_new(offset, "FL", part)


def ge(dataset, b_value, gradient):
    dataset.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", [b_value, 8, 0, 0])
    block = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    for offset, part in zip((0xBB, 0xBC, 0xBD), gradient, strict=True):
        block.add_new(offset, "DS", str(part))


def standard(dataset, b_value, gradient):
    dataset.DiffusionBValue = float(b_value)
    dataset.DiffusionGradientOrientation = list(gradient)


def diffusion_series(manufacturer, add):
    """Return a diffusion series made of a real MR image: one volume a gradient."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        real = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
        for number in range(len(GRADIENTS) * SLICES):
            volume, place = divmod(number, SLICES)
            dataset = copy.deepcopy(real)
            dataset.Manufacturer = manufacturer
            dataset.SeriesDescription = "DWI"
            dataset.SeriesNumber, dataset.AcquisitionNumber, dataset.InstanceNumber = 7, volume + 1, number + 1
            dataset.SOPInstanceUID = f"{real.SOPInstanceUID}.{number}"
            dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            dataset.ImagePositionPatient = [0, 0, 2.5 * place]
            dataset.SliceThickness = 2.5
            dataset.AcquisitionTime = f"1200{volume:02}"
            dataset.PixelData = struct.pack("<H", number) + dataset.PixelData[2:]
            add(dataset, *GRADIENTS[volume])
            buffer = io.BytesIO()
            pydicom.dcmwrite(buffer, dataset)
            yield buffer.getvalue()


@pytest.mark.parametrize(
    ("manufacturer", "add"),
    [("SIEMENS", siemens), ("Philips Medical Systems", philips), ("GE MEDICAL SYSTEMS", ge), ("SIEMENS", standard)],
)
def test_diffusion_keeps_its_b_values_and_gradients(manufacturer, add, tmp_path):
    before, after = both(list(diffusion_series(manufacturer, add)), tmp_path)
    assert {Path(name).suffix for name in before} == {".nii", ".bval", ".bvec"}
    b_values = next(data for name, data in before.items() if name.endswith(".bval"))
    assert [float(value) for value in b_values.split()] == [b for b, _ in GRADIENTS]
    assert after == before
