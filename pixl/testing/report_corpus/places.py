"""Streets, towns, hospitals, wards and practices."""

from __future__ import annotations

from pixl.testing.report_corpus.lines import lines, words

STREET_NAMES = lines("""
    High
    Station
    Church
    Victoria
    Albert
    Mill
    Orchard
    Springfield
    Kingsway
    Quillfeather
    Old Kent
    Gladstone
    St John's
    Nightingale
    Cemetery
    Waterloo
    Llanbadarn
    Cowgate
    Tulketh
    Thistlewhack
    Penarth
    Sycamore
    Larch
    Priory
    Canal
    Marlborough
    Harrow
    Balmoral
    Fishergate
    Lower Marsh
""")
STREET_KINDS = words(
    "Road Street Lane Avenue Close Drive Crescent Way Terrace Gardens Grove Court Place Mews Rise Rd St"
)
TOWNS = lines("""
    Leicester
    Wolverhampton
    Croydon
    Barnsley
    Aberystwyth
    Kilmarnock
    Sunderland
    Bury St Edmunds
    Stoke-on-Trent
    Tooting
    Brixton
    Newport
    Ashby-de-la-Zouch
    Milton Keynes
    Reading
    Bath
    Sale
    Rugby
    Hyde
    Ware
    Deal
    Wells
    Nelson
    Kirkcaldy
    Ballymena
    Enniskillen
    Clacton-on-Sea
    Hebden Bridge
    Great Yarmouth
    Tower Hamlets
    Stockport
    Luton
    Slough
    Penzance
    Llanelli
    Merthyr Tydfil
    Motherwell
    Berwick-upon-Tweed
    Brackenthwhistle
    Stokenquaver
""")
HOSPITALS = lines("""
    St Thomas' Hospital
    Royal Free Hospital
    Addenbrooke's Hospital
    Queen Elizabeth Hospital
    Northwick Park Hospital
    Guy's Hospital
    King's College Hospital
    St Mary's Hospital
    Royal Victoria Infirmary
    Southmead Hospital
    University Hospital of Wales
    Ninewells Hospital
    Great Ormond Street Hospital
    Leeds General Infirmary
    Hollowmere Royal Infirmary
    Saint Ethelfritha Hospital
    Royal Brackenthwhistle Infirmary
    Gorsewick Children's Hospital
    St Bede's Hospice
    Whipps Cross Hospital
    Princess Royal University Hospital
    John Radcliffe Hospital
    Royal Stoke University Hospital
    Netherby District General Hospital
    Spire Ambersedge Hospital
    Nuffield Health Puddlemarsh
""")
HOSPITAL_SHORT = words("UCLH RFH QMC RVI JR LGI GSTT UHW BRI GOSH Addenbrooke's Guy's Barts")
TRUSTS = lines("""
    Hollowmere University Hospitals NHS Foundation Trust
    Barts Health NHS Trust
    Ambersedge and Netherby Hospitals NHS Trust
    Royal Free London NHS Foundation Trust
    NHS Greater Glasgow and Clyde
    Cwm Taf Morgannwg University Health Board
    Gorsewick Teaching Hospitals NHS Trust
""")
WARDS = lines("""
    Ward 7B
    Ward 12
    Nightingale Ward
    Evelina Ward
    Sir John Charnley Ward
    Ward C4
    Acacia Ward
    Beechwood Unit
    Ward 10 North
    Lister Ward
    T8 South
    Bluebell Ward
    Marjory Warren Ward
    Jenner Ward
""")
PRACTICES = lines("""
    Park View Surgery
    The Limes Medical Centre
    Thistlemoor Medical Practice
    Riverside Health Centre
    Old Forge Surgery
    Dr Banerjee and Partners
    Churchgate Surgery
    Netherby Family Practice
    St Wulfstan's Surgery
    Lister House Surgery
""")
POSTCODE_AREAS = words(
    "AB B BA BB BD BL BN BS CB CF CH CR CV DE DH DL DN EC EH EX G GL GU HD HP HU IP KT L LE LL LS M ME MK N NE NG NN NR"
    " NW OL OX PE PL PO PR RG RH S SA SE SG SK SN SO SR SW SY TN TQ TR TS UB W WA WC WF WN WR WV YO"
)
MAIL_DOMAINS = ("nhs.example", "hollowmere.nhs.example", "mail.example", "post.example", "ambersedge-hospitals.example")
