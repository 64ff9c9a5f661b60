"""Words that say something about an image and nothing about a person.

What is not here goes, so the lists hold no word that is a common name, however useful (Black, Long, Field, Cross).
Codes and coded strings are those of the standard (PS3.3, PS3.16), of UCUM, and of the makers of scanners.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, cast

from pydicom.charset import python_encoding
from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping as snomed

from pixl.dicom.names import keywords

_WORDS = """
mortara instrument instruments photo co gevaert ag qiicr offis kuratorium ltd sonotron name here lossless lossy jpeg
irreversible reversible pilot quad capture projected scanning code milliseconds degrees gram row tile id total matrix
system coordinate iso calc csi tee tte rwv ffe grase tumorbed fibroma ossifying views comp file testing document
template including obtained procedure by features demonstration simple compression quality factor conversion rgb g inc
corp corporation gmbh kk mec cm hu od suvbw suv normalized slide corner isovue ultraject clariscan qrs onset offset
fiducial microvolt millivolt lead leads rhythm median beat scar areola borders applied a abd abdo abdomen abdominal
abdominopelvic above ac acquisition acute adc additional adrenal adrenals adult after all and angio angiogram
angiography angle ankle anterior aorta aortic ap apical appendix arch arm arterial artery arteries arthrogram asl
atlas attenuation auto average avg ax axial axials axi axilla b background baseline bb bed before below bh bilat
bilateral biopsy bladder blood body bold bolus bone bones bowel brachial brain breast breasts breath breathhold
bronchial ca calcification calcium cap cardiac carotid carotids cavity cbct cbf cbv ce cerebral cervical chest cine
circle clavicle clear coil colon colour combined complete con conebeam contrast control cor coronal coronary coronals
corrected ct cta ctac ctdi ctdivol ctp ctpa ctv cubital cube cxr data dce decub decubitus deep default delay delayed
density derived detail dicom diff diffusion digital dir dixon dog doppler dorsal dorsi dose dosimetry dual duct dwi
dti dynamic e ear early ecg echo edge elbow enhanced ep epi epigastric equilibrium erect esophagus excretory exp
expiration ext extension external extremity eye f face facial fat fatsat fdg femoral femur fetal fiesta field-of-view
film filter filtered fine finger fingers first flair flash flex flexion flow fluid fluoro fluoroscopy fmri foot for
forearm fov frame frames free fs fse ftl full fusion fused gallbladder gated gating ge gi glenoid gradient gre grid
guided h hand hands hardware haste hd head heart hepatic hi high hindfoot hip hips hires hr hrct humerus i iac image
images imaging in inf inferior inflow infusion initial inphase injection inner insp inspiration inspiratory int
internal interval intra intracranial inversion ir isotropic iv ivc ivu jaw joint k kidney kidneys knee knees kub kv
kvp l laser lat lateral late lava lax left leg legs lesion level ligament limb limbs line liver localiser localizer
loc low lower lt lumbar lumbosacral lung lungs lymph m mag mammo mammogram mammography mandible map maps mask mastoid
max maxilla maxillofacial maximum mdct meas measurement medial mediastinum medium mesenteric mid middle min minimum
minip mip mips ml mlo mm mode model moco motion mp mpr mprage mpv mr mra mrcp mri mrs mrv multi multiphase multiplanar
multislice muscle myelogram nasal nasopharynx native navigator neck neonatal neuro nm no noncon none nodes nodule non
normal nose nuclear o oblique obl obstetric occipital of off on opp opposed optic or oral orbit orbital orbits organ
original orthogonal out outphase ovary p pa paediatric palate pancreas panoramic parallel paranasal parathyroid
parotid pasta patella pd pdfs pdw pediatric pel pelvic pelvis perfusion peripheral pet phantom pharynx phase phasic
phases physio pituitary pixel plain planar plane planning plantar plaque plate plus pns popliteal portable portal
position post posterior power pre precontrast prefrontal preop postop pressure primary profile projection prone
prostate protocol proton prox proximal ps pt ptv pubis pulmonary pulse pv q qa quant quick r rad radial radiograph
radius raw rapid ratio reading recon reconstruction rectal rectum ref reference reformat reformats reformatted
regional registered registration reg relaxation renal rep rephase report research resolution respiratory resp rest
restaging result retro rib ribs right roi root rot rotation routine rt run s sacral sacrum sag sagittal sagittals
saline salivary sat save scan scaphoid scapula scapular scout screening scr se second secondary segment segmentation
sella sense sequence series shoulder shoulders si sialogram side sinus sinuses single sinogram skeletal skull skyline
slab slice slices slow small smooth soft spair spect spectroscopy spgr spin spine spinal spir spleen splenic split
spoiled ss ssfse stack staging standard standing standardised static std stealth sternum stir stomach stone-protocol
study stress structural sub subclavian subtraction subtracted sum summary superior supine supra surface survey
susceptibility swallow swi sys systolic t t1w t2w tap task tdi te technical temp temporal temporalis test tfe tfl
thigh thick thickness thin third thoracic thoracolumbar thorax thrive throat thumb thyroid tibia tibiofibular time tir
tirm tissue tissues tmj to toe toes tof tomo tomography tomosynthesis tongue top topogram tr tra trace trachea tracer
track tracking trans transaxial transverse transversal trauma treatment trig trigger triple true trufi trunk tse tumor
tumour turbo two u ultra ultrasound unenhanced uni unilateral upper upright ureter urethra urinary urogram urography
us uterus v vac vagina variant vascular vasc vein veins vel velocity venogram venous ventral ventricle ventricular
vertebra vertebral vessel vessels vibe view viewer volar vol volume volumetric vq w washout water wb weighted
weightbearing whole wide width window wip with without wo workup wrist wrists x xa xray xr y year years z zoom zygoma
agent iodine iodinated gadolinium gadobutrol gadovist gadoterate dotarem gadoxetate primovist magnevist omniscan
multihance omnipaque iohexol iopamidol visipaque iodixanol ultravist iopromide optiray ioversol barium feraheme
fluorodeoxyglucose fluorine technetium tc99m ga68 f18 i123 i131 in111 n13 o15 rb82 c11 lu177 y90 psma dotatate choline
flutemetamol florbetapir florbetaben sestamibi tetrofosmin mdp hdp dmsa mag3 dtpa maa mibg datscan ioflupane gtv itv
oar couch spinalcord cord brainstem chiasm cochlea lens parotids mandibular larynx oesophagus bodysurface isocentre
isocenter beam beams arc vmat imrt sbrt srs boost fraction fractions plan dosegrid wedge mlc electron photon contour
contours masks label labels probability nodules necrosis edema oedema enhancing core siemens healthineers philips
medical systems healthcare toshiba canon hitachi shimadzu fujifilm fuji agfa kodak carestream hologic lorad samsung
mindray esaote varian elekta accuray tomotherapy brainlab konica minolta aloka acuson sonosite zonare supersonic
aixplorer planmeca sirona vatech carl zeiss meditec heidelberg topcon nidek optos leica hamamatsu aperio bruker
agilent mediso spectrum dynamics digirad picker elscint marconi neusoft united uih neurologica ziehm oec biograph
somatom magnetom aera skyra prisma vida avanto symphony espree trio verio sola lumina altea definition force drive
sensation emotion perspective confidence go now up symbia intevo ecam artis axiom zee pheno mammomat revelation ysio
multix luminos uroskop sonoline sequoia achieva ingenia ambition elition intera panorama gyroscan brilliance ict iqon
ingenuity gemini vereos precedence brightview allura azurion epiq affiniti lightspeed optima discovery revolution
brightspeed hispeed signa pioneer architect artist premier excite hdx hdxt mr450 mr450w mr750 mr750w advantx innova
definium senographe essential pristina logiq voluson vivid aquilion one prime genesis vantage titan galan celesteion
celesta xario aplio selenia dimensions syngo numaris pinnacle eclipse raystation monaco xio oncentra mim osirix horos
slicer dcm4che dcmtk gdcm pydicom highdicom dcmqi itk vtk matlab plastimatch orthanc clunie pixelmed hospital-use
university-use linear nonlinear
"""
WORDS = frozenset(_WORDS.split())
"""Words of descriptions, protocol names, labels and of makers, in lower case."""

_TERMS = """
TEE TTE CSAPARALLEL CREATED OK MONOCHROME1 MONOCHROME2 MANU NORM WHITE BLACK PORTRAIT LANDSCAPE RESEARCH PRODUCT
SERVICE DV DI DF WSD SD DRW SYN NRGY LIN AREA SLOT AT RISK XYZ EC ANGULAR LONGITUDINAL AND RECTILINEAR DB DT RIESZ
HAMMING HANNING GAUSSIAN LORENTZ TOPHAT QUANTITY RCBF RCBV OBSTETRICAL PROJECTION SMALL PARTS EPICARDIAL ENDOCARDIAL
FFE FE TFE TFI PRELIMINARY FINAL CURATIVE PALLIATIVE PROPHYLACTIC FOR PRESENTATION PROCESSING TO TEXT URI EUI64 REL
ELEC MASS ELEMENTAL FRACTION ATOMIC PREDECESSOR SUCCESSOR PRIOR OPERATOR PLANNED ALTERNATE ISOCENTRIC SSD TBI BREAST
BRIDGE ARC REVERSE CENTRIC SEGMENTED SAT1 SAT2 SAT3 CURVED SECTOR PHASED MECHANICAL ANNULAR VECTOR 1PS 2PS 1H 2H 3HE
7LI 13C 17O 19F 23NA 31P 129XE 39K UNDEFINED VENDOR ECHO GRE SPINECHO RARE EPI MULTIECHO TRANSVERSE CORONAL SAGITTAL
MEDULLARY ABSENT PRESENT ACTIVE INACTIVE ENABLED GRID DETECTOR SYMMETRIC ASYMMETRIC ROTATING LINE SCANNING POINT
SPECKLE STEREO MONO COMPOUND HARMONICS TDI STANDBY CENTER EDGE INSIDE OUTSIDE ENTIRE HALF QUARTER ANTERIOR POSTERIOR
SUPERIOR INFERIOR DEXTER SINISTER OD OS OU MODULATED UNMODULATED PULSED BEAMING INTEGRATED SUMMED COUNTED
PHOTONCOUNTING ENERGYINTEGRATING MONOENERGETIC KEV VMI VNC MATERIAL DECOMPOSED EFFECTIVE NUMBER ELECTRON IODINE
CALCIUM WATER MODIFIED SUPPRESSED RECALCULATED TOMOSYNTHESIS GENERATED BREASTTOMO CAD RAW MIPS VR VRT CPR RENDERED
SCHEMATIC SURVEY LOC PLAN SETUP QA CALIBRATION SUV COREGISTERED FUSED ATTENUATION STRESSREST STRESS REST GATEDREST
GATEDSTRESS PSTIMAGE NETWORK PERFORMED SCHEDULED ABORTED NO_CODE PATIENTS COMPONENT COMPONENTS DYNAMICS ACCEPTED ISO
IR GB18030 GBK ORIGINAL DERIVED PRIMARY SECONDARY AXIAL LOCALIZER OTHER NONE UNKNOWN MIXED REFORMATTED MPR MIP MINIP
AVERAGE RESAMPLED SUBTRACTION ADDITION DIVISION MULTIPLICATION FILTERED PIXEL REGION VOLUME VOLUMETRIC SAMPLED
DISTORTED MONOCHROME COLOR RGB YBR FULL PARTIAL ICT RCT PALETTE HSV ARGB CMYK 1 2 ALL VALUES LABEL THUMBNAIL OVERVIEW
SINGLE MULTI FRAME PLANE BIPLANE A B BI LATERAL GATED TOMO STATIC DYNAMIC WHOLE BODY RECON EMISSION TRANSMISSION
PLANAR MR CT PT NM US CR DX MG RF XA XRF OT SC SR PR KO SEG REG ECG EPS HD IO PX ES GM SM OP OPT OPM OCT RTIMAGE
RTDOSE RTPLAN RTSTRUCT RTRECORD AU SMR ANN M3D RWV BMD DG LS MS ST TG VA DOC FID HC IVUS IVOCT KER LEN LP OAM OPV OSS
PA RESP SRF VF XC ASMT CTPROTOCOL DIGITAL PHASE MAGNITUDE REAL IMAGINARY M P R I SE GR EP RM SK MTC SS TRSS SP MP OSP
TOF VELOCITY DENSITY DIFFUSION ADC FA TRACE ISOTROPIC ANISOTROPIC PERFUSION T1 T2 PROTON WEIGHTED MAP FLUID ATTENUATED
FLOW ENCODED PERF CBF CBV MTT TTP DIFF TENSOR TRACEW EXPONENTIAL UNIFORM DIS2D DIS3D ND FM4 FIL CSA PARALLEL POSDISP
ENDO SOM5 SOM4 SOM7 SPI SPIRAL HELICAL HELIX STEP SCOUT SEQ ROT TOP CONSTANT ANGLE STATIONARY FREE NORMAL CINE YES NO
Y N ON OFF TRUE FALSE HFS HFP FFS FFP HFDR HFDL FFDR FFDL LFP LFS RFP RFS AFDR AFDL PFDR PFDL SITTING L F O U H CC MLO
ML LM LMO FB SIO AP LL RL RLD LLD RLO LLO RO LO RAO LAO RPO LPO LAT XCC XCCL XCCM EXAM SPOT CV ID TAN RLAT LLAT OBL
OBLIQUE TANGENTIAL BOTH LEFT RIGHT MEDIAL UNPAIRED HEAD NECK CHEST THORAX ABDOMEN PELVIS EXTREMITY SKULL CSPINE TSPINE
LSPINE SSPINE TLSPINE LSSPINE CTSPINE SPINE COCCYX CLAVICLE HIP KNEE ANKLE SHOULDER ELBOW WRIST HAND FOOT FINGER TOE
LEG ARM FEMUR TIBIA FIBULA HUMERUS RADIUS ULNA TIBFIB FOREARM THIGH CALF HEEL CALCANEUS PATELLA SACRUM SIJOINT RIB
RIBS STERNUM SCAPULA JAW MANDIBLE MAXILLA ZYGOMA FACE FACIALBONES NOSE SINUS ORBIT EYE EAR IAC MASTOID TEMPORAL TMJ
SELLA PITUITARY BRAIN CIRCLE OF WILLIS CAROTID AORTA HEART CORONARY ARTERY LUNG LUNGS LIVER SPLEEN PANCREAS KIDNEY
ADRENAL BLADDER PROSTATE UTERUS OVARY TESTIS THYROID THYMUS PAROTID GLAND LARYNX PHARYNX TRACHEA BRONCHUS ESOPHAGUS
STOMACH DUODENUM BOWEL COLON RECTUM ANUS APPENDIX GALLBLADDER BILE DUCT URETER URETHRA VAGINA VULVA PENIS SCROTUM SKIN
BONE MUSCLE WHOLEBODY TRUNK UPPER LOWER LIMB HEADNECK ABDOMENPELVIS CHESTABDOMEN CHESTABDPELVIS NECKCHEST
NECKCHESTABDOMEN NECKCHESTABDPELV ABDOMINAL ILIAC VEIN VENTRICLE ATRIUM MEDIASTINUM RETROPERITONEUM TONGUE TEETH TOOTH
PHANTOM TEST MARKER MEDIASTINAL CEREBELLUM AXILLA DRAFT COMPLETE VERIFIED UNVERIFIED APPROVED UNAPPROVED REJECTED
COMPLETED STOPPED DISCONTINUED PROGRESS IN CONTAINS HAS OBS CONTEXT ACQ CONCEPT MOD PROPERTIES INFERRED FROM SELECTED
CONTAINER CODE NUM PNAME DATE TIME DATETIME UIDREF COMPOSITE IMAGE WAVEFORM SCOORD SCOORD3D TCOORD TABLE SEPARATE
CONTINUOUS DCMR POINTS CLOSED NONPLANAR OPEN CLOSEDPLANAR POLYLINE POLYGON ELLIPSE ELLIPSOID RECTANGLE MULTIPOINT
INTERPOLATED 2D 3D 4D 2.5D LINEAR SIGMOID EXACT IDENTITY INVERSE P-VALUE SOFTCOPY MONOTONIC HARDCOPY SUBTRACTED BINARY
FRACTIONAL LABELMAP OCCUPANCY PROBABILITY AUTOMATIC SEMIAUTOMATIC MANUAL SURFACE TILED SPARSE CARTESIAN PHYSICAL BEAM
BRACHY RECORD TREATMENT POSITION ERROR GY RELATIVE CUMULATIVE DIFFERENTIAL NATURAL PATIENT EXTERNAL PTV CTV GTV ITV
TREATED IRRAD BOLUS AVOIDANCE ORGAN REGISTRATION ISOCENTER CONTRAST CAVITY CHANNEL DOSE CONTROL SUPPORT FIXATION
CYLINDER APPLICATOR SOURCE DEVICE TARGET SITE COORDINATES MU MINUTE PHOTON NEUTRON ION WEDGE STANDARD MOTORIZED HARD
ASYMX ASYMY X MLCX MLCY CW SHIELDING APERTURE CONVENTIONAL VERIFICATION GANTRY COUCH VIRTUAL MEGAVOLTAGE PORTAL
SIMULATOR DRR RADIOGRAPH BLANK COMBINATION LUMBAR NOCONTRAST INVIVO SKINAPEX BQML CNTS PROPCPS CPS GML SUVBW CM2ML
UMOLML MGMINML STDDEV DECY FCAL START ADMIN DECAY ATTN SCAT DTIM RAN MOTN PMOT CLN RADL DLYD SENS SUM COUN ECAT FDG
FOV EDGES BRIGHT BEAT PATH EXERCISE PHARMACOLOGIC RELAX EXP RR INSP CARDIAC CARD RESPIRATORY PROSPECTIVE RETROSPECTIVE
CG BREATH HOLD TRIGGERED UNTRIGGERED PFF PFP SFP SPIR FS FC SAT SATURATION FATSAT FAT PER RC RG FREQ PP PEAKSUPP
PARTIALPHASE PFPFREQ SFS WE WS FREQUENCY INPLANE PFH GEMS PFI CGG HPF IFLOW TCOF VB ACC EDR FLEX ROW COL COLUMN COIL
QUADRATURE ARRAY RECEIVE TRANSMIT SENSE SMASH PILS SPGR SPOILED FLASH STEADY STATE FAST GRADIENT SPIN INVERSION
RECOVERY RADIAL BIPOLAR UNIPOLAR GRASE HASTE ISO_8 LUT MSK NOT ALLOWED NEGATIVE POSITIVE DIRECTIONAL ABSOLUTE REQUIRED
OPTIONAL LOSSY LOSSLESS 00 01 10918 14495 15444 13818 14496 23008 JPEG STORED AERIAL FILM SCREEN SCINTILLATOR DIRECT
PHOSPHOR CASSETTE STORAGE SCANNED FIXED RECTANGULAR ROUND HEXAGONAL SYNCHRONIZED MOLYBDENUM RHODIUM TUNGSTEN ALUMINUM
COPPER SILVER LEAD TIN BERYLLIUM STRIP FLAT BUTTERFLY MULTIPLE FOCUSED CROSSHATCH CROSSED RECIPROCATING FIXEDGRID HIGH
LOW ENERGY EXIT ENTRANCE AUTO AEC VISUAL PULSE OXIMETRY BLOOD PRESSURE PRESET INTERVAL HEARTBEAT UNMODIFIED REMOVED
TRANSLATED RIGID AFFINE DEFORMABLE RIGID_SCALE ORTHOGONAL AC PC BREATHING SLICE BW COLORFLOW COLOUR DOPPLER SPECTRAL
PW TISSUE MODE HARMONIC ELASTOGRAPHY INTRACARDIAC EPICARDIAC TRANSESOPHAGEAL RETINA CORNEA DOUBLE REFERENCE ALIGNMENT
UPRIGHT ERECT SUPINE PRONE DECUBITUS RECUMBENT SEMIERECT NEMA DICOM WCS FSL SPM DERIVATIVE MEAN MEDIAN MAXIMUM MINIMUM
VARIANCE SUMMARY PROC PREVIEW SAVE CAPTURE SCREENSAVE FILT LUMINANCE TRICHROMATIC FLUORESCENCE BRIGHTFIELD ANATOMY
VENOUS ARTERIAL DELAYED PRE POST NATIVE TISSUEMASK NUCLEUS SLIDE SPECIMEN MICROSCOPY EXTENDED DEPTH FOCUS CORRECTED
UNCORRECTED COMPOSED
"""
TERMS = frozenset(_TERMS.split())
"""Words of coded strings, in upper case."""

_DESIGNATORS = """
SCPECG RFC5646 MSH DCM SCT SRT SNM3 SNOMED-RT UCUM LN FMA FMAID UMLS RADLEX NCIt NDC RXNORM ICD10 I10 I10P ICD9 I9C
ACR BI RFC3066 IANA ISO_639-1 ISO_639-2 ISO3166_1 ITIS_TSN MDC NEU BARI IBSI UNS NCDR PUBCHEM_CID SBSI MAYOASRG
ASTM-sigpurpose
"""
DESIGNATORS = frozenset(_DESIGNATORS.split())
_UNITS = """
1 % mm cm m um mm2 cm2 mm3 cm3 ml mL l L ms s min h d a mg g kg mg/ml g/ml g/ml{SUVbw} g/ml{SUVlbm} {SUVbw}g/ml Bq MBq
kBq Bq/ml Bq/mL [hnsf'U] {hnsf'U} deg rad Hz kHz MHz T mT ppm mV uV V kV kVP mA mAs uAs Gy mGy cGy Gy.m2 dGy.cm2
Gy.cm2 mGy.cm mSv {ratio} {counts} {pixels} {voxels} {events} {no units} [arb'U] cm/s mm/s m/s mm2/s um2/s ml/min/g
/min {H.B.}/min {beats}/min mmHg mm[Hg] Cel keV MeV {MU} {frames} {slices} 10*-6.mm2/s dB ng/ml s/mm2
"""
UNITS = frozenset(_UNITS.split())

_NAMES = """
abbott adams allen archer bacon bailey baker ball banks barber barker barnes bass bean bell berg berry best bird
bishop black block blue bond book booth bow bowman boyd bridge bright brook brooks brown buck bull burn burns bush
butcher butler cane carpenter carter carver case chance chandler chase christian church clark clay cole coleman
collins cook cooper cotton crane cross crown dale daniel david day dean dickens drake duke early east ellis english
faith farmer fast field finch fish fisher flower flowers ford forest forrest foster fountain fox frank freeman french
frost fuller gardener gardner gates george german glass glover gold golden good gordon grace graham grant graves gray
green grey grove hall hardy harp hart harvest hawk hay hayes head henry heron hill holder holland holly holmes hood
hope horn house howard hudson hunt hunter ivy jack james jasper john jones jordan joy judge july june keen key king
knight lake lamb lance lane law leaf lee lewis lily little long lord love lucas luke major male march maria mark marsh
martin mason may mercy miles mill miller mills moon moore morgan morris moss moth myers nelson newman noble north oak
olive page palmer park parker parks parsons paul pearl pepper perry peter piper pitt pole pond poole pope porter
potter powers price prince reed reeves rice rich richard ring rivers robin rod rose rosemary ross rowan ruby rush
russell sage salmon salt sand sanders savage sawyer scott sharp shepherd short silver simon singer singh skinner
slaughter small smith snow south spear spencer spring starling steel stone street strong summer summers swan swift
tailor taylor temple thomas thorn tower travis tucker turner underwood victor violet wade walker wall ward warner
waters weaver webb webster weeks wells west wheeler white wild will william williams willow winter winters wise wolf
wood woods wright young
"""
NAMES = frozenset(_NAMES.split())
"""Words that are common names. They stay only if `WORDS` says so."""

WORD = re.compile(r"[^\W_]+")
SMALL_WORD = re.compile(r"(?<=[ /(-])[a-z]{3,}\b")
NUMBER = re.compile(r"\d{1,3}")
ONE_NUMBER = re.compile(r"\d{1,3}(\.\d{1,3})?")
TERM_NUMBER = re.compile(r"\d{1,4}")
DIRECTION = re.compile(r"[AFHLPR]{1,3}")
SIZE = re.compile(r"\d{1,3}(CM|IN)X\d{1,3}(CM|IN)")
CODE = re.compile(r"5\.\d{1,2}\.\d{1,2}-\d{1,2}|[a-z]{2}(-[A-Z]{2})?")
"""Of SCPECG and of RFC 5646 (languages)."""
WITH_NUMBER = re.compile(r"([a-z]{3,})\d{1,3}")
MEASURE = re.compile(
    r"\d{1,4}(mm|cm|ml|s|sec|ms|min|deg|d|kv|kvp|ma|mas|mgy|gy|t|th|st|nd|rd|x|phase|ph|ns|vd|b|mci|mbq)"
)
SHORT_CODE = re.compile(r"[a-z]{1,2}\d{1,4}[a-z]{0,2}|\d[a-z]{1,2}")
SEQUENCE_CODE = re.compile(
    r"(ep|epfid|epse|fl|tfl|tse|se|tir|spc|spcir|gre|fi|qfl|h|hst|me|b)[23]d\d{0,3}[a-z]{0,3}\d{0,2}"
)
POSTCODE = re.compile(r"[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b", re.IGNORECASE)
NUMBERS_IN_A_ROW = re.compile(r"\d{1,3}(?:[^\w]+\d{1,3}){2,}")


def clean_words(text: str, names: frozenset[str]) -> str:
    """Return a description with its known words only; as it is if it has no other.

    Parameters
    ----------
    text
        One or more descriptions, labels or protocol names, with backslashes between them.
    names
        Words, in lower case, that name somebody in the same instance: they go even if they are known.
    """
    return "\\".join(filter(None, (_clean_description(part.strip(), names) for part in text.split("\\"))))


@lru_cache(maxsize=4096)
def clean_terms(text: str, _names: frozenset[str]) -> str:
    """Return coded strings; of several, `OTHER` in place of each that is not made of known terms."""
    values = text.split("\\")
    if len(values) == 1:
        return text if _is_known_term(text) else ""
    return "\\".join(value if _is_known_term(value.strip()) else "OTHER" for value in values)


def clean_character_set(text: str, _names: frozenset[str]) -> str:
    """Return the names of character sets (PS3.3 section C.12.1.1.2), or nothing if one is none."""
    return text if all(value.strip() in python_encoding for value in text.split("\\")) else ""


def clean_code(text: str, _names: frozenset[str]) -> str:
    """Return a code value that the standard lists, or nothing."""
    return text if text in _codes() or CODE.fullmatch(text) else ""


def clean_designator(text: str, _names: frozenset[str]) -> str:
    """Return a coding scheme designator that the standard lists, or nothing."""
    return text if text in DESIGNATORS else ""


def clean_meaning(text: str, names: frozenset[str]) -> str:
    """Return a code meaning that the standard lists, or its known words."""
    return text if text.lower() in _meanings() else clean_words(text, names)


def _clean_description(text: str, names: frozenset[str]) -> str:
    if text in UNITS or ONE_NUMBER.fullmatch(text):
        return text
    words = WORD.findall(text)
    kept = [word for word in words if _is_known_word(word) and word.lower() not in names]
    numbers = [word for word in words if NUMBER.fullmatch(word)]
    like_a_number = POSTCODE.search(text) or NUMBERS_IN_A_ROW.search(text)
    if kept and len(kept) + len(numbers) == len(words) and not like_a_number and text.isascii():
        return text
    return " ".join(word for word in kept if _is_plain_word(word.lower()))


def _is_known_word(word: str) -> bool:
    low = word.lower()
    with_number = WITH_NUMBER.fullmatch(low)
    return (
        _is_plain_word(low)
        or bool(with_number and with_number[1] in WORDS)
        or any(shape.fullmatch(low) for shape in (MEASURE, SHORT_CODE, SEQUENCE_CODE))
    )


def _is_plain_word(low: str) -> bool:
    return low in WORDS or low in _clinical_words()


def _is_known_term(term: str) -> bool:
    if DIRECTION.fullmatch(term) or SIZE.fullmatch(term):
        return True
    return all(part in TERMS or TERM_NUMBER.fullmatch(part) for part in re.split(r"[ _]+", term) if part)


CONCEPTS: Mapping[str, Mapping[str, Mapping[str, tuple[str, Any]]]] = cast("Any", concepts)
"""Scheme -> keyword -> code -> meaning and context groups."""


@cache
def _codes() -> frozenset[str]:
    """Return the codes of the standard's context groups (PS3.16), their older SNOMED RT form, and units."""
    known = {code for scheme in CONCEPTS.values() for meanings in scheme.values() for code in meanings}
    return frozenset(known) | UNITS | frozenset(snomed["SRT"])


@cache
def _meanings() -> frozenset[str]:
    """Return the meanings of the standard's codes, in lower case."""
    entries = (meaning for scheme in CONCEPTS.values() for meanings in scheme.values() for meaning in meanings.values())
    return frozenset(entry[0].lower() for entry in entries)


@cache
def _clinical_words() -> frozenset[str]:
    """Return the keywords of the dictionary and the words that SNOMED CT's meanings write small; no common names.

    What is written small inside a meaning is no eponym.
    """
    entries = (meaning[0] for meanings in CONCEPTS["SCT"].values() for meaning in meanings.values())
    words = {word for entry in entries for word in SMALL_WORD.findall(entry)}
    return frozenset(words - NAMES) | frozenset(keyword.lower() for keyword in keywords())
