"""People's names of many origins, and the ways a text refers to a person.

The lists are ours. Some names are everyday words too (Hope, Mark, Rice, Young): a masker has to tell them apart.
"""

from __future__ import annotations

import random
from typing import NamedTuple

_ORIGINS = """
english 20
F Emily Charlotte Olivia Margaret Susan Deborah Heather Lauren Ashley Megan Kimberly Shirley Dorothy Beverly Abigail
M James Robert Thomas Christopher Andrew Kevin Brian Gregory Timothy Raymond Douglas Walter Wesley Spencer Nathaniel
L Harrison Whitfield Thompson Caldwell Bennett Marshall Hawkins Ellsworth Prescott Aldridge Fletcher Sutton
L Ashworth Barlow Crawford Dawson Holloway Kendrick Radcliffe Thornton

words 14
F Hope Grace Faith Joy April May June Summer Dawn Rose Violet Ivy Iris Amber Ruby Pearl Autumn Melody Harmony
F Destiny
M Mark Will Bill Grant Chase Hunter Rich Frank Drew Chance Dean Earl Gene Jack Miles Reed Rusty Sterling Victor Wade
L Rice Young Long Bush Brown Green White Black Short Day March Park Banks Price Cash Bond Stone Wood Fields Rivers
L Lake Hill Church Bishop King Cook Baker Moody Sharp Strong Savage Wise Love Noble Little Best Good Bright Fox
L Wolf Bird Pope Major Case Pain Wall Street Page Marsh Rich

african_american 6
F Latoya Keisha Tamika Shanice Ebony Imani Aaliyah Monique Tanisha Kiara Lakisha Deja
M Darnell Jamal Terrell Tyrone DeShawn Marquis Malik Kareem LaMar Demetrius Rashad Andre
L Washington Jefferson Booker Gaines Boykin Broadnax Mosley Gadsden Dorsey Pettway Tolliver Witherspoon

hispanic 14
F María Guadalupe Rosario Ximena Valentina Lucía Esperanza Yolanda Marisol Beatriz Graciela Alejandra Itzel Xiomara
F Camila
M José Jesús Ángel Santiago Alejandro Rogelio Hernán Joaquín Ignacio Raúl Efraín Mateo Ramón Octavio Fidel
L García Hernández Rodríguez Nuñez Ibarra Castañeda Villarreal Quiñones Zamora Escobedo Peña Montoya Cisneros
L Arellano Lozano Tejada Figueroa Barrientos

irish 5
F Siobhan Niamh Aoife Maeve Caoimhe Deirdre Sinead Orla Fionnuala Bridget
M Declan Cormac Eoin Padraig Fergus Ciaran Seamus Oisin Brendan Diarmuid
L O'Brien O'Sullivan McCarthy Gallagher Kavanagh O'Dowd Brannigan McNulty Finnegan Tierney Mulcahy Quigley

scots_welsh 3
F Isla Morag Eilidh Ffion Cerys Angharad Mhairi Rhiannon Carys Una
M Alasdair Hamish Callum Rhys Iwan Gethin Lachlan Ewan Dafydd Struan
L MacLeod Campbell McTavish Urquhart Llewellyn Griffiths Pritchard Abernathy Kincaid Gwynne Bevan Drummond

german_dutch 5
F Annelise Heike Gretchen Liesel Femke Sanne Ingeborg Marlies Ulrike Katrijn
M Dieter Jürgen Wolfgang Pieter Joost Matthias Klaus Rutger Heinrich Sjoerd
L Schneider Müller Krause Vogelsang van-der-Berg de-Vries Hoffmann Bauer Eichhorn Zimmermann van-Dijk Stoltzfus

nordic 3
F Astrid Ingrid Freya Solveig Sigrid Linnéa Tuuli Aino Karin Ylva
M Bjørn Anders Leif Torbjörn Eero Jussi Søren Magnus Håkon Rasmus
L Lindqvist Johansson Haugen Virtanen Nyström Kjeldsen Søndergaard Halvorsen Mäkinen Bergström Eklund Ødegaard

french 4
F Geneviève Amélie Solange Hélène Océane Margaux Delphine Noémie Chantal Élodie
M Étienne Laurent Thierry Baptiste Olivier Gaspard Rémi Armand Fabrice Yves
L Beaumont Lefèvre Thibodeaux Boucher Delacroix Fontaine Arceneaux Charpentier Desrosiers Leblanc Mercier Rousseau

italian_greek 5
F Giulia Chiara Antonella Fiorella Kalliope Eleni Despina Graziella Rosalba Xanthe
M Giancarlo Vincenzo Salvatore Dimitrios Stavros Kostas Fabrizio Massimo Ilias Nico
L D'Angelo Esposito Bianchi Papadopoulos Karagiannis Moretti Economou Santangelo Lombardi Pappas Vitale Castellano

portuguese 3
F Fernanda Thaís Luciana Conceição Jandira Raquel Inês Tainá Marlene Benedita
M João Thiago Vinícius Caetano Duarte Gilberto Rui Edson Nelson Tomé
L da-Silva Carvalho Ferreira Teixeira Magalhães Pacheco Queiroz Azevedo Figueiredo Moniz Bettencourt Rezende

polish_czech 4
F Agnieszka Małgorzata Wiesława Zuzana Ludmila Kasia Jadwiga Bożena Ivana Danuta
M Zbigniew Krzysztof Wojciech Miroslav Bogdan Stanisław Jiří Tadeusz Vaclav Marek
L Kowalczyk Wiśniewski Nowak Dvořák Szymański Jankowski Novotný Zieliński Pawlak Svoboda Grabowski Wozniak

slavic_east 5
F Svetlana Oksana Yuliya Tatiana Ludmyla Zoya Anastasia Halyna Nadezhda Vesna
M Dmitri Oleksandr Vladislav Yevgeny Taras Bohdan Arkady Ruslan Goran Zoran
L Petrov Shevchenko Ivanova Kovalenko Bondarenko Sokolov Jovanović Melnyk Volkov Lysenko Petrović Tkachenko

arabic 7
F Fatima Layla Noor Zainab Hanan Rania Salma Amina Yasmin Maryam Huda Samira
M Mohammed Ahmed Omar Youssef Khalid Ibrahim Tariq Bilal Hassan Faisal Mustafa Karim
L Al-Rashid Haddad Mansour Khoury Al-Farsi Nasser El-Sayed Hamdan Abdallah Saleh Qureshi bin-Hamad Aziz Sabbagh

persian_turkic 4
F Shirin Parisa Elif Zeynep Nilufar Golnaz Ayşe Roya Dilnoza Farah
M Reza Cyrus Mehmet Emre Farhad Babak Timur Kerem Dariush Jamshid
L Hosseini Tehrani Yılmaz Demir Karimov Shirazi Öztürk Rahimi Ahmadi Kaya Nazari Toprak

indian 12
F Priya Lakshmi Ananya Deepika Kavitha Sunita Meera Padma Jaspreet Harpreet Nandini Aishwarya Swati Rukmini
M Arjun Rajesh Sanjay Vikram Suresh Harish Gurpreet Manpreet Karthik Venkatesh Anil Dinesh Pranav Siddharth
L Patel Sharma Iyer Reddy Krishnamurthy Singh Kaur Banerjee Chatterjee Deshpande Nair Pillai Mehta Gupta
L Subramanian Dhillon Rao Venkataraman

south_asian 4
F Ayesha Nusrat Sadia Tahmina Shabnam Rukhsana Dilini Nimali Bushra Farzana
M Imran Asif Shahid Zubair Rafiqul Tanvir Kamal Nuwan Sunil Waqar
L Khan Hussain Chowdhury Rahman Malik Akhtar Bhatti Perera Jayawardena Mahmood Talukder Wickramasinghe

chinese 8
F Mei Xiaoling Yanyan Li-Hua Ying Jingyi Xue Hui-Min Qiaoyun Wenjing Fang Shu-Fen
M Wei Jianguo Haoran Zhiqiang Kai-Wen Ming Guofeng Xiaodong Junjie Da-Wei Yifan Cheng
L Wang Zhang Luo Chen Zhao Huang Xu Zhou Ouyang Lin Cheung Kwok Tsai Hsieh Liang Ng

vietnamese 5
F Thuy Linh Huong Ngoc Lan Phuong Hanh Tuyet Kim-Anh Mai
M Tuan Duc Minh Quang Hieu Phuc Bao Khanh Long Trung
L Nguyen Tran Pham Huynh Vo Dang Bui Do Ngo Duong Ly Truong

korean_japanese 6
F Soo-Jin Ji-Woo Eun-Hee Hye-Rin Akiko Yumiko Haruka Naomi Chiyo Sakura
M Min-Jun Sung-Ho Dong-Hyun Jae Kenji Hiroshi Takeshi Ryota Satoshi Daisuke
L Kim Lee Choi Jeong Kang Yoon Tanaka Yamamoto Nakamura Watanabe Kobayashi Fujimoto

african_west 6
F Chiamaka Ngozi Folasade Adaeze Abena Akosua Temitope Aminata Yetunde Fatoumata
M Chukwuemeka Oluwaseun Kwame Kofi Babatunde Ifeanyi Ousmane Mamadou Tunde Emeka
L Okafor Adeyemi Mensah Owusu Diallo Nwosu Okonkwo Eze Balogun Asante Traoré Adebayo

african_east_south 4
F Wanjiru Achieng Tigist Hirut Thandiwe Nomvula Zodwa Mwende Selam Rutendo
M Kipchoge Otieno Tesfaye Haile Sipho Thabo Baraka Tendai Abdi Jomo
L Kamau Odhiambo Gebremariam Bekele Dlamini Nkosi Moyo Warsame Mutua Tadesse Mwangi Ndlovu

jewish_armenian 4
F Rivka Shoshana Tzipora Miriam Anahit Talin Devorah Siranush Yael Chava
M Avraham Moshe Shlomo Yitzhak Hagop Aram Menachem Vartan Eliezer Garabed
L Goldstein Rosenberg Abramowitz Petrosyan Sarkisian Horowitz Mizrahi Shapiro Hovhannisyan Feldman Avetisyan Levy

filipino_pacific 6
F Marites Lourdes Divina Leilani Mahealani Jocelyn Sina Analyn Malia Losa Corazon
M Rodrigo Benigno Jun-Jun Kekoa Sione Arnel Tavita Danilo Makoa Reynaldo Viliami
L Dela-Cruz Santos Macaraeg Kealoha Tuiasosopo Bautista Dimaculangan Kamaka Fonoti Villanueva Pangilinan Mahoe

native_caribbean 4
F Dezbah Winona Chenoa Nizhoni Marie-Ange Guerline Aiyana Shanelle Tallulah Nadège
M Hastiin Chaska Ahiga Jean-Robert Wilner Desmond Winston Takoda Elroy Fritz
L Begay Yazzie Tsosie Benally Pierre-Louis Jean-Baptiste Manygoats Whitehorse Desir Toussaint Bowleg Swiftwater
"""

