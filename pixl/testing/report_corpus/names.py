"""Given and family names of many origins, and family names that are ordinary words or words of anatomy."""

from __future__ import annotations

from typing import NamedTuple

from pixl.testing.report_corpus.lines import words


class Names(NamedTuple):
    """Names of one origin."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]


def _names(female: str, male: str, family: str) -> Names:
    return Names(words(female), words(male), words(family))


ORIGINS: dict[str, Names] = {
    "english": _names(
        "Margaret Susan Patricia Emily Charlotte Gemma Hannah Doreen Maureen Beryl Edith Olivia Sophie Claire Tracey"
        " Gillian Hilary Philippa Rosalind Winifred Jacqueline Anne-Marie Kirsty Zoe Natasha",
        "David Peter Christopher Graham Nigel Trevor Oliver Harry Kenneth Stanley Geoffrey Alan Derek Barry Callum"
        " Rupert Jeremy Dominic Lewis Reginald Ernest Cyril Norman Clive Jonathan",
        "Smith Taylor Wilkinson Hargreaves Thornton Atkinson Fairclough Ramsbottom Postlethwaite Cartwright Pemberton"
        " Sidebotham Cholmondeley Entwistle Birtwhistle Gough Dunstable Whitworth Braithwaite Ackroyd Higginbotham"
        " Lancaster Featherstone Longbottom Warburton Holroyd Tattersall Oglethorpe Micklewhite Jessop",
    ),
    "scottish": _names(
        "Morag Fiona Ailsa Eilidh Mhairi Catriona Isla Shona Kirstin Senga",
        "Hamish Angus Callum Fergus Alasdair Ruaridh Gregor Lachlan Iain Struan",
        "MacDonald McAllister Mackenzie MacLeod McTavish Farquharson Urquhart Dalziel Menzies Colquhoun McIlwraith"
        " Strachan Abercrombie Auchterlonie MacGillivray",
    ),
    "irish": _names(
        "Siobhán Aoife Niamh Róisín Bridget Caoimhe Sinéad Gráinne Maeve Deirdre",
        "Seán Pádraig Eoin Cormac Diarmuid Fionn Declan Ciarán Oisín Conor",
        "O'Brien O'Connor O'Sullivan O'Shaughnessy McCarthy McGuinness Gallagher Ó_Briain Ní_Dhomhnaill Kavanagh"
        " Fitzgerald O'Dowd McMahon Geoghegan Mac_Giolla",
    ),
    "welsh": _names(
        "Angharad Rhiannon Carys Ffion Myfanwy Bronwen Siân Eirlys Nerys Lowri",
        "Gethin Rhys Dafydd Ieuan Huw Llewelyn Emyr Gwilym Aneurin Osian",
        "ap_Rhys Llewellyn Gwynne Prydderch Cadwaladr Bevan Pugh Morgan Prosser Ap_Gwilym Meredith Gruffydd",
    ),
    "south_asian": _names(
        "Priya Lakshmi Anjali Fatima Shabnam Gurpreet Harjinder Nusrat Kavita Deepa Parveen Sukhwinder",
        "Rajesh Imran Mohammed Sanjay Arjun Gurdeep Vikram Tariq Anil Suresh Bilal Yusuf",
        "Patel Khan Singh Kaur Begum Chowdhury Hussain Iyer Subramanian Bhattacharya Ramachandran Dhillon Qureshi"
        " Choudhary Venkataraman Rahman Ul-Haq Mukherjee Sandhu Sivakumaran",
    ),
    "chinese": _names(
        "Mei Xiaoling Wai-Yin Li-Hua Jingyi Siu-Fong Yan Ka-Man",
        "Wei Zhiqiang Kwok-Wah Jun Haoran Chi-Keung Ming Tsz-Kin",
        "Wang Zhang Chan Cheung Ng Lau Ouyang Li Xu Zhao Tsang Yip Wu Liu",
    ),
    "polish": _names(
        "Agnieszka Małgorzata Katarzyna Bożena Elżbieta Grażyna Jadwiga",
        "Krzysztof Wojciech Paweł Zbigniew Łukasz Grzegorz Stanisław",
        "Kowalski Wiśniewska Szczepański Wójcik Brzęczyszczykiewicz Nowak Dąbrowska Zieliński Krzyżanowska Jabłoński",
    ),
    "west_african": _names(
        "Chidinma Abena Folasade Ngozi Adwoa Oluwaseun Yetunde Efua",
        "Chukwuemeka Kwame Babatunde Olumide Kofi Emeka Adebayo Ikechukwu",
        "Okafor Adeyemi Mensah Boateng Nwosu Ogunleye Asante Owusu-Ansah Olatunji Eze Agyemang Onyekachukwu",
    ),
    "arabic": _names(
        "Fatimah Noor Zainab Amira Layla Huda Maryam Rania",
        "Ahmed Abdullah Khalid Mustafa Omar Ibrahim Hassan Ziad",
        "Al-Mansouri El-Sayed Haddad Abdelrahman bin_Saleh Al-Farsi Nasser Khoury Abu-Bakr Elmi Warsame Al_Hashimi",
    ),
    "european": _names(
        "Françoise Zoë Ingrid Ana-Lucía Jürgenette Chiara Ionela Žaneta Ülkü Dimitra",
        "François José Jürgen Søren Matteo Vlăduț Nikolaos Tomáš Özgür László",
        "Müller García Lefèvre Rossi Popescu Dvořák Papadopoulos Sørensen Nuñez van_der_Berg De_Souza Yilmaz Horváth"
        " d'Angelo Stănescu von_Hagen",
    ),
}

DOUBLE_BARRELLED = words(
    "Parker-Bowles Lloyd-Jones Ashworth-Khan Spencer-Churchill Rees-Mogg Smythe-Patel Wells-O'Hara"
    " Armstrong-Nkemelu Fox-Pitt Hughes-Garza Carrington-Smythe Mills-Adebayo"
)
ORDINARY_WORDS = words(
    "Long White Young Grey Gray Bone Head Hand Foot Brown Black Green Short Small Large Little Day May March Rose Hill"
    " Wood Woods Stone Marsh Field Fields Banks Bridge Brook Lake Pool Church Bishop Pope King Prince Knight Page Cook"
    " Baker Butcher Mason Carter Fisher Hunter Shepherd Walker Turner Potter Chambers Hall House Barn Gates Street Lane"
    " Parks Rivers Waters Snow Frost Winter Summers Weeks Best Good Goodchild Savage Sharp Blunt Strong Wise Moody"
    " Noble Bright Light Dark Heath Forest Bush Root Berry Peach Lemon Pepper Salmon Pike Herring Swan Crane Drake"
    " Partridge Bird Wolf Fox Lamb Bull Hogg Cross Christmas Easter Friday Power Price Penny Pound Rich Case Cases Tube"
    " Bowel Chest Back Legg Shin Beard Pratt Payne Paine Pain Childs Patient Nurse Doctor Ray Cyst Mass Ward Hope"
    " Faith Grace Joy Still Till Moss Reed Hay Straw Bean Rice Oates Broad Thick Thin Low High Wall Stent Lines Marks"
    " Tips Marker Norman Major Minor Bolus Steel Gold Silver Golding Close Stiff Keen Quick Swift Speed Early Late Noon"
    " Fellows Abbott Bell Bow Arrow Flint Pitt Mole Wart Self Drain Hale Ill Sick Wells Post Prior Stage Plain"
)
ORDINARY_GIVEN = {
    "F": words("Joy Grace Hope Faith Rose May June April Dawn Iris Ivy Heather Summer Ruby Pearl Amber Olive Daisy"),
    "M": words("Mark Will Rob Bill Frank Pat Rich Max Art Drew Guy Miles Jack Dean Grant Chase Clay Lance Wade"),
}
NICKNAMES = words("Bob Betty Maggie Nell Ted Dot Babs Taff Jock Sully Kaz Dickie Peggy Gerry Bibi Baz Tolu Mo")

ORIGIN_WEIGHTS = {
    "english": 10,
    "scottish": 3,
    "irish": 4,
    "welsh": 3,
    "south_asian": 6,
    "chinese": 3,
    "polish": 3,
    "west_african": 4,
    "arabic": 3,
    "european": 3,
}
