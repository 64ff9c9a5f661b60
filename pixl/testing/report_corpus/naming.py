"""Blocks and sentences that name people: headers of the RIS, histories, communication, signatures, footers."""

from __future__ import annotations

from pixl.testing.report_corpus.lines import blocks, lines

HEADERS = blocks("""
Patient Name: <patient_comma>
Hospital No: <mrn>
NHS No: <nhs>
DOB: <dob>
Accession: <accession>
Exam: <exam>
Exam date: <study_date>
---
Name: <patient>   DOB: <dob>   NHS Number: <nhs>
Examination: <exam>   Date: <study_date>   Acc No: <accession>
---
<patient_comma> (<dob>) <sex> MRN <mrn>
<exam> <study_date> <accession>
---
PATIENT: <patient_titled>
ADDRESS: <address>
D.O.B.: <dob>
HOSPITAL NUMBER: <mrn>
REFERRER: <referrer>
EXAMINATION: <exam>
---
| Surname | <patient_family> |
| Forename(s) | <patient_given> |
| Date of birth | <dob> |
| Unit no. | <mrn> |
| NHS | <nhs> |
| Requested by | <referrer> |
| Location | <ward> |
---
<trust>
Department of Clinical Radiology
Tel: <phone>  Fax: <phone>

RADIOLOGY REPORT
<patient_titled>, <address>
Born <dob>. CHI <chi>. Hosp ref <mrn>.
---
CRIS Report
Event: <exam> <study_date> <clock_time>
Patient: <patient_comma>  <mrn>
Ref Src: <practice>  Ref: <referrer>
---
PID: <mrn>^^^<patient_caret>^<dob_compact>
OBR: <accession> <exam> <study_date_compact>
---
NHS:<nhs>;CRN:<mrn>;Name:<patient_comma>;DOB:<dob>;Sex:<sex>;Exam:<exam>
---
Re: <patient>, <dob>
    <address>
    Tel. <phone>
<exam> performed on <study_date>
---
Surname: <patient_family>    First name: <patient_given>
CHI: <chi>    Ward: <ward>    Consultant: <referrer>
---
Report on <patient_titled> / <mrn> / <dob>
Requested by <referrer>, <hospital>
---
Patient ID <mrn>
Patient name <patient_caret>
Accession number <accession>
Study UID <uid>
Study <exam>
---
** IMPORTED FROM <hospital> **
<patient_comma> NHS <nhs> DOB <dob>
Original accession <accession>, performed <study_date>
---
<exam>
---
<exam> - <study_date>
---
EXAMINATION: <exam>
DATE: <study_date>
---
<exam> (<accession>)
---

Episode: <accession>
Patient's name : <patient>
Hosp. No. : <mrn>
G.P. : <dr>, <practice>, <postcode>
Next of kin: <relative_name> (<relation>) <phone>
""")
HISTORIES = lines("""
    <patient_titled> is a <age> <sex_word> with the following. <history>
    <age> <sex_word>. <history>
    Clinical details: <history>
    <history> Seen by <dr> in clinic on <date>.
    <history> Last reviewed <date> by <dr>.
    <history> Referred by <dr> at <practice>.
    <history> Transferred from <hospital> on <date>.
    <history> d/w <dr>, bleep <bleep>.
    <history> Patient of <dr>.
    Thank you for referring this pleasant <age> <sex_word>. <history>
    <history> Lives in <town> with <relation> <relative_given>.
    <history> NOK: <relation> <relative_name>, <phone>.
    DOB <dob>. <history>
    <history> Previous surgery <date> (<dr>).
    <history> Operation by <dr_family_only> in <partial_date>.
    <history> Symptoms since <partial_date>.
    Dear <dr_title_family>, <history>
    <patient_given_only> attended with <relation> <relative_given>. <history>
    <history> (Request from <ward>, ext <extension>)
    <history> History from <relation> <relative_given> as the patient is confused.
    <history> Requested: <initials> <date>
    <history> Under <dr_family_only>'s team.
    <history> Under the care of <dr_title_family> (<hospital_short>).
    Clinical info: <history>  Contact <dr_family_only> on <phone> with the result.
    <history> Please email result to <email>.
    <history>
    <history>
    <history>
    Indication: <history>
    <history> Works as a joiner in <town>.
    <history> Known to <dr_and_dr>.
    <history> Pt prefers to be called <nickname>.
    <history> Allergic to penicillin per <nurse>.
    <history> Admitted via A&E <date>, now on <ward>.
    <history> Ex-patient of <dr_title_family>, moved to <town> in <partial_date>.
    <history> <relation> is <relative_given>, tel <phone>.
    <history> Carer: <staff_plain>. Wheelchair user.
    <history> Requesting clinician <dr>, GMC <radiologist_gmc>.
    <history> Seen in ED by <staff_plain> (ENP) <clock_time> <date>.
    <history> Post code <postcode>.
    <history> Please copy to <dr>, <hospital>.
    <history> Pre-op for <dr_family_only> <date>.
    72 hours post op (<dr_family_only>/<dr_family_only>). <history>
""")
COMPARISONS = lines("""
    Comparison is made with the <exam_short> of <date>.
    Comparison: <date>.
    Compared to <date> and <date>.
    Previous <exam_short> <date> reviewed.
    Comparison: outside CT from <hospital> dated <date>.
    Comparison made with the study reported by <dr> on <date>.
    Prior imaging: <exam_short> <partial_date>.
    Comparison - <partial_date>
    No comparison.
    No previous imaging on the system.
    Correlated with MRI <date> (<accession_other>).
    Reference is made to the report of <dr_family_only>, <date>.
    C/W <date>.
    Comparison is made with imaging of <date>, <date> and <partial_date>.
    Comparison with the <date> study performed at <hospital_short>.
    Last film <partial_date>.
""")
IN_THE_FINDINGS = lines("""
    These appearances were discussed with <dr> on <date> at <clock_time>.
    Findings were communicated by telephone to <dr> (bleep <bleep>) at <clock_time>.
    I have informed <nurse> on <ward>.
    Discussed at the MDT on <date> with <dr_and_dr>.
    Compared with <date>, there has been progression.
    This was reviewed by <dr>, who agrees.
    Unchanged since <partial_date>.
    As reported by <dr_family_only> on <date>.
    Previously described by <dr_title_family> as stable.
    The nodule was <mm> on <date> and <mm> in <partial_date>.
    Second opinion from <dr> (<hospital>).
    The scan was performed by <staff_plain>, sonographer.
    Chaperone: <staff_plain>.
    Cannulated by <staff_plain>, radiographer.
    Consent taken by <dr>.
    <patient_titled> tolerated the procedure well.
    <patient_titled> was accompanied by <relation>, <relative_name>.
    Interpreter <staff_plain> was present.
    Verbal report given to <dr_family_only>.
    Drain placed by <dr_title_family> on <date> has been removed.
    Operator: <dr>. Assistant: <dr>. Scrub: <staff_plain>.
    I note the letter from <dr> dated <date>.
    Images sent to <hospital> for <dr>.
    <dr> has been contacted.
    Appearance identical to the film of <date> (<accession_other>).
    Reviewed in the light of the histology (<lab_number>).
    Mother, <relative_name>, was present throughout.
    Stented by <dr_family_only> (<partial_date>).
    Discussed with on call registrar (<dr_family_only>) who will review.
    Images reviewed jointly with <dr_and_dr>.
    See also NHS <nhs> report of the twin.
    Scanned on <device> in <room>.
    The patient was contacted on <phone> but did not answer.
    <patient_family_title_case> is due back in clinic on <date>.
    As per <dr_family_only>'s request, limited views only.
    The MDT coordinator (<staff_plain>) has been e-mailed.
    Contrast was given by <staff_plain> under PGD.
    First reader <initials>, second reader <initials>.
    I am grateful to <dr> for the opinion.
    Images hung for the <date> meeting.
    Please also see <dr_family_only>'s operative note of <date>.
    <dr_title_family> was bleeped twice (<bleep>) without answer.
    The ward (<ward>) was rung on <extension>.
    Since <date> the drain output has fallen.
    No change from <date>, <date> or <partial_date>.
    Report delayed: dictated <date>, typed <date>.
    <relative_given>, <relation>, translated.
    Handed over to <dr_family_only> and <dr_family_only>.
    Dr's note: please ring <dr_family_only> ext <extension>.
""")
ADVICE = lines("""
    Recommend review by <dr>.
    Suggest discussion with <dr_title_family> at the next MDT.
    Please contact <dr> on <phone> if there are queries.
    A copy has been sent to <practice>.
    Appointment made for <date>.
    Follow-up due <partial_date>.
    cc <dr>; <dr>
    Message left for <dr_family_only> via switchboard <phone>.
    Will be added to the list of <dr> for <date>.
    Results to be given in <dr_family_only>'s clinic.
    Contact the duty radiologist on <phone>.
    Please e-mail <email> to arrange.
    Booking via <url>.
    To be rediscussed once <dr_title_family> is back from leave.
""")
SIGNATURES = blocks("""
Reported by: <radiologist_full>
GMC: <radiologist_gmc>
---
<radiologist_full>
<radiologist_role>
GMC <radiologist_gmc>
<hospital>
---
Dictated by <radiologist>, typed by <initials_lower>, verified <study_date> <clock_time>
---
Verified by: <radiologist_caps> on <study_date> at <clock_time>
---
<radiologist> / <initials>
---
<radiologist_initials>/<initials_lower>
---
Reporter: <radiologist_full> (<radiologist_gmc>), <radiologist_role>
Authorised: <dr>, <date>
---
Electronically signed by <radiologist_comma>
Date/time: <study_date_iso> <clock_time>
---
Kind regards

<radiologist_full>
<radiologist_role>
<radiologist_email>
Secretary: <staff_plain> <phone>
---
Prelim report: <dr> (ST3). Reviewed and agreed: <radiologist_full>.
---
Typed: <staff_plain> <date>
Checked: <radiologist_initials>
---
Signed <radiologist>
---
<radiologist_full>, <radiologist_role>, GMC No. <radiologist_gmc>
Bleep <bleep>
---
Reported at home workstation by <radiologist_full>. Tel <phone>
---
<radiologist_upper>
CONSULTANT RADIOLOGIST
---
Radiologist: <radiologist> | Typist: <initials> | Status: Final | <study_date>
---
HCPC <hcpc> <staff_plain>, Reporting Radiographer
---
Report provided by outsourced provider. Reporter <radiologist_full> GMC<radiologist_gmc>
---
<radiologist_family_only>
---
Thanks,
<radiologist_given_only>
---
Report finalised
---
End of report
""")
FOOTERS = blocks("""
Printed <date> <clock_time> by <username>
---
Page 1 of 1   <patient_comma>   <mrn>
---
<trust>, <address_plain>, <postcode>. Tel <phone>
---
This report is confidential. If received in error call <phone> or e-mail <email>.
---
Copy to: <dr>, <practice>, <address_plain>
---
Accession <accession> | Study Instance UID <uid>
---
www: <url>
---
cc: patient (<patient_titled>, <address>)
---
File: <file_path>
---
----- end of report for <patient_titled> -----
---
Episode closed <date>. Case note location <hospital_short>.
""")
ADDENDA = lines("""
    ADDENDUM <date>: Reviewed with <dr>. No change to the conclusion.
    Addendum by <dr> on <date> at <clock_time>: <advice>
    Addendum: the above should read <side>, not the other side. <radiologist_initials> <date>
    ADDENDUM (<dr_family_only>, <date>): previous imaging from <hospital> is now available. <linking>
    Addendum following MDT <date>: <conclusion>
    Amended report. The patient's name was given wrongly as <other_patient>; this is <patient_titled>.
    Addendum: discussed with <dr_title_family>, <clock_time> <date>.
    Supplementary report <date>: <finding>
    Addendum dictated by <dr>, <advice>
""")
LETTERS = blocks("""
<trust>
<date>

<referrer>
<practice>
<address>

Dear <referrer_title_family>,

Re: <patient_titled>, DOB <dob>, NHS <nhs>
<address>

<body>

Yours sincerely,

<radiologist_full>
<radiologist_role>
---
Dear <referrer_title_family>

<patient> <dob> <mrn>

Thank you for asking us to see this <age> <sex_word>.

<body>

With best wishes
<radiologist_full>
cc <dr>
---
Private & Confidential
To: <referrer>
From: <radiologist_full>
Subject: <exam>, <patient_titled>

<body>

Secretary direct line <phone>, <email>
""")
