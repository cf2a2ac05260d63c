"""Names, places and organisations that stand in no list of :mod:`tasks.methods.sample`.

The masker's own model learnt from samples, so that values of the samples alone would flatter it: half of the planted
names and places are drawn from here.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from tasks.methods.sample.names import Name

_FIRST = (
    "Aldith Brynja Calixta Drusilla Eluned Fenella Ghislaine Hedvika Ilkay Jorunn Kateryna Lioba Nerys Philippa Saoirse Tirzah "
    "Undine Verena Winsome Ysolde Zdenka Ottilie Perpetua Romola Sunniva Thora Amabel Blythe Cosima Isadora Anselm Barnaby "
    "Crispin Dorian Egil Florian Gideon Horatio Ivo Jolyon Kasimir Leopold Merrick Nikolas Orlando Piers Quentin Roderick "
    "Sandor Tibor Ulric Valentin Warwick Xavier Yorick Zoltan Benedek Caspian Emeric Lorcan"
).split()
_LAST = (
    "Aldersey Brackenbury Chevalier Dunmore Eastlake Farquhar Garside Hathersage Isherwood Jellicoe Kettlewell Loxley Mandeville "
    "Netherby Oxenham Postlethwaite Quayle Ravenscroft Satterthwaite Trelawney Umfreville Vavasour Winterbourne Yelverton "
    "Zielke Almqvist Bezuidenhout Czerny Dvorsky Engstrom Ferencz Gundersen Horvath Ilves Juhasz Kowalewicz Lundgaard Malinowski "
    "Nystad Oppenheimer Pelletier Raczynski Sagastume Tarkowski Uchida Vasquez-Lima Wojtyla Ximenes Yamashiro Zubkov Adebisi "
    "Bhandari Chaudhuri Dlakavu Esfahani Gathercole Hashemi Iwobi Kaplinsky Mbeki"
).split()
_NICK = {
    "Kateryna": "Katya",
    "Philippa": "Pippa",
    "Nikolas": "Niko",
    "Leopold": "Leo",
    "Roderick": "Rod",
    "Ottilie": "Tilly",
}

CITIES = (
    "Winnemucca NV;Tehachapi CA;Chillicothe OH;Kankakee IL;Ypsilanti MI;Opelousas LA;Waxahachie TX;Poughkeepsie NY;Kissimmee FL;"
    "Sheboygan WI;Walla Walla WA;Truth or Consequences NM;Cape Girardeau MO;Coeur d'Alene ID;Ketchikan AK;Bar Harbor ME;"
    "Valdosta GA;Pawtucket RI;Kalispell MT;Elko NV;Natchez MS;Hattiesburg MS;Owensboro KY;Altoona PA;Fond du Lac WI;Minot ND"
).split(";")
ABROAD = (
    "Wolverhampton;Tromsø;Gdynia;Bulawayo;Iquitos;Kutaisi;Bergamo;Dundee;Hobart;Oaxaca;Lviv;Mombasa;Nagoya;Quetzaltenango;Tartu;"
    "Uppsala;Valparaíso;Winnipeg;Zagreb;Aarhus;Bydgoszcz;Cebu;Debrecen;Esbjerg;Graz;Haarlem;Izmir;Jaipur;Kumasi;Lausanne"
).split(";")
_STREETS = (
    "Tamarack Bramblewood Osage Quillback Sagebrush Thistledown Underhill Vinegar-Hill Whippoorwill Yarrow Zinnia Applegate "
    "Buttonwood Copperfield Dogtown Elderberry Fiddlers-Green Gooseberry Hollyhock Ironwood"
).split()
_WAYS = "Street Avenue Road Lane Drive Court Trail Loop Close Row".split()
_LEAD = (
    "Vantora Halcyon Quillmark Orrin Tessellate Brightwater Cobblestone Dovetail Emberline Fennimore Gossamer Hollins Inglenook "
    "Juniperus Kittiwake Lodestar Marigold Nettleton Ostrava Palisade"
).split()
_TRADE = (
    "Dental Partners;Freight;Veterinary Clinic;Insurance Brokers;Tool & Die;Home Care;Charter School;Physiotherapy;Seed Company;"
    "Law Offices;Credit Union;Orthopedics;Shipping Ltd;Solar;Nursing Home;Tax Services;Robotics Inc.;Cycles"
).split(";")

ZH_GIVEN = "霁煜珩茉瑾澍翊曦沅霖筠骞琬钰昀祺珞葭奕衍恺淼蓓谦朔"
"""Characters of given names that the samples' names don't have."""

ZH_PLACES = (
    "江苏省 南通市 崇川区;江苏省 盐城市 亭湖区;浙江省 嘉兴市 南湖区;浙江省 台州市 椒江区;安徽省 安庆市 迎江区;山东省 烟台市 芝罘区;山东省 临沂市 兰山区;"
    "河南省 开封市 龙亭区;河南省 信阳市 浉河区;湖北省 荆州市 沙市区;湖南省 衡阳市 蒸湘区;广东省 惠州市 惠城区;广东省 湛江市 赤坎区;广西壮族自治区 北海市 海城区;"
    "四川省 宜宾市 翠屏区;四川省 乐山市 市中区;贵州省 遵义市 红花岗区;云南省 曲靖市 麒麟区;陕西省 宝鸡市 渭滨区;甘肃省 天水市 秦州区;辽宁省 鞍山市 铁东区;"
    "吉林省 吉林市 船营区;黑龙江省 大庆市 萨尔图区;河北省 唐山市 路北区;山西省 大同市 平城区;福建省 泉州市 丰泽区;江西省 九江市 浔阳区;海南省 三亚市 吉阳区"
).split(";")
_ZH_STREETS = "槐荫路 紫藤街 望湖路 石榴巷 鼓浪街 听涛路 麦田路 松风大道 沁园路 渡口街 邮亭巷 云梦路".split()


class ZhPlace(NamedTuple):
    """A district, with its city and province."""

    province: str
    city: str
    district: str


def name(rng: random.Random) -> Name:
    """A person's name."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    return Name(first, rng.choice("ABCDEFGHJKLMNPRSTW"), last, "", _NICK.get(first, ""))


def city(rng: random.Random) -> tuple[str, str]:
    """A city of the United States, and its state's letters."""
    town, _, state = rng.choice(CITIES).rpartition(" ")
    return town, state


def street(rng: random.Random) -> str:
    """A door in a street."""
    return f"{rng.randint(1, 9899)} {rng.choice(_STREETS).replace('-', ' ')} {rng.choice(_WAYS)}"


def organization(rng: random.Random) -> str:
    """A firm, clinic or school."""
    return f"{rng.choice(_LEAD)} {rng.choice(_TRADE)}"


def zh_place(rng: random.Random) -> ZhPlace:
    """A district of China."""
    return ZhPlace(*rng.choice(ZH_PLACES).split())


def zh_door(rng: random.Random) -> str:
    """A door in a street of a Chinese city."""
    return f"{rng.choice(_ZH_STREETS)}{rng.randint(2, 680)}号{rng.randint(1, 24)}栋{rng.randint(1, 30)}0{rng.randint(1, 4)}室"
