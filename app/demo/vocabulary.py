"""The words the synthetic people and companies are made of; surnames and company names are invented.

Every entry keeps the spelling of its own script and, where that is not Latin, a romanised one.
"""

from dataclasses import dataclass
from enum import StrEnum


class Tongue(StrEnum):
    """Which names a person gets."""

    ENGLISH = "English"
    GERMAN = "German"
    FRENCH = "French"
    SPANISH = "Spanish"
    NORDIC = "Swedish"
    POLISH = "Polish"
    ARABIC = "Arabic"
    HEBREW = "Hebrew"
    CHINESE = "Chinese"
    JAPANESE = "Japanese"
    KOREAN = "Korean"
    RUSSIAN = "Russian"
    GREEK = "Greek"
    HINDI = "Hindi"
    THAI = "Thai"


@dataclass(frozen=True, slots=True)
class Word:
    """A name in its own script, romanised, and its short form ("" when it has none)."""

    native: str
    latin: str
    nickname: str = ""
    gender: str = ""


@dataclass(frozen=True, slots=True)
class City:
    """A real place, so that location filters make sense. `region` is its state or province."""

    name: str
    native: str
    region: str
    region_code: str
    country: str
    country_code: str
    tongue: Tongue


@dataclass(frozen=True, slots=True)
class Title:
    """A job title as written, in English, with Leadfeeder's department and level codes."""

    text: str
    english: str
    language: str
    department: str
    level: str


def _given(text: str) -> tuple[Word, ...]:
    """Read `native[/latin][:nickname]-gender` words."""
    words = []
    for piece in text.split():
        name, _, gender = piece.rpartition("-")
        name, _, nickname = name.partition(":")
        native, _, latin = name.partition("/")
        words.append(Word(native, latin or native, nickname, {"f": "female", "m": "male"}[gender]))
    return tuple(words)


def _surnames(text: str) -> tuple[Word, ...]:
    """Read `native[/latin]` words; an underscore stands for a blank."""
    words = []
    for piece in text.split():
        native, _, latin = piece.replace("_", " ").partition("/")
        words.append(Word(native, latin or native))
    return tuple(words)


def _compounds(firsts: str, seconds: str) -> tuple[Word, ...]:
    return tuple(Word(first + second, first + second) for first in firsts.split() for second in seconds.split())


