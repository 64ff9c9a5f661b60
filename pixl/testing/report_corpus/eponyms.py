"""Names that are diseases, signs, scores, devices and anatomy, not people."""

from __future__ import annotations

from pixl.testing.report_corpus.lines import lines

SENTENCES = lines("""
    Colles fracture of the <side> distal radius with dorsal tilt.
    Smith's fracture reduced under haematoma block.
    Findings are in keeping with a Baker's cyst behind the <side> knee.
    Known Hodgkin lymphoma in remission, Deauville <grade>.
    Non-Hodgkin's lymphoma on treatment, Ann Arbor stage III.
    Gleason 3+4=7 adenocarcinoma on biopsy.
    Melanoma with a Breslow thickness of <mm>, Clark level IV.
    Gartner duct cyst in the anterolateral vaginal wall.
    Bartholin's gland cyst measuring <mm>.
    Crohn's disease of the terminal ileum with skip lesions.
    Meckel's diverticulum seen in the <quadrant>.
    Hirschsprung disease with a transition zone in the rectosigmoid.
    Zenker's diverticulum on the barium swallow.
    Schatzki ring at the gastro-oesophageal junction.
    Barrett's oesophagus under surveillance.
    Nissen fundoplication wrap is intact.
    Whipple's procedure with expected appearances.
    Hartmann's pouch is distended by a calculus.
    Mirizzi syndrome with obstruction of the common hepatic duct.
    Calot's triangle is oedematous.
    Positive Murphy's sign on probe pressure.
    Courvoisier gallbladder with a dilated duct.
    The ampulla of Vater and the sphincter of Oddi are normal.
    Wirsung and Santorini ducts are seen separately.
    Morison's pouch and the pouch of Douglas contain no fluid.
    Glisson's capsule is smooth.
    Budd-Chiari syndrome with caudate hypertrophy.
    Couinaud segment <segment> lesion, Child-Pugh B cirrhosis.
    Bosniak IIF cyst, surveillance per guideline.
    Gerota's fascia is thickened.
    Wilms tumour of the <side> kidney.
    Peyronie plaque on the dorsum.
    Fournier's gangrene with gas in the scrotum.
    Naegele rule gives a similar date.
    Braxton Hicks contraction noted during scanning.
    Nabothian cysts in the cervix.
    Asherman syndrome with intrauterine adhesions.
    Meigs syndrome is a consideration.
    Krukenberg tumours of both ovaries.
    Doppler waveform is triphasic.
    Kerley B lines at the bases.
    Ghon focus and Ranke complex in keeping with old tuberculosis.
    Hounsfield value of <hu>.
    Fleischner Society guideline recommends follow-up in twelve months.
    Pancoast tumour at the <side> apex with Horner's syndrome.
    Kartagener syndrome with situs inversus.
    Westermark sign and Hampton's hump are not present.
    Bochdalek hernia on the <side>; no Morgagni hernia.
    Boerhaave perforation of the distal oesophagus.
    Mallory-Weiss tear suspected clinically.
    Takayasu arteritis of the arch vessels.
    Stanford type A dissection, DeBakey type I.
    Kommerell diverticulum at the origin of the aberrant right subclavian artery.
    Swan-Ganz catheter tip in the <side> pulmonary artery.
    Hickman line and Port-a-Cath in good position.
    Tenckhoff catheter coiled in the pelvis.
    Tetralogy of Fallot after repair with a Blalock-Taussig shunt.
    Ebstein anomaly of the tricuspid valve.
    Fontan circulation with a patent conduit.
    Chiari I malformation with tonsillar descent of <mm>.
    Dandy-Walker variant in the posterior fossa.
    Willis circle is complete.
    Broca and Wernicke areas are spared by the oedema.
    Virchow-Robin spaces are prominent.
    Rathke's cleft cyst of the pituitary.
    Meckel's cave and Dorello's canal are normal.
    Sturge-Weber syndrome with leptomeningeal enhancement.
    Von Hippel-Lindau disease with cerebellar haemangioblastoma.
    Creutzfeldt-Jakob disease pattern of cortical ribboning.
    Alzheimer type atrophy, Fazekas grade <grade>, Scheltens score <grade>.
    Parkinson disease with a normal swallow tail.
    Huntington disease with caudate atrophy.
    Wallerian degeneration along the corticospinal tract.
    Glasgow Coma Scale was 15.
    Glasgow Blatchford score <small>.
    Wells score <small>; D-dimer raised.
    Schmorl's nodes at <disc>.
    Scheuermann disease of the thoracic spine.
    Tarlov cysts in the sacral canal.
    Modic type <grade> change at <disc>.
    Pott's disease of the spine with a paravertebral abscess.
    Chance fracture of <level>.
    Jefferson fracture of C1 and a Hangman's fracture of C2.
    Cobb angle of <angle> degrees.
    Bennett's fracture of the thumb base; no Rolando pattern.
    Galeazzi fracture dislocation of the forearm.
    Monteggia injury excluded.
    Barton's fracture fixed with a volar plate.
    Jones fracture of the fifth metatarsal.
    Lisfranc joint is congruent.
    Maisonneuve fracture of the proximal fibula.
    Weber B fracture of the ankle.
    Salter-Harris type II injury of the distal tibia.
    Garden III fracture of the femoral neck; Shenton's line is broken.
    Perthes disease of the <side> hip with Catterall grading.
    Osgood-Schlatter disease of the tibial tubercle.
    Sever disease of the heel.
    Kienböck disease of the lunate.
    Freiberg infraction of the second metatarsal head.
    Köhler disease of the navicular.
    Hill-Sachs defect and bony Bankart lesion.
    Segond fracture with a Stieda sign.
    Pellegrini-Stieda calcification.
    Hoffa's fat pad is oedematous.
    Haglund deformity with retrocalcaneal bursitis.
    Morton's neuroma in the third webspace.
    Achilles tendinosis.
    Dupuytren's contracture and de Quervain's tenosynovitis.
    Guyon's canal and the ligament of Struthers are normal.
    Heberden's and Bouchard's nodes.
    Charcot joint of the midfoot.
    Paget's disease of the pelvis.
    Ewing sarcoma of the fibula.
    Kaposi sarcoma of the skin.
    Looser zones in keeping with osteomalacia.
    Kellgren-Lawrence grade <grade> osteoarthritis.
    Outerbridge grade <grade> chondral change.
    Graf type I hips with normal alpha angles.
    Risser stage <grade>.
    Hashimoto's thyroiditis with a pseudonodular pattern.
    Graves disease with diffuse hypervascularity.
    Cushing syndrome due to a <side> adrenal adenoma.
    Addison disease with small adrenals.
    Conn's syndrome under investigation.
    Warthin tumour of the <side> parotid.
    Sjögren syndrome with salivary gland heterogeneity.
    Wharton's duct calculus of <mm>; Stensen's duct is normal.
    Thornwaldt cyst in the nasopharynx.
    Waldeyer's ring is prominent.
    Ludwig's angina with gas in the floor of the mouth.
    Reinke's oedema.
    Riedel's lobe of the liver.
    Virchow node is not enlarged; Sister Mary Joseph nodule absent.
    Cooper's ligaments are thickened.
    Cowden syndrome; annual surveillance.
    Li-Fraumeni carrier.
    Lynch syndrome under surveillance.
    Peutz-Jeghers polyps in the jejunum.
    Ogilvie syndrome with caecal distension to <cm>.
    Spigelian hernia; no Richter's component.
    Bouveret syndrome and Rigler's triad.
    Dieulafoy lesion embolised.
    Duke's C carcinoma resected.
    Billroth II gastrectomy with a Roux-en-Y loop.
    Hasson port and Veress needle used.
    Seldinger technique with a Teflon sheath.
    Amplatz wire, Cook catheter and a Fogarty balloon.
    Kirschner wires and an Austin Moore prosthesis.
    Girdlestone excision arthroplasty.
    Harrington rods in situ.
    Foley catheter balloon is in the bladder; Sengstaken tube not required.
    Gray's anatomy variant of the renal vein.
    May-Thurner compression of the left common iliac vein.
    Nutcracker phenomenon of the left renal vein.
    Raynaud phenomenon.
    Behçet disease with pulmonary artery aneurysm.
    Wegener granulomatosis in the older notes.
    Churg-Strauss syndrome with eosinophilia.
    Henoch-Schönlein purpura with jejunal thickening.
    Kawasaki disease: no coronary aneurysm.
    Langerhans cell histiocytosis with bizarre cysts.
    Rosai-Dorfman disease is a rare possibility.
    Castleman disease of the mediastinum.
    Burkitt lymphoma of the ileocaecal region.
    Waldenström macroglobulinaemia.
    Gaucher disease with Erlenmeyer flask femora.
    Marfan syndrome with a dilated root.
    Ehlers-Danlos syndrome, vascular type.
    Turner syndrome with coarctation.
    Down syndrome with atlantoaxial instability.
    Klippel-Feil fusion of C2 and C3.
    Sprengel shoulder on the <side>.
    Lemierre syndrome with jugular thrombosis.
    Bell's palsy; Ramsay Hunt syndrome excluded.
    Ménière disease; no schwannoma.
    Gasserian ganglion is normal.
    Simpson grade <grade> resection.
    Agatston score <count>.
    Simpson method ejection fraction <percent>.
    Bland-White-Garland anomaly is excluded.
    Lutembacher syndrome.
    Brown tumours of hyperparathyroidism.
    Gorlin syndrome with falcine calcification.
    Gardner syndrome.
    Valsalva manoeuvre with venous distension.
    Trendelenburg position used.
    Judet and Towne views obtained.
    Schuller and Stryker notch views.
    Kaplan-Meier estimates were not discussed.
    Mitchell grade II slip.
    Stener lesion of the thumb.
    Baastrup phenomenon at <disc>.
    Bertolotti syndrome with a transitional vertebra.
    Sudeck atrophy of the foot.
    Caplan syndrome with rheumatoid nodules.
    Hamman-Rich pattern of acute interstitial pneumonia.
    Löffler syndrome with fleeting opacities.
    Mounier-Kuhn tracheomegaly.
    Swyer-James lung with air trapping.
    Macklin effect with pneumomediastinum.
    Golden S sign of right upper lobe collapse.
    Luftsichel sign.
    Hampton hump absent and Fleischner sign equivocal.
    Poland syndrome with absent pectoralis major.
    Cantlie line divides the lobes; Rex recess is normal.
    Hutch diverticulum of the bladder.
    Weigert-Meyer rule applies to this duplex system.
    Bellini duct carcinoma cannot be excluded.
    Denonvilliers fascia is intact.
    Leydig cell tumour favoured.
    Cowper's gland syringocele.
    Skene gland cyst.
    Müllerian duct anomaly, Wolffian remnant.
    Fitz-Hugh-Curtis syndrome suspected.
    Sheehan syndrome with an empty sella.
    Nelson syndrome after adrenalectomy.
    Spetzler-Martin grade <grade> malformation.
    Fisher grade <grade> haemorrhage.
    Barkovich type polymicrogyria.
    Lhermitte-Duclos lesion of the cerebellum.
    Galen vein is not enlarged; Labbé and Trolard veins are patent.
    Heubner artery territory infarct.
    Percheron artery infarct of both thalami.
    Luschka and Magendie foramina are patent.
    Monro foramen is clear; Sylvius aqueduct is patent.
    Rolandic fissure is displaced; Heschl gyrus is preserved.
""")
