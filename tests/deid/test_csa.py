"""Of Siemens' CSA headers only listed numbers stay."""

import pytest
from pydicom.dataelem import DataElement
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pixl.deid import deidentify
from pixl.dicom.csa import CsaField, read_csa, write_csa

RULE = {"op": "clean-csa", "tags": ['(0029,"SIEMENS CSA HEADER",10)']}


def field(name, *items, vr="FD"):
    return CsaField(name=name, multiplicity=1, vr=vr, items=items)


def kept(instance, policy, pseudonymiser, read, blob, *, syntax=ExplicitVRLittleEndian):
    creator = DataElement(0x00290010, "LO", "SIEMENS CSA HEADER")
    data = instance([creator, DataElement(0x00291010, "OB", blob)], syntax=syntax)
    out = read(deidentify(data, policy(RULE), pseudonymiser).data)
    return read_csa(out[0x0029, 0x1010].value) if (0x0029, 0x1010) in out else None


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_listed_numbers_and_terms_stay_and_nothing_else(instance, policy, pseudonymiser, read, syntax):
    wanted = (
        field("B_value", b"1000\0", b"", vr="IS"),
        field("DiffusionDirectionality", b"DIRECTIONAL\0", vr="CS"),
        field("SliceNormalVector", b"0.25\0", b"-1\0", b"1e-3\0"),
    )
    others = (
        field("PatientName", b"Smith\0"),
        field("B_matrix", b"Smith\0"),
        field("TimeAfterStart", b"1\0Smith"),
        field("RealDwellTime", b"1", vr="Sm"),
    )
    assert kept(instance, policy, pseudonymiser, read, write_csa(wanted + others), syntax=syntax) == wanted


@pytest.mark.parametrize("blob", [b"Smith", write_csa([field("PatientName", b"Smith\0")])])
def test_a_header_without_anything_that_may_stay_goes(instance, policy, pseudonymiser, read, blob):
    assert kept(instance, policy, pseudonymiser, read, blob) is None