GIVEN_NAMES: dict[Tongue, tuple[Word, ...]] = {
    Tongue.ENGLISH: _given(
        """
        Ada-f Alexander:Alex-m Alice-f Benjamin:Ben-m Catherine:Kate-f Charlotte:Charlie-f Daniel:Dan-m Edith-f
        Elizabeth:Liz-f Eleanor:Nell-f Frederick:Fred-m George-m Harriet-f Isaac-m Jonathan:Jon-m Joshua:Josh-m
        Katherine:Kit-f Margaret:Maggie-f Matthew:Matt-m Nathaniel:Nate-m Olivia:Liv-f Percival:Percy-m
        Rebecca:Becky-f Robert:Bob-m Samuel:Sam-m Theodore:Ted-m Thomas:Tom-m Victoria:Vicky-f William:Bill-m
        Winifred:Win-f Zachary:Zach-m Siobhán-f
        """
    ),
    Tongue.GERMAN: _given(
        """
        Jürgen-m Käthe-f Björn-m Mareike-f Johannes:Hannes-m Sebastian:Basti-m Friederike:Rike-f Günther-m
        Annegret-f Jörg-m Lieselotte:Lotte-f Maximilian:Max-m Franziska:Franzi-f Sören-m Ursula:Uschi-f Wolfgang-m
        Anna-Lena-f Karl-Heinz-m Kristin-f Tobias:Tobi-m
        """
    ),
    Tongue.FRENCH: _given(
        """
        Zoë-f Chloé-f François-m Hélène-f Benoît-m Anaïs-f Jérôme-m Éloïse-f Gaëlle-f Théo-m Margaux-f Étienne-m
        Jean-Baptiste:JB-m Marie-Noëlle-f Loïc-m Aurélie-f Frédéric:Fred-m Maëlle-f Sébastien:Seb-m Agnès-f
        """
    ),
    Tongue.SPANISH: _given(
        """
        José-m Lucía-f Álvaro-m Inés-f Íñigo-m Begoña-f Francisco:Paco-m Dolores:Lola-f Ángel-m Concepción:Concha-f
        Jesús-m Sofía-f Ramón-m Belén-f Andrés-m Núria-f
        """
    ),
    Tongue.NORDIC: _given(
        """
        Åsa-f Søren-m Jørgen-m Märta-f Håkan-m Siv-f Øystein-m Åke-m Ragnhild-f Þórdís/Thordis-f Gunnar-m Sigrún-f
        Kristoffer:Kris-m Maja-f Bjørn-m Ylva-f
        """
    ),
    Tongue.POLISH: _given(
        """
        Łukasz-m Małgorzata:Gosia-f Katarzyna:Kasia-f Wojciech:Wojtek-m Agnieszka:Aga-f Grzegorz-m Żaneta-f
        Stanisław:Staś-m Božena-f Jiří-m Šárka-f Tomáš-m Čeněk-m Zdeňka-f
        """
    ),
    Tongue.ARABIC: _given(
        "ليلى/Layla-f نور/Noor-f سامي/Sami-m ياسمين/Yasmin-f كريم/Karim-m هالة/Hala-f طارق/Tariq-m ريم/Reem-f"
    ),
    Tongue.HEBREW: _given(
        "נועה/Noa-f איתן/Eitan-m מאיה/Maya-f אורי/Uri-m תמר/Tamar-f יונתן/Yonatan:Yoni-m שירה/Shira-f"
    ),
    Tongue.CHINESE: _given(
        "晨/Chen-m 思雨/Siyu-f 子涵/Zihan-f 浩/Hao-m 欣怡/Xinyi-f 伟/Wei-m 静/Jing-f 明轩/Mingxuan-m"
    ),
    Tongue.JAPANESE: _given(
        "葵/Aoi-f 蓮/Ren-m 陽菜/Hina-f 大翔/Hiroto-m さくら/Sakura-f 健太/Kenta-m 結衣/Yui-f 翔/Sho-m"
    ),
    Tongue.KOREAN: _given("하늘/Haneul-f 민준/Minjun-m 서연/Seoyeon-f 지호/Jiho-m 유나/Yuna-f 도윤/Doyun-m"),
    Tongue.RUSSIAN: _given(
        "Ольга/Olga:Olya-f Дмитрий/Dmitri:Dima-m Юлия/Yulia-f Алёна/Alyona-f Фёдор/Fyodor-m Жанна/Zhanna-f"
    ),
    Tongue.GREEK: _given("Ελένη/Eleni-f Γιώργος/Giorgos-m Δήμητρα/Dimitra-f Νίκος/Nikos-m Ζωή/Zoi-f Θάνος/Thanos-m"),
    Tongue.HINDI: _given("आरव/Aarav-m दीया/Diya-f ईशान/Ishaan-m अनन्या/Ananya-f रोहन/Rohan-m मीरा/Meera-f"),
    Tongue.THAI: _given("ดาว/Dao-f ภูผา/Phupha-m ฟ้า/Fah-f ธนา/Thana-m มาลี/Malee-f เมฆ/Mek-m"),
}