_NICK = {
    "James": "Jim", "Robert": "Bob", "Thomas": "Tom", "Christopher": "Chris", "Andrew": "Andy", "Gregory": "Greg",
    "Timothy": "Tim", "Raymond": "Ray", "Douglas": "Doug", "Nathaniel": "Nate", "Margaret": "Peggy", "Susan": "Sue",
    "Deborah": "Debbie", "Kimberly": "Kim", "Dorothy": "Dot", "Beverly": "Bev", "Abigail": "Abby", "José": "Pepe",
    "Guadalupe": "Lupe", "Alejandro": "Alex", "Alejandra": "Ale", "Ignacio": "Nacho", "Jesús": "Chuy", "Lourdes": "Lulu",
    "Mohammed": "Mo", "Krzysztof": "Krzys", "Oleksandr": "Sasha", "Dmitri": "Dima", "Svetlana": "Sveta", "Tatiana": "Tanya",
    "Vincenzo": "Vinnie", "Salvatore": "Sal", "Dimitrios": "Jimmy", "Lakshmi": "Lucky", "Venkatesh": "Venky",
    "Chukwuemeka": "Emeka", "Oluwaseun": "Seun", "Folasade": "Sade", "Temitope": "Temi", "Avraham": "Avi", "Moshe": "Moe",
    "Frank": "Frankie", "Grace": "Gracie", "Yevgeny": "Zhenya", "Agnieszka": "Aga", "Wolfgang": "Wolf", "Katrijn": "Trijn",
}  # fmt: skip


