"""Histories, techniques, conclusions and advice; and what looks like an identifier but is none."""

from __future__ import annotations

from pixl.testing.report_corpus.lines import lines

HISTORIES = lines("""
    Cough and weight loss. Ex-smoker of <small> pack years.
    ?PE. Pleuritic chest pain, D-dimer <count>.
    Fall from standing height, tender over the <side> hip.
    RIF pain, raised WCC and CRP <count>. ?appendicitis
    Headache, worse in the mornings, with papilloedema.
    Known metastatic breast cancer on letrozole, restaging.
    Haematuria. Previous transurethral resection.
    Low back pain with <side> sided sciatica, failed physiotherapy.
    Twisting injury playing football, locked knee.
    Painless jaundice, bilirubin <count>.
    Right upper quadrant pain after meals.
    Raised PSA of <psa>.
    Post-menopausal bleeding.
    Breathless on exertion, crackles at both bases. ?ILD
    Surveillance of aneurysm.
    Trauma call, RTC, GCS 14 at scene, moved all four limbs.
    Two week wait referral: change in bowel habit and iron deficiency anaemia.
    Confusion, off legs, on apixaban. ?bleed
    New onset <side> weakness, last seen well at breakfast.
    NG tube position please.
    Post line insertion, ?pneumothorax.
    Palpable lump in the <side> breast for six weeks.
    Family history of breast cancer, BRCA2 carrier.
    Recurrent urinary tract infections in a child.
    Persistent dysphagia to solids.
    CKD stage <grade>, eGFR <count>, ?obstruction.
    Swollen calf following a long flight.
    Follow-up of pulmonary nodule as per guidelines.
    Night sweats, lymphadenopathy.
    Day <small> post laparotomy, spiking temperatures, ?collection.
    Type 2 diabetic with a non-healing ulcer of the <side> foot.
    Rising CEA after right hemicolectomy.
    First seizure, normal neurological examination.
    Hearing loss, <side>, ?vestibular schwannoma.
    COPD exacerbation, not responding to antibiotics.
    Abnormal LFTs. BMI <count>.
    Chronic shoulder pain, painful arc.
    Assess for TAVI.
    Staging of oesophageal carcinoma, T3 N1 on endoscopy.
    Thyroid swelling, clinically euthyroid.
""")
TECHNIQUES = lines("""
    Acquisition from the lung apices to the symphysis after <ml> of intravenous contrast in the portal venous phase.
    Unenhanced helical acquisition with multiplanar reformats.
    Sagittal T1, T2 and STIR with axial T2 sequences.
    Multiparametric MRI at 3T: T2, DWI (b values 0, 500, <count>) and dynamic contrast enhancement.
    PA view.
    AP mobile, supine.
    AP and lateral views.
    CT pulmonary angiogram with bolus tracking; slice thickness <mm>.
    Real-time scanning with a curvilinear 5-1 MHz probe.
    Standard CC and MLO projections of both breasts with tomosynthesis.
    Imaging at <minutes> minutes after injection of <mbq> of FDG.
    Prospectively gated acquisition, heart rate <rate> bpm, with GTN and metoprolol.
    Axial DWI, ADC, SWI and FLAIR, with post gadolinium volumetric T1.
    Fluoroscopic images with water-soluble contrast.
    Pre and post contrast, arterial, portal venous and delayed phases.
    Limited study owing to movement artefact.
    0.1 mmol/kg of gadobutrol given intravenously through a <gauge> cannula.
    Low dose protocol; DLP <dlp>, CTDIvol <ctdi>.
    Turned lateral decubitus with the horizontal beam.
    Departmental protocol.
""")
CONCLUSIONS = lines("""
    No acute abnormality.
    No evidence of metastatic disease.
    Appearances are consistent with community acquired pneumonia.
    Acute <side> lower lobe pulmonary emboli without right heart strain.
    Stable disease by RECIST 1.1.
    Partial response to treatment.
    Progressive disease with new hepatic deposits.
    Probable primary lung malignancy, radiologically T2a N2 M0.
    Acute uncomplicated appendicitis.
    Small bowel obstruction with a transition point in the <quadrant>, likely adhesional.
    Severe spinal canal stenosis at <disc> with cauda equina compression.
    <side> medial meniscal tear.
    Normal study.
    Cholelithiasis without cholecystitis.
    Simple renal cyst; no further imaging needed.
    Mild <side> hydronephrosis secondary to a <mm> distal ureteric stone.
    Moderate chronic small vessel ischaemic change.
    Degenerative disease only.
    No fracture.
    Indeterminate adrenal lesion.
    PI-RADS <grade>, TNM stage T2c N0.
    Findings favour a benign process.
    Unchanged appearances since the last study.
    Satisfactory line position; safe to use.
    Likely infective change, malignancy not excluded.
    No DVT.
    Technically successful procedure.
    Features of usual interstitial pneumonia.
    R4 mass in the <side> breast, biopsied today.
    U3 thyroid nodule, fine needle aspiration performed.
""")
ADVICE = lines("""
    Repeat chest radiograph in six weeks to ensure resolution.
    Suggest referral to the lung cancer MDT.
    Clinical correlation is advised.
    CT follow-up in three months as per BTS guidelines.
    Contrast-enhanced MRI is suggested for further characterisation.
    Urgent surgical opinion is recommended.
    Discussion at the next neuroradiology meeting would be helpful.
    No further imaging required.
    Please check renal function before giving further contrast.
    Consider ultrasound-guided biopsy.
    If there is persisting concern, a repeat study at 10-14 days is suggested.
    Correlation with tumour markers may help.
    Suggest isotope bone scan.
    Refer to orthopaedics.
    For drainage on the next list if the clinical team agrees.
    Suggest endoscopic correlation.
    The referring team has been informed.
    Neurosurgical referral is advised.
    Surveillance ultrasound in 12 months.
    Tumour board review is requested.
""")
LOOKS_LIKE_AN_IDENTIFIER = lines("""
    TNM 8th edition: T3 N1b M1a.
    Two of 12/24 nodes were involved.
    Power 4/5 in both legs.
    The lesion measures 12/3/4 mm in its three axes.
    Grade 2/6 systolic murmur.
    3/12 history of cough, 2/52 of fever and 5/7 of rigors.
    Seen on images 12-34 of series 5.
    Tilt 30/15 degrees.
    ICD-10 code C34.1.
    ICRP weighting factor 0.12.
    Dose 350 mg of iodine per ml, 100 ml at 4 ml/s.
    L4/5 and L5/S1 discs are preserved.
    C5-6 uncovertebral change.
    An 18G needle and a 0.035 inch wire were used.
    Score 2.10.4 of the local protocol.
    TR 4000, TE 102, flip angle 90.
    b800 and b1400 images.
    Slices of 1.25 x 1.25 mm.
    99mTc-HDP and 18F-FDG were used.
    NICE CG176 criteria met.
    IR(ME)R 2017 justification recorded.
    Gestation of 32+4 weeks by dates.
    Previous parity G3P2+1.
    Blood pressure 142/88 mmHg.
    Bilirubin 34, ALT 112, eGFR 54.
    AO type A3, Denis three-column.
    Ratio 1:2 after 3 of 10 cycles.
    ASA grade 3; WHO performance status 1.
    Lung-RADS 4A, category S.
    Agatston 0 in 2 of 4 vessels.
    14 x 11 x 9 mm (previously 12 x 10 x 9 mm).
    Stage pT1c pN0(i+) cM0, 0/3 sentinel nodes.
    1.5T and 3T systems give the same result.
    HU 10 to 35, mean 22 (SD 4).
    Screening interval 36 months.
    kVp 120, 84 mAs, pitch 0.9.
    6 Fr sheath, 5 Fr catheter, 0.018 wire.
    Apgar 9 and 10.
    FEV1 62% predicted.
    HbA1c 58 mmol/mol.
    Aged under 50 years in the reference cohort.
    1 in 200 risk quoted.
    B12 and folate normal.
    HER2 3+, ER 8/8, PR 5/8.
    D2-40 positive, CK7 positive, CK20 negative.
    Tc-99m 400 MBq at 10:30.
    Ultrasound at 20+0 weeks, BPD 47 mm, HC 175 mm.
    Score 3 on all 17 segments.
    COVID-19 swab negative; CO-RADS 2.
    Images reviewed at 5 mm and 1 mm reconstruction.
""")
LINKING = lines("""
    Otherwise unremarkable.
    No other significant finding.
    Comparison is made with previous imaging.
    The remainder of the study is normal.
    Bones are unremarkable for age.
    Incidental note is made of a <mm> cyst.
    As previously described.
    Allowing for projection, appearances are unchanged.
    This is of doubtful clinical significance.
    Images are degraded by breathing artefact.
    No previous imaging is available for comparison.
    The previously noted change has resolved.
    Appearances are essentially stable.
    Measurements are given in the axial plane.
    Limited assessment without contrast.
    Image quality is diagnostic.
    Review areas are clear.
    Technically adequate study.
    Patient positioning was limited by pain.
    Artefact from dental amalgam obscures the oral cavity.
    Suboptimal inspiration.
    The extremes of the lung bases are not included.
    Degraded by beam hardening from bilateral hip prostheses.
    Oral contrast was declined.
    Contrast timing is suboptimal for the pulmonary arteries.
    Good quality study with satisfactory opacification.
    The scan was tolerated well.
    Unable to remove the piercing, hence the artefact.
    Reconstructed in coronal and sagittal planes.
""")
COMPOSED = lines("""
    There is <hedge> <lesion> <where>, <course>.
    <hedge> <lesion> <where>.
    The <lesion> <where> is <course>.
    A <mm> <lesion> <where>, <course>.
    No <lesion> is identified <where>.
    Again noted is the <lesion> <where>, <course>.
    I cannot exclude a <lesion> <where>.
    The previously described <lesion> <where> is <course>.
    Incidental <lesion> <where> (<mm>), <course>.
    Two further areas of <lesion> are seen, one <where> and one <where>.
    In addition, a <lesion> lies <where>.
    Compared with before, the <lesion> is <course>.
""")