SURNAMES: dict[Tongue, tuple[Word, ...]] = {
    Tongue.ENGLISH: _compounds(
        "Quill Bracken Ember Thistle Lantern Pebble Fable Tinder Cobble Marble Willow Button Copper Clover",
        "mere fold wick down worth stone feather",
    )
    + _surnames("O’Lanternly Fitz-Pebble van_der_Lampen de_la_Quill St._Bracken MacThimble D’Ember"),
    Tongue.GERMAN: _compounds(
        "Nebel Funken Wolken Zucker Möwen Säbel Kürbis Pfützen", "krämer schmied müller träger büßer"
    )
    + _surnames("von_Nebelstein zu_Wolkenau Grünlaterne Straßenglück"),
    Tongue.FRENCH: _compounds("Clair Belle Brume Lune", "nuage étoile rivière fenêtre lanterne")
    + _surnames("de_Brumeclair L’Étincelle Çafleur Fauxmontaigne"),
    Tongue.SPANISH: _compounds("Nube Piedra Estrella Farola", "clara luz ñuela bermeja")
    + _surnames("Niebla_Farolín de_la_Estrellada Peñanube_Luz Cigüeñal"),
    Tongue.NORDIC: _compounds("Måne Stjärn Snø Lykt Älv", "skog fors kyst høj"),
    Tongue.POLISH: _compounds("Gwiazd Latarń Mgl Świetl", "owski ęcki ołowicz")
    + _surnames("Hvězdolampář Mlhoň Světluškoň"),
    Tongue.ARABIC: _surnames(
        "السحابي/Al-Sahabi الفانوسي/Al-Fanousi القمري/Al-Qamari النجيماتي/Al-Nujaymati بن_ضباب/Ben_Dabab"
    ),
    Tongue.HEBREW: _surnames("ענניאלי/Ananieli פנסון/Panason כוכבתי/Kochavti ערפלברג/Arfelberg"),
    Tongue.CHINESE: _surnames("云/Yun 灯/Deng 星雾/Xingwu 歐陽雲/Ouyangyun"),
    Tongue.JAPANESE: _surnames("星灯/Hoshibi 雲沢/Kumosawa 霧提灯/Kirichochin 髙月夜/Takatsukiyo"),
    Tongue.KOREAN: _surnames("별/Byeol 달빛/Dalbit 등불/Deungbul"),
    Tongue.RUSSIAN: _surnames(
        "Облакинский/Oblakinsky Звездолампов/Zvezdolampov Туманюк/Tumanyuk Щеглофонарь/Shcheglofonar"
    ),
    Tongue.GREEK: _surnames("Νεφελοφάναρος/Nefelofanaros Αστρολύχνης/Astrolychnis Ομιχλίδης/Omichlidis"),
    Tongue.HINDI: _surnames("दीपमेघ/Deepmegh तारालालटेन/Taralalten कोहरावाला/Kohrawala"),
    Tongue.THAI: _surnames("ดาวโคมทอง/Daokhomthong หมอกตะเกียง/Moktakiang เมฆสว่างไสว/Meksawangsawai"),
}

CITIES: tuple[City, ...] = (
    City("Portland", "Portland", "Oregon", "OR", "United States", "US", Tongue.ENGLISH),
    City("Boston", "Boston", "Massachusetts", "MA", "United States", "US", Tongue.ENGLISH),
    City("Austin", "Austin", "Texas", "TX", "United States", "US", Tongue.ENGLISH),
    City("London", "London", "England", "ENG", "United Kingdom", "GB", Tongue.ENGLISH),
    City("Leeds", "Leeds", "England", "ENG", "United Kingdom", "GB", Tongue.ENGLISH),
    City("Dublin", "Dublin", "Leinster", "L", "Ireland", "IE", Tongue.ENGLISH),
    City("Karlsruhe", "Karlsruhe", "Baden-Württemberg", "BW", "Germany", "DE", Tongue.GERMAN),
    City("Cologne", "Köln", "North Rhine-Westphalia", "NW", "Germany", "DE", Tongue.GERMAN),
    City("Munich", "München", "Bavaria", "BY", "Germany", "DE", Tongue.GERMAN),
    City("Linz", "Linz", "Upper Austria", "4", "Austria", "AT", Tongue.GERMAN),
    City("Zurich", "Zürich", "Zurich", "ZH", "Switzerland", "CH", Tongue.GERMAN),
    City("Paris", "Paris", "Île-de-France", "IDF", "France", "FR", Tongue.FRENCH),
    City("Lyon", "Lyon", "Auvergne-Rhône-Alpes", "ARA", "France", "FR", Tongue.FRENCH),
    City("Liège", "Liège", "Wallonia", "WAL", "Belgium", "BE", Tongue.FRENCH),
    City("Madrid", "Madrid", "Community of Madrid", "MD", "Spain", "ES", Tongue.SPANISH),
    City("A Coruña", "A Coruña", "Galicia", "GA", "Spain", "ES", Tongue.SPANISH),
    City("Malmö", "Malmö", "Skåne", "M", "Sweden", "SE", Tongue.NORDIC),
    City("Tromsø", "Tromsø", "Troms", "55", "Norway", "NO", Tongue.NORDIC),
    City("Łódź", "Łódź", "Łódź Voivodeship", "10", "Poland", "PL", Tongue.POLISH),
    City("Brno", "Brno", "South Moravia", "64", "Czechia", "CZ", Tongue.POLISH),
    City("Dubai", "دبي", "Dubai", "DU", "United Arab Emirates", "AE", Tongue.ARABIC),
    City("Haifa", "חיפה", "Haifa", "HA", "Israel", "IL", Tongue.HEBREW),
    City("Taipei", "臺北", "Taipei", "TPE", "Taiwan", "TW", Tongue.CHINESE),
    City("Osaka", "大阪", "Osaka", "27", "Japan", "JP", Tongue.JAPANESE),
    City("Busan", "부산", "Busan", "26", "South Korea", "KR", Tongue.KOREAN),
    City("Riga", "Rīga", "Riga", "RIX", "Latvia", "LV", Tongue.RUSSIAN),
    City("Thessaloniki", "Θεσσαλονίκη", "Central Macedonia", "B", "Greece", "GR", Tongue.GREEK),
    City("Pune", "पुणे", "Maharashtra", "MH", "India", "IN", Tongue.HINDI),
    City("Chiang Mai", "เชียงใหม่", "Chiang Mai", "50", "Thailand", "TH", Tongue.THAI),
)