class Origin(NamedTuple):
    """Names of one origin, with how often it is drawn."""

    label: str
    weight: int
    female: tuple[str, ...]
    male: tuple[str, ...]
    last: tuple[str, ...]


def _read() -> tuple[Origin, ...]:
    out = []
    for chunk in _ORIGINS.strip().split("\n\n"):
        head, *rows = chunk.split("\n")
        label, weight = head.split()
        words: dict[str, list[str]] = {"F": [], "M": [], "L": []}
        for row in rows:
            words[row[0]] += row[2:].split()
        last = tuple(_spaced(w) for w in words["L"])
        out.append(Origin(label, int(weight), tuple(words["F"]), tuple(words["M"]), last))
    return tuple(out)


def _spaced(word: str) -> str:
    # A family name of several words is written with hyphens in the list; those that start in lower case are particles.
    if word[0].islower() or word.startswith("Dela-"):
        return word.replace("-", " ")
    return word


ORIGINS = _read()
_WEIGHTS = [o.weight for o in ORIGINS]


class Name(NamedTuple):
    """A person's name. ``gender`` is ``f`` or ``m``; ``nick`` may be empty."""

    first: str
    middle: str
    last: str
    gender: str
    nick: str = ""
    origin: str = ""

    @property
    def full(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    @property
    def title(self) -> str:
        """Mr. or Ms."""
        return "Ms." if self.gender == "f" else "Mr."

    @property
    def initials(self) -> str:
        """For example ``M.L.``"""
        return f"{self.first[0]}.{self.last[0].upper()}."


def draw(rng: random.Random, gender: str = "", last: str = "") -> Name:
    """A name; with ``last`` a relative's, who shares it."""
    origin = rng.choices(ORIGINS, _WEIGHTS)[0]
    gender = gender or rng.choice("fm")
    first = rng.choice(origin.female if gender == "f" else origin.male)
    if not last:
        # Families move and marry: one in eight has a family name of another origin, some have two.
        other = rng.choices(ORIGINS, _WEIGHTS)[0] if rng.random() < 0.125 else origin
        last = rng.choice(other.last)
        if origin.label == "hispanic" and rng.random() < 0.2:
            last += " " + rng.choice(origin.last)
        elif rng.random() < 0.03 and " " not in last:
            last += "-" + rng.choice(ORIGINS[0].last)
    return Name(first, rng.choice("ABCDEFGHJKLMNPRSTW"), last, gender, _NICK.get(first, ""), origin.label)


def mention(rng: random.Random, name: Name) -> str:
    """The full name as running text or a form gives it."""
    r = rng.random()
    if r < 0.62:
        return name.full
    if r < 0.76:
        return f"{name.first} {name.middle}. {name.last}"
    if r < 0.9:
        return f"{name.last}, {name.first}"
    return f"{name.last}, {name.first} {name.middle}." if r < 0.96 else f"{name.first[0]}. {name.last}"
