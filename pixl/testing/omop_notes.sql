-- Radiology reports from OMOP's note table; the accession number is the note's source value, the MRN the person's.
SELECT
    person.person_source_value AS mrn,
    note.note_source_value AS accession_number,
    note.note_id AS report,
    coalesce(note.note_datetime, note.note_date::timestamp) AS version,
    '' AS part,
    note.note_text AS text,
    provider.provider_name AS clinician
FROM unnest(%(mrns)s::text[], %(accession_numbers)s::text[]) AS asked (mrn, accession_number)
JOIN person ON person.person_source_value = asked.mrn
JOIN note ON note.person_id = person.person_id AND note.note_source_value = asked.accession_number
LEFT JOIN provider ON provider.provider_id = note.provider_id
ORDER BY note.note_id