_SALES, _MARKETING, _IT, _STUDENTS = "sales_department", "marketing_department", "it_department", "students_apprentices"
_FINANCE, _HR, _MANAGEMENT = "finance_department", "human_resources_department", "management_department"

# Seen in public samples: the first four. The vendor's full list is not published; the rest is ours.
DEPARTMENTS: tuple[str, ...] = (_SALES, _MARKETING, _IT, _STUDENTS, _FINANCE, _HR, _MANAGEMENT)
HIERARCHY_LEVELS: tuple[str, ...] = ("employees", "team_leads", "department_heads", "executives")
AFFILIATIONS: tuple[str, ...] = ("employee", "former_employee", "board_member")

_LONG_TITLE = (
    "Senior Principal Interim Global Vice President of Strategic Cross-Functional Revenue Operations, Partner "
    "Enablement, Ecosystem Alliances & Customer Lifecycle Transformation (EMEA, LATAM, APAC and the Channel "
    "Islands), also acting Deputy Chair of the Working Group on Lantern Interoperability"
)

TITLES: tuple[Title, ...] = (
    Title("Head of Sales", "Head of Sales", "EN", _SALES, "department_heads"),
    Title("Sales Manager", "Sales Manager", "EN", _SALES, "team_leads"),
    Title("Account Executive", "Account Executive", "EN", _SALES, "employees"),
    Title("Sales Development Representative", "Sales Development Representative", "EN", _SALES, "employees"),
    Title("Chief Revenue Officer", "Chief Revenue Officer", "EN", _SALES, "executives"),
    Title("Vertriebsleiter (m/w/d)", "Head of Sales", "DE", _SALES, "department_heads"),
    Title("Gebietsverkaufsleiterin", "Regional Sales Manager", "DE", _SALES, "team_leads"),
    Title("Directeur commercial", "Sales Director", "FR", _SALES, "department_heads"),
    Title("Responsable des ventes", "Sales Manager", "FR", _SALES, "team_leads"),
    Title("Director de ventas", "Sales Director", "ES", _SALES, "department_heads"),
    Title("Head of Marketing", "Head of Marketing", "EN", _MARKETING, "department_heads"),
    Title("Content Marketing Manager", "Content Marketing Manager", "EN", _MARKETING, "employees"),
    Title("Leiterin Marketing", "Head of Marketing", "DE", _MARKETING, "department_heads"),
    Title("Chargée de communication", "Communications Officer", "FR", _MARKETING, "employees"),
    Title("マーケティング部長", "Head of Marketing", "JA", _MARKETING, "department_heads"),
    Title("Head of Platform", "Head of Platform", "EN", _IT, "department_heads"),
    Title("Staff Engineer", "Staff Engineer", "EN", _IT, "employees"),
    Title("IT-Systemadministrator", "System Administrator", "DE", _IT, "employees"),
    Title("Chief Technology Officer", "Chief Technology Officer", "EN", _IT, "executives"),
    Title("Responsable informatique", "IT Manager", "FR", _IT, "team_leads"),
    Title("Intern", "Intern", "EN", _STUDENTS, "employees"),
    Title("Sales Intern", "Sales Intern", "EN", _STUDENTS, "employees"),
    Title("Werkstudent Vertrieb", "Working Student Sales", "DE", _STUDENTS, "employees"),
    Title("Auszubildende Industriekauffrau", "Apprentice Industrial Clerk", "DE", _STUDENTS, "employees"),
    Title("Finance Director", "Finance Director", "EN", _FINANCE, "department_heads"),
    Title("Comptable", "Accountant", "FR", _FINANCE, "employees"),
    Title("People Partner", "People Partner", "EN", _HR, "employees"),
    Title("Personalleiterin", "Head of Human Resources", "DE", _HR, "department_heads"),
    Title("Geschäftsführer", "Managing Director", "DE", _MANAGEMENT, "executives"),
    Title("Founder & CEO", "Founder & CEO", "EN", _MANAGEMENT, "executives"),
    Title("Gérante", "Managing Director", "FR", _MANAGEMENT, "executives"),
    Title(_LONG_TITLE, _LONG_TITLE, "EN", _MANAGEMENT, "executives"),
)

