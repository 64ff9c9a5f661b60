import json

from bench import text_corpora
from bench.text_adversarial import FILE, documents, measure

ASQ = """===QUERY===
Options for Mary A., seen on May 2nd, 2021 (MRN: AB-123)? Mary A. is allergic, says Dr. Lee; diagnosed in 2019.
===PHI_TAGS===
{"identifier_type": "NAME", "value": "Mary A."}
{"identifier_type": "DATE", "value": "May 2nd, 2021"}
{"identifier_type": "NAME", "value": "Dr. Lee"}
{"identifier_type": "DATE", "value": "2019"}
{"identifier_type": "MEDICAL_RECORD_NUMBER", "value": "AB-123"}

===QUERY===
Guidelines for asthma?
===PHI_TAGS===
"""


def marked(document):
    return [(each.kind, document.text[each.start : each.end]) for each in document.entities]


def test_asq_phi_is_read_with_every_place_of_a_value(tmp_path):
    (tmp_path / text_corpora.ASQ_PHI).write_text(ASQ, encoding="utf-8")
    first, second = text_corpora.load("asq-phi", tmp_path)
    names = [("NAME", "Mary A."), ("NAME", "Mary A.")]
    assert marked(first) == [*names, ("DATE", "May 2nd, 2021"), ("NAME", "Lee"), ("MRN", "AB-123")]
    assert second.entities == ()


def test_presidio_research_is_read_without_what_identifies_nobody(tmp_path):
    spans = [("ORGANIZATION", 0, 4), ("PERSON", 8, 11), ("DATE_TIME", 15, 19)]
    rows = [{"entity_type": kind, "start_position": start, "end_position": end} for kind, start, end in spans]
    text = "Acme by Ann in 1977"
    for row in rows:
        row["entity_value"] = text[row["start_position"] : row["end_position"]]
    document = json.dumps([{"full_text": text, "spans": rows}])
    (tmp_path / text_corpora.PRESIDIO).write_text(document, encoding="utf-8")
    [read] = text_corpora.load("presidio-research", tmp_path)
    assert marked(read) == [("NAME", "Ann")]


def test_a_corpus_that_is_not_there_is_said_to_be_not_had(tmp_path, capsys):
    assert text_corpora.load("asq-phi", tmp_path) is None
    assert text_corpora.load("presidio-research", None) is None
    assert capsys.readouterr().out.count("not had") == 2


def test_the_adversarial_part_has_three_hundred_reports_in_forty_situations():
    reports = list(documents())
    assert len(reports) >= 300
    assert len({report.situation for report in reports}) >= 40
    assert len({report.text for report in reports}) == len(reports)
    assert all(report.entities for report in reports)


def test_the_development_set_has_situations_of_its_own_and_no_report_of_the_held_out_file():
    reports = list(documents(FILE.with_name("text_development.txt")))
    assert len(reports) >= 250
    assert len({report.situation for report in reports}) >= 35
    assert not {report.text for report in reports} & {report.text for report in documents()}


def test_an_engine_that_masks_nothing_leaks_in_every_adversarial_report_that_names_more_than_a_hospital():
    result = measure(lambda _: [])
    assert result.recall == 0
    assert result.share_of_words_masked == 0
