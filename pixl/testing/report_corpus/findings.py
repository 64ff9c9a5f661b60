"""What radiologists write of what they see: sentences by region, with <slots>; nobody is named in them."""

from __future__ import annotations

from pixl.testing.report_corpus.lines import lines

CHEST_RADIOGRAPH = lines("""
    The heart size and mediastinal contours are within normal limits.
    The lungs and pleural spaces are clear.
    No focal consolidation, collapse or pleural effusion.
    No pneumothorax.
    There is patchy airspace opacification in the <side> <zone> zone.
    Blunting of the <side> costophrenic angle in keeping with a <size> pleural effusion.
    The cardiothoracic ratio is increased at <ratio>.
    There is upper lobe venous diversion with interstitial lines at both bases.
    The NG tube passes below the diaphragm and its tip projects over the stomach.
    The tip of the endotracheal tube lies <cm> above the carina.
    Right internal jugular central line tip projects over the lower SVC.
    Hyperinflated lungs with flattened hemidiaphragms, consistent with COPD.
    Linear atelectasis at the <side> base.
    Healing fractures of the <side> <rib> and <rib> ribs posterolaterally.
    A <mm> nodule projects over the <side> <zone> zone and was not present previously.
    Sternotomy wires and mitral valve replacement noted.
    Dual chamber pacemaker with leads in satisfactory position.
    Unfolded thoracic aorta with calcification of the arch.
    The <side> hemidiaphragm is raised, which is unchanged.
    Degenerative change in the thoracic spine; no acute bony injury.
    Bilateral hilar enlargement, which may be vascular or nodal.
    Biapical pleural thickening.
    No free gas under the diaphragm.
    Old granulomatous calcification in the <side> upper zone.
    Scoliosis convex to the <side>.
    The trachea is central.
    Tubes and lines are satisfactorily positioned.
    Increasing perihilar opacification compared with the previous film, suggestive of pulmonary oedema.
    Residual <side> apical pneumothorax measuring <mm> with the intercostal drain in situ.
    Bilateral nipple shadows should not be mistaken for nodules.
    The azygos fissure is a normal variant.
    Surgical emphysema tracks into the neck.
    Widened superior mediastinum on this AP supine view.
    Oesophageal stent projected over the lower mediastinum.
""")
CHEST_CT = lines("""
    There is a <mm> <margin> nodule in the <lobe> (series <small>, image <count>).
    No filling defect is seen in the pulmonary arteries to segmental level.
    Filling defects are present in the <side> lower lobe segmental arteries, consistent with acute pulmonary embolism.
    The right ventricle to left ventricle ratio is <ratio>, with no septal bowing.
    Centrilobular and paraseptal emphysema with an upper zone predominance.
    Subpleural reticulation with traction bronchiectasis and honeycombing at the bases.
    Ground-glass opacity in the <lobe> with interlobular septal thickening.
    Enlarged station <station> lymph node measuring <mm> in short axis.
    No mediastinal, hilar or axillary lymphadenopathy by size criteria.
    A <cm> spiculated mass in the <lobe> abuts the pleura without rib destruction.
    Small bilateral pleural effusions with adjacent compressive atelectasis.
    The airways are patent to subsegmental level.
    Mild bronchial wall thickening with mucus plugging in the <lobe>.
    Tree-in-bud nodularity in the <lobe>, likely infective.
    Calcified pleural plaques in keeping with previous asbestos exposure.
    Coronary artery calcification is moderate.
    The ascending aorta measures <mm> in maximal diameter.
    Incidental azygos fissure.
    A <mm> perifissural nodule, likely an intrapulmonary lymph node.
    Volume doubling time is approximately <days> days.
    Solid component measures <mm>; the Brock risk is <percent>.
    Mosaic attenuation on expiratory imaging suggests small airways disease.
    Trace pericardial fluid only.
    The oesophagus is dilated with an air-fluid level.
    No endobronchial lesion is demonstrated.
    Cavitating lesion in the <lobe> with a wall thickness of <mm>.
    Post-radiotherapy fibrosis in the <side> paramediastinal lung.
    Sclerotic focus in the <level> vertebral body, unchanged and likely a bone island.
    Limited views of the upper abdomen show a <mm> hypodensity in segment <segment> of the liver.
    Loculated <side> empyema with an enhancing pleural rind.
""")
ABDOMEN_CT = lines("""
    The liver, spleen, pancreas, adrenals and both kidneys are unremarkable.
    A <mm> low attenuation lesion in segment <segment> is too small to characterise.
    Fatty infiltration of the liver with focal sparing adjacent to the gallbladder fossa.
    The gallbladder contains several calculi without wall thickening.
    Common bile duct measures <mm> with no intraductal stone.
    Pancreatic duct is not dilated.
    Irregular mural thickening of the <colon> over a length of <cm> with pericolic stranding.
    Small bowel loops are dilated up to <cm> with a transition point in the <quadrant>.
    No free fluid or free gas.
    The appendix is dilated at <mm> with an appendicolith and periappendiceal fat stranding.
    Sigmoid diverticulosis without diverticulitis.
    A <cm> collection in the <quadrant> contains gas locules.
    Infrarenal abdominal aortic aneurysm measuring <cm> in maximum AP diameter.
    No retroperitoneal haematoma or evidence of rupture.
    There is a <mm> calculus at the <side> vesicoureteric junction with mild hydronephrosis.
    Bosniak <bosniak> cyst at the upper pole of the <side> kidney.
    The <side> adrenal nodule measures <mm> and <hu> on the unenhanced scan, consistent with a lipid-rich adenoma.
    Multiple enlarged para-aortic nodes, the largest measuring <mm>.
    Peritoneal nodularity and omental caking are noted.
    Portal vein is patent and the hepatic veins opacify normally.
    Uncomplicated fat-containing umbilical hernia.
    The prostate is enlarged and indents the bladder base.
    Uterus and adnexa are unremarkable for age.
    A <mm> cyst in the <side> ovary does not need follow-up.
    Diffuse mesenteric stranding with sub-centimetre nodes.
    Splenic laceration extending to the hilum, AAST grade <grade>.
    No evidence of anastomotic leak on delayed imaging.
    Faecal loading of the colon.
    Hepatic cirrhosis with splenomegaly and recanalised umbilical vein.
    LI-RADS <grade> observation in segment <segment> measuring <mm>.
    Bones: no destructive lesion; grade <grade> anterolisthesis of <level> on the level below.
    Terminal ileum is thickened over <cm> with engorgement of the vasa recta.
    Arterial phase enhancement with washout is seen on the portal venous phase.
    Ureteric stent and urinary catheter in good position.
    Moderate volume ascites in all four quadrants.
    Gastric wall thickening at the antrum, <mm>.
    The splenic artery is tortuous and calcified.
    Retroperitoneal fat is preserved.
    Jejunal feeding tube is appropriately positioned.
    Ileostomy in the <quadrant> without parastomal herniation.
    Gallstones are radiolucent on this technique.
""")
BRAIN = lines("""
    No intracranial haemorrhage, mass effect or midline shift.
    No acute territorial infarct.
    The ventricles and sulci are prominent in keeping with generalised involutional change.
    Periventricular and deep white matter hypoattenuation in keeping with small vessel disease.
    Hyperdense <side> middle cerebral artery.
    Loss of grey-white differentiation in the <side> insula; ASPECTS score <aspects>.
    A <mm> acute subdural haematoma overlies the <side> convexity with <mm> of midline shift.
    The basal cisterns are patent.
    Restricted diffusion in the <side> <brain> with corresponding low ADC.
    Multiple T2 and FLAIR hyperintense lesions in the periventricular and juxtacortical white matter.
    No abnormal enhancement after gadolinium.
    A <mm> extra-axial, homogeneously enhancing lesion along the <side> <brain> convexity.
    The pituitary gland is of normal size and the stalk is midline.
    The internal auditory meati are normal and no cerebellopontine angle lesion is seen.
    Normal flow voids in the major intracranial vessels.
    A <mm> saccular aneurysm arises from the anterior communicating artery.
    Hippocampal volumes are symmetrical with normal signal.
    Medial temporal atrophy score <grade> on the <side>.
    Subarachnoid blood in the sylvian fissures and interhemispheric fissure.
    No venous sinus thrombosis.
    The paranasal sinuses and mastoid air cells are clear.
    Mucosal thickening in the <side> maxillary antrum.
    No skull vault or skull base fracture.
    Old lacunar infarcts in the <side> basal ganglia.
    Cerebellar tonsils lie <mm> below the foramen magnum.
    Susceptibility artefact in the <brain> consistent with microhaemorrhages.
    Orbits are unremarkable.
    The corpus callosum is normally formed.
    Extensive oedema surrounding the <brain> lesion effaces the <side> lateral ventricle.
    There is a <mm> colloid cyst in the roof of the third ventricle.
    Burr hole and craniectomy defect on the <side>.
    Ventriculoperitoneal shunt catheter tip lies in the frontal horn.
    Empty sella, which may be incidental.
    Cavum septum pellucidum, a normal variant.
    White matter volume is preserved.
""")
SPINE = lines("""
    Normal alignment of the <spine> spine with preserved vertebral body heights.
    At <disc> there is a broad-based disc bulge with <severity> narrowing of both neural foramina.
    At <disc> a <side> paracentral disc protrusion compresses the traversing nerve root.
    The conus terminates at <level> and is of normal signal.
    No cord compression or abnormal cord signal.
    <severity> central canal stenosis at <disc> due to facet hypertrophy and ligamentum flavum thickening.
    Wedge compression of <level> with <percent> loss of height and marrow oedema.
    Modic type <grade> endplate change at <disc>.
    Desiccation of the <disc> disc with an annular fissure.
    Intervertebral haemangioma of <level>, an incidental finding.
    Postoperative appearances after <side> laminectomy at <disc>.
    Pedicle screws at <level> are satisfactorily positioned without lucency.
    Grade <grade> spondylolisthesis at <disc> with bilateral pars defects.
    Epidural collection from <level> extending over <cm>.
    No abnormal enhancement of the cauda equina.
    Fluid signal in the <disc> disc with endplate erosion is concerning for discitis.
    Syrinx extending from <level> for <cm>.
    Metastatic deposit in <level> with extension into the <side> pedicle.
    The sacroiliac joints are normal.
    Tarlov cysts at S2.
    Exit foramina are capacious at the remaining levels.
    Facet joint arthropathy at <disc>, worse on the <side>.
    Prevertebral soft tissues are not thickened.
    No fracture or subluxation of the cervical spine from the craniocervical junction to T1.
""")
JOINTS = lines("""
    Complex tear of the posterior horn of the medial meniscus.
    The anterior cruciate ligament is ruptured with a pivot shift pattern of bone bruising.
    Posterior cruciate and collateral ligaments are intact.
    Full thickness chondral loss over the <side> patellar facet.
    Moderate joint effusion with a <mm> loose body.
    Full-thickness tear of the supraspinatus tendon measuring <mm> with retraction.
    Subacromial bursa is thickened and fluid filled.
    Long head of biceps lies within the bicipital groove.
    Labral tear at the <clock> position.
    Acromioclavicular joint osteoarthritis with inferior osteophytes.
    Tendinosis of the Achilles tendon with a fusiform swelling of <mm>.
    Plantar fascia is thickened at <mm>.
    Subchondral cyst formation and joint space narrowing of the <side> hip.
    Total hip replacement in situ without evidence of loosening.
    Undisplaced fracture of the neck of the <side> femur.
    Transverse fracture of the <side> distal radius with dorsal angulation.
    Soft tissue swelling over the lateral malleolus without fracture.
    Comminuted fracture of the <side> calcaneum.
    No bony injury seen.
    Fracture of the base of the <rib> metacarpal.
    Dislocation of the <side> glenohumeral joint, with interval reduction on the second film.
    Well-defined lytic lesion with a sclerotic rim in the proximal tibia.
    Chondrocalcinosis of the menisci and triangular fibrocartilage.
    Erosions at the metacarpophalangeal joints in keeping with inflammatory arthropathy.
    Bone age corresponds to the standard for <years> years.
    Trochlear dysplasia with a tibial tuberosity to trochlear groove distance of <mm>.
    Bone marrow oedema in the scaphoid waist with a faint fracture line.
    K-wires in situ with satisfactory alignment.
    Metalwork intact. Callus formation noted at the fracture site.
    Bipartite patella, a normal variant.
    Os trigonum is noted.
    Physeal plates are not yet fused.
    Hallux valgus with first metatarsophalangeal joint osteoarthritis.
    Calcific tendinopathy of the rotator cuff.
    Muscle belly tear of the <side> gastrocnemius with a <cm> haematoma.
""")
PELVIS = lines("""
    PI-RADS <grade> lesion in the <side> peripheral zone at the mid gland measuring <mm>.
    Prostate volume is <ml> with a PSA density of <psa>.
    No extracapsular extension or seminal vesicle invasion.
    The endometrium is <mm> thick and the junctional zone is intact.
    Multiple intramural fibroids, the largest measuring <cm>.
    T3b tumour of the mid rectum with extramural vascular invasion.
    The circumferential resection margin is clear by <mm>.
    Mesorectal nodes with irregular borders and mixed signal.
    Intersphincteric fistula with an internal opening at <clock>.
    <side> ovarian endometrioma with T2 shading measuring <cm>.
    O-RADS <grade> adnexal lesion with a solid enhancing component.
    Cervical tumour measures <mm> and the parametrium is preserved.
    FIGO stage IIB disease.
    Bladder wall is trabeculated with a <mm> diverticulum.
    Pelvic floor descent of <cm> on straining.
    No pelvic sidewall lymphadenopathy.
    Both testes are within the scrotum.
    Hydrosalpinx on the <side>.
    The urethra is normal throughout.
    Deep infiltrating deposits along the uterosacral ligaments with tethering of the bowel.
""")
ULTRASOUND_ABDOMEN = lines("""
    The liver is of normal size with a smooth outline and increased echogenicity.
    No focal hepatic lesion and no intrahepatic duct dilatation.
    Gallbladder is thin walled with multiple mobile calculi.
    The CBD measures <mm>.
    Sonographic tenderness over the gallbladder was elicited.
    The pancreas is obscured by overlying bowel gas.
    Right kidney <cm>, left kidney <cm>; no hydronephrosis.
    A simple cyst of <mm> at the lower pole of the <side> kidney.
    Spleen is not enlarged at <cm>.
    The aorta measures <mm> and is not aneurysmal.
    Post-void residual volume is <ml>.
    Bladder is well distended with no mural lesion.
    Increased cortical echogenicity in keeping with medical renal disease.
    Antegrade flow in the portal vein with a velocity of <velocity>.
    No free fluid in the pelvis.
    The uterus is anteverted and measures <dims>.
    Endometrial thickness <mm>.
    Both ovaries are seen with a normal follicular pattern.
    There is a <mm> gallbladder polyp.
    Appendix not visualised; no secondary features of appendicitis.
    Single live intrauterine pregnancy with a crown rump length of <mm>.
    Fetal heart pulsations seen at <rate> bpm.
    Placenta is posterior and clear of the internal os.
    Amniotic fluid volume is normal.
    Estimated fetal weight <grams> on the <percent> centile.
""")
ULTRASOUND_SMALL_PARTS = lines("""
    The <side> lobe of thyroid contains a <mm> solid hypoechoic nodule, U<grade>.
    The isthmus is not thickened.
    Normal cervical nodes with preserved fatty hila.
    The submandibular and parotid glands are normal.
    Both testes are of normal size and echotexture.
    Small <side> hydrocele and a <mm> epididymal cyst.
    The deep veins of the <side> leg are compressible from the groin to the calf.
    Occlusive thrombus in the <side> superficial femoral and popliteal veins.
    Peak systolic velocity in the <side> internal carotid artery is <velocity>, in keeping with <percent> stenosis.
    Triphasic waveforms throughout.
    A <mm> subcutaneous lesion is of fat echogenicity, in keeping with a lipoma.
    The lump corresponds to a <cm> reducible inguinal hernia.
    There is synovial thickening with grade <grade> power Doppler signal at the wrist.
    Thickened median nerve with a cross-sectional area of <small> square millimetres.
    Vertebral arteries show normal antegrade flow.
    The graft is patent with velocities of <velocity> at the distal anastomosis.
    An ill-defined hypoechoic area of <mm> was sampled with a <gauge> needle, two passes.
    No sonographic abnormality at the site of the palpable lump.
    The flexor tendons glide normally on dynamic scanning.
    Collection of <cm> in the <side> thigh, amenable to drainage.
""")
BREAST = lines("""
    Breast density is BI-RADS category <letter>.
    No suspicious mass, calcification or distortion in either breast.
    There is a <mm> spiculate mass in the upper outer quadrant of the <side> breast, M<grade>.
    Pleomorphic microcalcifications over <mm> in the <side> breast at <clock>.
    Ultrasound shows a <mm> irregular hypoechoic lesion, U<grade>.
    Normal axillary nodes bilaterally.
    Cortical thickening of <mm> in a <side> axillary node.
    <gauge> core biopsy, <small> cores; specimen radiograph confirms calcification.
    Marker clip deployed; check mammogram shows it in a good position.
    Simple cysts aspirated to dryness.
    Post-surgical scarring in the <side> breast, unchanged.
    Implants are intact with no linguine sign.
    Recommend routine recall in three years.
    Technical recall of the <side> MLO view because of skin folds.
    Type <grade> enhancement curve with rapid initial uptake.
    A well-circumscribed <mm> mass is consistent with a fibroadenoma, B2.
    Asymmetric density persists on the tomosynthesis views.
    Wire localisation of the <side> breast lesion was performed under stereotactic guidance.
""")
NUCLEAR = lines("""
    Intense FDG uptake in the <lobe> mass, SUVmax <suv>.
    No FDG-avid nodal or distant metastatic disease.
    Physiological tracer uptake in the brain, heart, bowel and urinary tract.
    Increased tracer uptake in the <level> vertebral body.
    Superscan appearances in keeping with widespread skeletal metastases.
    Deauville score <grade>.
    Split renal function: left <percent>, right <percent>.
    The MAG3 curves show prompt drainage after frusemide.
    Mismatched perfusion defect in the <lobe>.
    Bilateral matched ventilation and perfusion defects.
    Reversible ischaemia in the territory of the left anterior descending artery.
    Left ventricular ejection fraction is <percent>.
    Symmetrical uptake in both striata; a normal study.
    A focus of uptake below the lower pole of the <side> thyroid lobe suggests a parathyroid adenoma.
    Sentinel node seen in the <side> axilla at <minutes> minutes.
    Three phase bone scan: increased flow and blood pool activity at the <side> ankle.
    PSMA-avid focus in the <side> external iliac node, SUVmax <suv>.
    Administered activity <mbq> of 99mTc.
    Blood glucose was <glucose> at the time of injection.
    Gastric emptying half time was <minutes> minutes.
""")
FLUOROSCOPY = lines("""
    Free flow of contrast into the stomach without hold up.
    A small sliding hiatus hernia with gastro-oesophageal reflux.
    No aspiration on the thickened fluids; laryngeal penetration on thin fluids.
    Contrast reaches the caecum at <minutes> minutes.
    No leak is demonstrated at the anastomosis.
    Both fallopian tubes fill and there is free spill.
    Tight stricture at the <side> ureter over <cm>.
    Grade <grade> vesicoureteric reflux on the <side>.
    Barium outlines a <cm> pharyngeal pouch.
    Tertiary contractions in the lower oesophagus.
    Defecating proctogram shows a <cm> anterior rectocele.
    The loopogram shows free reflux into both ureters.
    Nasojejunal tube advanced beyond the duodenojejunal flexure.
    Screening time <minutes> minutes, dose area product <dap>.
    The feeding tube was exchanged over a wire for a new <french> tube.
    Linitis plastica appearance of the stomach.
""")
INTERVENTION = lines("""
    Informed written consent was obtained and the WHO checklist completed.
    Under ultrasound guidance the <side> common femoral artery was punctured and a <french> sheath inserted.
    <ml> of 1% lidocaine was infiltrated to the skin and capsule.
    A <french> pigtail drain was sited in the <quadrant> collection with return of <ml> of pus.
    Selective catheterisation of the <side> uterine artery with a microcatheter.
    Embolisation with <micron> particles until stasis.
    Active extravasation was seen from a branch of the inferior mesenteric artery and coiled.
    Angioplasty of the <side> superficial femoral artery with a <mm> balloon to <small> atmospheres.
    A <mm> by <mm> self-expanding stent was deployed.
    Haemostasis with a closure device.
    Nephrostomy inserted into the <side> lower pole calyx over a stiff wire.
    Tunnelled central line inserted via the right internal jugular vein with its tip at the cavoatrial junction.
    <gauge> coaxial needle, three core samples obtained.
    Transjugular liver biopsy: <small> passes with adequate tissue.
    Vertebroplasty at <level> with <ml> of cement.
    Percutaneous biliary drain with the tip in the duodenum.
    There were no immediate complications.
    Bed rest for four hours with half-hourly observations.
    <ml> of Omnipaque <count> used; fluoroscopy time <minutes> minutes.
    The IVC filter was retrieved with a snare.
    Thrombectomy achieved TICI <tici> recanalisation after <small> passes.
    Epidural injection at <disc> with <ml> of bupivacaine and 40 mg triamcinolone.
    TIPS revision with a reduction in gradient from <small> to <small> mmHg.
    Microwave ablation of the segment <segment> lesion, two cycles of <minutes> minutes.
""")
HEART = lines("""
    Calcium score <count> Agatston units, on the <percent> centile for age and sex.
    The left main stem bifurcates and is free of plaque.
    Mixed plaque in the proximal LAD causing <percent> stenosis, CAD-RADS <grade>.
    Right dominant circulation.
    Left ventricular end-diastolic volume <ml>, ejection fraction <percent>.
    Mid-wall late gadolinium enhancement in the septum.
    No myocardial oedema on the STIR images.
    The interventricular septum measures <mm>.
    Tricuspid aortic valve; annulus area <small> square centimetres.
    Subendocardial scar with <percent> transmurality in the inferior wall.
    Native T1 is <t1>.
    Pericardium is not thickened and there is no effusion.
    Anomalous origin of the circumflex artery from the right sinus.
    Pulmonary venous drainage is normal.
    The left atrial appendage opacifies without thrombus.
    Stroke volume <ml>; regurgitant fraction <percent>.
""")
ANGIOGRAPHY = lines("""
    Normal three-vessel arch.
    No dissection flap or intramural haematoma.
    The coeliac axis, SMA and IMA are patent.
    Occlusion of the <side> superficial femoral artery with reconstitution at the adductor hiatus.
    Three-vessel run-off to the <side> foot.
    Type <grade> endoleak from a lumbar artery.
    The sac measures <mm>, previously <mm>.
    <percent> stenosis of the proximal <side> internal carotid artery.
    Both renal arteries are single and widely patent.
    Beaded appearance of the <side> renal artery suggests fibromuscular dysplasia.
    The stent graft is patent with no kinking.
    Mural thrombus in the popliteal aneurysm of <mm>.
    Delayed filling of the digital arteries.
    Common, external and internal iliac arteries are heavily calcified.
    Fenestration of the basilar artery.
    Dural arteriovenous fistula with cortical venous reflux.
""")
NECK = lines("""
    Asymmetric enhancement of the <side> tonsil measuring <mm>.
    Level <necklevel> node on the <side> measures <mm> with central necrosis.
    The true vocal cords are symmetrical and the paraglottic fat is preserved.
    The parotid lesion is well defined and T2 bright, favouring a pleomorphic adenoma.
    Thyroid goitre with retrosternal extension narrows the trachea to <mm>.
    No retropharyngeal collection.
    The pyriform fossae are clear.
    Ranula in the floor of the mouth.
    Carotid body tumour splaying the carotid bifurcation.
    Erosion of the <side> scutum by a soft tissue mass in the middle ear.
    The semicircular canals and cochleae are normally formed.
    Deviation of the nasal septum with a spur to the <side>.
    Concha bullosa on the <side>.
    The temporomandibular joints show anterior disc displacement without reduction.
    Periapical lucency at the <side> lower first molar.
    Post-treatment oedema of the supraglottis without recurrent disease.
""")
CHILD = lines("""
    Bilateral perihilar peribronchial wall thickening in keeping with a viral chest infection.
    The femoral heads are well covered and the alpha angles exceed 60 degrees.
    Buckle fracture of the distal radial metaphysis.
    No intraventricular haemorrhage on cranial ultrasound through the anterior fontanelle.
    The pylorus is <mm> thick and <mm> long and does not open.
    Target sign in the <quadrant> consistent with intussusception.
    Thymus is prominent, which is normal for age.
    Umbilical venous catheter tip projects over <level>.
    No rib or metaphyseal fracture on this skeletal survey.
    Duplex <side> kidney with a dilated upper moiety.
    Neonatal lungs with ground-glass granularity and air bronchograms.
    Normal corticomedullary differentiation for a neonate.
    The secondary ossification centre is present.
    Endotracheal tube is in the right main bronchus and should be withdrawn.
    Supracondylar fracture of the <side> humerus with raised fat pads.
    Double bubble with no distal gas.
""")

REGIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "CR": {"Chest": CHEST_RADIOGRAPH, "Wrist": JOINTS, "Knee": JOINTS, "Spine": SPINE, "Abdomen": ABDOMEN_CT},
    "DX": {"Chest": CHEST_RADIOGRAPH, "Pelvis and hips": JOINTS, "Shoulder": JOINTS, "Paediatric chest": CHILD},
    "CT": {
        "Thorax": CHEST_CT,
        "Abdomen and pelvis": ABDOMEN_CT,
        "Head": BRAIN,
        "Thorax abdomen pelvis": CHEST_CT + ABDOMEN_CT,
        "Neck": NECK,
        "Coronary angiogram": HEART,
        "Angiogram aorta": ANGIOGRAPHY,
        "Cervical spine": SPINE,
        "Pulmonary angiogram": CHEST_CT,
    },
    "MR": {
        "Brain": BRAIN,
        "Lumbar spine": SPINE,
        "Knee": JOINTS,
        "Shoulder": JOINTS,
        "Prostate": PELVIS,
        "Pelvis": PELVIS,
        "Cardiac": HEART,
        "Liver": ABDOMEN_CT,
        "Breast": BREAST,
        "Angiogram": ANGIOGRAPHY,
        "Neck": NECK,
    },
    "US": {
        "Abdomen": ULTRASOUND_ABDOMEN,
        "Renal tract": ULTRASOUND_ABDOMEN,
        "Thyroid": ULTRASOUND_SMALL_PARTS,
        "Doppler leg veins": ULTRASOUND_SMALL_PARTS,
        "Obstetric": ULTRASOUND_ABDOMEN,
        "Cranial": CHILD,
    },
    "NM": {"Bone scan": NUCLEAR, "Renogram": NUCLEAR, "Myocardial perfusion": NUCLEAR + HEART},
    "PT": {"PET CT whole body": NUCLEAR + CHEST_CT},
    "MG": {"Mammogram both": BREAST, "Mammogram assessment": BREAST},
    "RF": {"Barium swallow": FLUOROSCOPY, "Contrast study": FLUOROSCOPY, "Micturating cystogram": FLUOROSCOPY + CHILD},
    "XA": {"Drainage": INTERVENTION, "Embolisation": INTERVENTION, "Angioplasty": INTERVENTION + ANGIOGRAPHY},
}