COMPANY_FIRST_WORDS: tuple[str, ...] = tuple(
    """
    Quillmark Emberfold Brackenby Thistledown Cobblewick Fablemere Nebelhorn Clairnuage Pebblegate Tinderbox Moonsaw
    Buttonhole Copperkettle Cloverhitch Sköldlykta Wolkenwerk Brumelune Farolazul Gwiazdowo Snøkrystall Marblethumb
    Willowcap Velvetgear Inkpuddle Saltlamp Paperkite Gravelheart Dewlatch Candlewharf Ropewalker Nimbusmill Glasspond
    Müllerfunken Étoilebleue Kürbiskern Peñaluz Øreklang Zaunkönigin Žabokruk Ćmabajka Tumblegrain Hollowreed Figwhistle
    Oatmoon Plumbob Sugarvane Larkspindle Mothdrum Yarrowgate Biscuitforge
    """.split()
)
COMPANY_SECOND_WORDS: tuple[str, ...] = tuple(
    """
    Lanterns Ledger Works Logistics Instruments Bakeries Robotics Optics Freight Ceramics Analytics Textiles Hydraulics
    Acoustics Plastics Foods Pumps Software Masonry Roofing Timber Bearings Paints Clockworks Glass Cables Valves Media
    Outdoor Dental
    """.split()
)
COMPANY_THIRD_WORDS: tuple[str, ...] = (
    "", "Group", "Partners", "International", "Labs", "Systems", "& Daughters", "Nord", "Sud", "Holding", "Direct",
    "United", "Collective", "Trading", "Services", "Studio",
)  # fmt: skip
LEGAL_FORMS: tuple[str, ...] = ("", "", " GmbH", " SARL", " Ltd", " LLC", " AB", " S.L.", " GmbH & Co. KG", " Inc.")

HEADCOUNTS: tuple[tuple[str, int, int], ...] = (
    ("1", 1, 1), ("2-10", 2, 10), ("11-50", 11, 50), ("51-200", 51, 200), ("201-500", 201, 500),
    ("501-1000", 501, 1000), ("1001-5000", 1001, 5000), ("5001-10000", 5001, 10000), ("10001+", 10001, 40000),
)  # fmt: skip

INDUSTRIES: tuple[str, ...] = (
    "Software Development", "Financial Services", "Machinery Manufacturing", "Food Production",
    "Transportation and Logistics", "Construction", "Advertising Services", "Medical Equipment", "Retail", "Utilities",
)  # fmt: skip

TAGS: tuple[str, ...] = ("Hot lead", "Fintech", "Follow up", "Trade fair", "Old tag", "Newsletter", "Näheres klären")
SCHOOLS: tuple[str, ...] = (
    "Universidad de Ejemplo", "Lanternfold College", "Hochschule Musterstadt", "École des Brumes",
    "Quillmere University",
)  # fmt: skip
STUDIES: tuple[str, ...] = ("Computer Science", "Economics", "Mechanical Engineering", "Linguistics", "Marketing")

CONTACT_TYPES: tuple[str, ...] = (
    "customer", "general_contractor", "architect", "city", "hoa", "vendor", "subcontractor", "supplier", "employee",
    "partner", "other",
)  # fmt: skip
