"""Which series a project takes."""

from pathlib import Path

import pytest

from pixl.domain.project import AllowedManufacturer, DestinationNames, Project
from pixl.routing.filters import SeriesHeader, reason_to_skip_series

PROJECT = Project(
    name="p",
    modalities=("CT", "MR"),
    destination=DestinationNames(dicom="none", parquet="none"),
    file=Path("p.yaml"),
    min_instances_per_series=2,
    series_filters=("localizer", "Scout"),
    allowed_manufacturers=(
        AllowedManufacturer(regex="^philips", exclude_series_numbers=(3,)),
        AllowedManufacturer(regex="siemens"),
    ),
)
WANTED = {"modality": "CT", "description": "Thorax Smith", "number": 1, "manufacturer": "SIEMENS", "instances": 9}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        ({"modality": "US"}, "modality"),
        ({"modality": ""}, "no modality"),
        ({"description": "SCOUT Smith"}, "series_filters"),
        ({"description": "3-plane LOCALIZER"}, "series_filters"),
        ({"manufacturer": "GE"}, "allowed_manufacturers"),
        ({"manufacturer": ""}, "allowed_manufacturers"),
        ({"manufacturer": "Philips Medical", "number": 3}, "exclude_series_numbers"),
        ({"manufacturer": "Philips Medical", "number": 31}, None),
        ({"manufacturer": "Philips Medical", "number": None}, None),
        ({"number": 3}, None),
        ({"instances": 1}, "min_instances_per_series"),
    ],
)
def test_the_reason_names_the_rule_and_no_value_of_the_patient(change, rule):
    reason = reason_to_skip_series(SeriesHeader(**(WANTED | change)), PROJECT)
    if rule is None:
        assert reason is None
    else:
        assert rule in reason
        assert "Smith" not in reason


def test_a_project_without_filters_takes_every_series_of_its_modalities():
    project = Project(
        name="p", modalities=("CT",), destination=DestinationNames(dicom="none", parquet="none"), file=Path("p.yaml")
    )
    assert reason_to_skip_series(SeriesHeader(modality="CT", instances=1), project) is None


def test_a_series_header_does_not_show_its_description():
    assert "Smith" not in repr(SeriesHeader(**WANTED))
