-- Radiology reports from EMAP: one row a part, with what is known of the patient. The deployment's own; this is the demo's.
WITH asked AS (
    SELECT * FROM unnest(%(mrns)s::text[], %(accession_numbers)s::text[]) AS asked (mrn, accession_number))
SELECT
    asked.mrn,
    asked.accession_number,
    lab_order.lab_order_id AS report,
    lab_result.result_last_modified_datetime AS version,
    lab_test_definition.test_lab_code AS part,
    lab_result.value_as_text AS text,
    concat_ws(' ', core_demographic.firstname, core_demographic.middlename, core_demographic.lastname) AS patient_name,
    core_demographic.date_of_birth,
    mrn.nhs_number,
    core_demographic.home_postcode AS known_value
FROM asked
JOIN star.mrn ON mrn.mrn = asked.mrn
JOIN star.lab_sample ON lab_sample.mrn_id = mrn.mrn_id AND lab_sample.external_lab_number = asked.accession_number
JOIN star.lab_order ON lab_order.lab_sample_id = lab_sample.lab_sample_id
JOIN star.lab_result ON lab_result.lab_order_id = lab_order.lab_order_id
JOIN star.lab_test_definition ON lab_test_definition.lab_test_definition_id = lab_result.lab_test_definition_id
LEFT JOIN star.core_demographic ON core_demographic.mrn_id = mrn.mrn_id
WHERE lab_test_definition.test_lab_code IN ('ADDENDA', 'NARRATIVE', 'IMPRESSION')
ORDER BY lab_result.lab_result_id
