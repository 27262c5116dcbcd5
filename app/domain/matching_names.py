"""People's names made comparable: folding, transliteration, sounds, nicknames, titles. Pure rules and word lists."""

import re
from collections.abc import Iterable
from functools import lru_cache

from app.domain.text_fold import fold

# One letter each, so that a name in another script finds its usual spelling; sounds do the rest.
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўђјљњћџ",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e yu ya i i e g u d j l n c dz".split(" "),
        strict=True,
    )
)
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(),
        strict=True,
    )
)
_LATIN = str.maketrans(_CYRILLIC | _GREEK)

_TITLES = frozenset(
    """
    mr mrs ms miss mx sir dr prof professor herr frau monsieur madame mme mlle sr sra srta sig dott dottssa ing dipl
    mag lic phd mba msc bsc md cpa esq jr ii iii iv cfa pmp mim mgr rndr mudr dhr mevr drs
    """.split()
)
_PARTICLES = frozenset(
    """
    van von der den de del della di da do dos das du des la le les el al bin ibn ben ter ten te zu zum zur vom y e af
    av st saint san
    """.split()
)

_WORD = re.compile(r"[^\W_]+")
_NOT_IN_A_NAME = re.compile(r"[(\[{].*?[)\]}]|,.*")


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """Folded words in Latin letters, single spaces between them."""
    folded = fold(text)
    if not folded.isascii():
        folded = folded.translate(_LATIN)
    return " ".join(_WORD.findall(folded.replace("'", "").replace("’", "")))


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name in comparable form, without titles, degrees and remarks in brackets."""
    words = plain(_NOT_IN_A_NAME.sub(" ", text)).split()
    kept = tuple(word for word in words if word not in _TITLES)
    return kept or tuple(words)


def family_words(text: str) -> tuple[str, ...]:
    """The words of a family name that tell it from others: "van der Berg" is "berg"."""
    words = name_words(text)
    return tuple(word for word in words if word not in _PARTICLES) or words


def first_and_last(first: str, last: str, full: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """First and family name, taken from the full name where they are not given."""
    given, family = name_words(first), family_words(last)
    if given and family:
        return given, family
    words = name_words(full)
    if "," in full and not (given or family):
        # Written the other way round: "Doe, Jane".
        behind, _, ahead = full.partition(",")
        if name_words(ahead) and len(name_words(behind)) <= 2:
            return name_words(ahead), family_words(behind)
    if len(words) < 2:
        return given or words, family
    if family:
        return tuple(word for word in words if word not in family) or given, family
    rest = tuple(word for word in words if word not in given and word not in _PARTICLES) if given else ()
    if given:
        return given, rest
    start = next((place for place, word in enumerate(words) if place and word in _PARTICLES), len(words) - 1)
    return words[:start], tuple(word for word in words[start:] if word not in _PARTICLES) or words[-1:]


_DIGRAPHS = (
    ("tsch", "s"), ("shch", "s"), ("sch", "s"), ("tch", "s"), ("dge", "j"), ("ph", "f"), ("gh", "g"), ("ck", "k"),
    ("sh", "s"), ("ch", "s"), ("cz", "s"), ("sz", "s"), ("th", "t"), ("dt", "t"), ("tz", "s"), ("ts", "s"),
    ("qu", "k"), ("ks", "x"), ("wr", "r"), ("kn", "n"), ("gn", "n"), ("ce", "se"), ("ci", "si"), ("cy", "si"),
)  # fmt: skip
_SOUNDS = str.maketrans("bpfvwckgqdtszxjlrmn", "1122233334455567899", "aeiouyh")


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """How a name sounds, roughly and in no language in particular: its first sound and the consonants after it."""
    if not word or not word.isascii():
        return word[:4]
    for written, heard in _DIGRAPHS:
        if written in word:
            word = word.replace(written, heard)
    start = word[0]
    start = {"c": "k", "q": "k", "z": "s", "w": "v", "f": "v", "y": "i", "j": "i", "h": "h"}.get(start, start)
    code = start
    for letter in word[1:].translate(_SOUNDS):
        if letter != code[-1]:
            code += letter
    return code[:5]


# Each line: a name and what people of that name are called.
_CALLED = """
abigail abby abbie gail; abraham abe bram; adelaide addie ada; agnes aggie; albert al bert bertie; alexander alex sandy
xander sasha alec lex alessandro alexandre aleksandr aleksander sascha; alexandra alex sandra sasha lexi ali
alessandra aleksandra; alfred fred alf alfie; alice ali; allison ali allie; amanda mandy; anastasia nastya stasia
ana; andrew andy drew andrey andrei andre andreas andrzej anders; andrea andi; angela angie; ann anna anne annie anita
hannah anya nancy; annemarie anne marie; anthony tony anton antonio antoine antoni ton; antoinette toni nettie;
archibald archie; arthur art artie artur arturo; augustus gus august; barbara barb babs barbie basia; bartholomew bart
barth bartosz bartek; beatrice bea trixie beatrix; belinda bel linda; benjamin ben benny benji benoit; bernard bernie
bernhard bernd; bernadette bernie; bradley brad; bridget biddy bridie brigitte; bronislaw bronek; calvin cal; cameron
cam; carol carrie; caroline carrie caro lina carolina karoline; catherine cathy kate katie kathy cat kitty kathryn
katherine katharina kati caterina catalina katarzyna kasia ekaterina katya; charles charlie chuck chas carlos karl
carl charly; charlotte lottie charlie lotte; christine chris chrissie tina christina kristina kristine christel;
christopher chris kit topher christophe cristobal krzysztof krzysiek christoph; christian chris cristian kristian;
clarence clare; claudia claudie; clifford cliff; constance connie; cornelia nelly corrie; cornelius kees neil cor;
cynthia cindy; daniel dan danny dani daniele; daniela dani; david dave davy davide; deborah deb debbie debby; denise
dee; dennis denny denis; diana di diane; dietrich dieter; dimitri dima dmitry dmitri; dominic dom nick dominik
domenico; donald don donnie; dorothy dot dottie dolly dorothea doro; douglas doug; edmund ed eddie ned; edward ed eddie
ted teddy ned eduard eduardo edoardo edouard; edwin ed eddie; eleanor ellie nell nora elena lena eleonora; elizabeth
liz beth betty lizzie eliza elisa lisa elsie bess betsy elisabeth elspeth libby ela else ilse isabel isabella bettina
babette sissi elzbieta ela; emily em emmy emilie; emma em; emmanuel manny manu emanuel manuel; ernest ernie ernst
ernesto; esther hester essie; eugene gene evgeny eugenio; evelyn eve evie; ferdinand ferdi nando fernando; florence
flo florrie; florian flo; frances fran fanny frannie francesca francoise franziska franzi; francis frank fran francisco
paco pancho francesco franz francois frans franco; franklin frank; frederick fred freddie rick fritz friedrich frederic
federico fryderyk frederik; gabriel gabe gabi; gabriele gabi gaby gabriella gabriela; geoffrey geoff jeff jeffrey
jeffery; george georgie jorge georg jurgen giorgio georges jerzy jurek yuri; georgina georgie gina; gerald gerry jerry
geraldo; gerard gerry gerhard gerd gert; gertrude gertie trudy trude; gilbert gil bert; giovanni gianni vanni nino;
giuseppe beppe peppe pino; gottfried gode; grace gracie; gregory greg gregor gregorio grzegorz grzesiek; guillermo
memo; gunther gunter; harold harry hal; hans johannes johann johan jan hannes jens jo; heinrich heinz heiner henri
hendrik henk henry hank harry enrique enrico henryk; helen nell nellie ellen helena lena helene ilona; herbert herb
bert heribert; hubert bert hugh; hugh hughie hugo; ignatius iggy ignacio nacho ignaz; irene rene irina ira; isaac ike;
jacob jake jakob jack jacobo giacomo jakub kuba; jacqueline jackie jacqui; james jim jimmy jamie jaime jay; jan janek
janusz; jane janie jenny janet; janet jan; jason jay; jean jeannie; jeanne jeannette; jennifer jen jenny jenn;
jeremiah jerry; jeremy jerry jem; jerome jerry hieronymus; jessica jess jessie; joachim jochen achim jo joaquin;
joan joanie jo; joanna jo joan joanne johanna hanna asia; john jack johnny jon jonny ian sean evan ivan; jonathan jon
johnny nathan jonny; jose pepe; joseph joe joey jo josef josep josip jozef jupp sepp; josephine jo josie fifi jose;
joshua josh; juan juanito; judith judy jutta; julia julie jules giulia; julian jules jule; karen kaz; karin kari;
kenneth ken kenny; kevin kev; kimberly kim; klaus claus nikolaus nico; konstantin kostya konni costa; laura laurie
lori; lawrence larry lars laurie laurent lorenzo lorenz laurence; leah lea; leonard leo len lenny leonardo leonhard;
leopold leo poldi; leslie les; lewis lew louis luis ludwig luigi lou luigino lutz ludwik; lillian lil lily lilly;
linda lindy; louise lou lulu luisa luise; lucas luke luca lukas lukasz; lucy lucia lucie lucinda; magdalena lena
magda madeleine maddie madeline; marcus mark marc marco markus marek; margaret maggie meg peggy marge margie greta
rita daisy margarete marguerite margot margarita gretel grete malgorzata gosia margarethe; maria mary marie mia molly
polly mimi maja mariya masha mariola marysia; marianne mary anne; marilyn mary; marjorie marge; martha marta patty;
martin marty martino marcin; martina tina; matilda tilly mathilde; matthew matt mat matthias mathias mateo matteo
matthieu mathieu mateusz; maurice mo moritz mauricio maurizio; maximilian max maxi massimiliano; melanie mel; melissa
mel lissa missy; melvin mel; mercedes mercy; michael mike mick mickey mitch micha michel miguel michele mikhail misha
michal mikael miky; michelle shelly mich micha; mildred millie; miranda mandy randy; mohammed mohamed muhammad mohammad
mo mehmet; monica mona monika monique; morris moe; nathaniel nat nate nathan; natalie nat nata natasha natalia;
nicholas nick nicky nicolas nikolai nico niko klaus niccolo nicola kolya mikolaj; nicole nicky niki nicola; norman
norm; oliver ollie olli olivier; olivia liv livvy; oscar oskar; pamela pam; patricia pat patty tricia trish paddy;
patrick pat paddy rick patrice patryk; paul paulo pablo paolo pavel pawel pauli; paula pauline paulina; penelope penny;
peter pete pieter piet pedro pierre piotr pietro pyotr petr piotrek; philip phil pip philipp philippe felipe filippo
filip; phyllis phyl; rachel ray rae raquel; ramona mona; randolph randy; raphael rafael rafa raffaele rafal rafi;
raymond ray raimund ramon; rebecca becky becca; reginald reg reggie reinhold; reinhard reini; richard rick rich dick
ricky richie ricardo riccardo ryszard; robert bob rob bobby robbie bert roberto robin robby; roberta bobbie; roderick
rod rick; rodney rod; rodolfo rudolf rudy rolf rodolphe; roger rog ruediger rudiger; roland rollo rolando; ronald ron
ronnie; rosemary rose rosie romy; rosa rosie rose rosita; roxanne roxy; rupert ruprecht; russell russ; ruth ruthie;
salvatore sal toto turi; samantha sam sammy; samuel sam sammy; sarah sally sadie sara; sebastian seb basti bastian
sebastien bastien sebastiano; sergey sergio serge serhiy seryozha; sharon shari; shirley shirl; sidney sid; sigmund sigi
siegfried; simon sim simone; solomon sol; sophia sophie sofia sonia sonja zofia; stanislaw stan staszek stas; stanley
stan; stephanie steph steffi stefanie stephi; stephen steve steven stefan stephan esteban etienne stefano steffen
szczepan; susan sue susie suzy susanne suzanne susanna sanne susana zuzanna; sylvester sly silvester; sylvia silvia
sylvie; tadeusz tadek; tamara tammy tam; teresa terry tess tessa theresa resi therese; terence terry; thaddeus thad;
theodore ted teddy theo theodor teodoro fyodor; thomas tom tommy tomas tommaso tomasz tomek; timothy tim timmy timo
timotheus; tobias toby tobi; ulrich uli ulli; ulrike uli ulla; ursula uschi ulla; valentin val valentino; valerie val;
vanessa nessa; veronica ronnie vera veronika; victor vic viktor vittorio; victoria vicky vic tori viktoria; vincent
vince vinnie vin vincenzo vicente enzo; virginia ginny ginger; vladimir vova volodya wladimir wlodzimierz; vyacheslav
slava; waldemar waldek; walter walt wally walther gualtiero; wendy wen; wilhelm willi willy wim willem guglielmo helmut;
wilhelmina willa mina minnie wilma; william bill billy will willy liam guillaume guillermo wilhelm willem; winifred
winnie fred; wojciech wojtek; wolfgang wolf wolfi; yevgeny zhenya evgeny; yves yvon; yvonne evonne; zachary zach zack
zacharias; zbigniew zbyszek zbyg
"""


def _roots() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _CALLED.replace("\n", " ").split(";"):
        names = line.split()
        for name in names:
            found.setdefault(name, set()).add(names[0])
    return {name: frozenset(roots) for name, roots in found.items()}


_ROOTS = _roots()


def roots_of(name: str) -> frozenset[str]:
    """The names that a first name may be short for, itself included."""
    return _ROOTS.get(name, frozenset()) | {name}


def share_a_root(one: str, other: str) -> bool:
    """Whether two first names may be one, such as "bill" and "william", or one begins or ends as the other."""
    mine, theirs = _ROOTS.get(one), _ROOTS.get(other)
    if mine and theirs and mine & theirs:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= 3 and (long.startswith(short) or (len(short) >= 4 and long.endswith(short)))


_LEGAL = frozenset(
    """
    inc incorporated llc llp lp ltd limited plc corp corporation co company gmbh mbh ag kg kgaa ohg gbr ug eg ev se sa
    sas sasu sarl eurl snc sca spa srl srls sl slu sau bv nv vof cv oy oyj ab as asa aps a s kft zrt rt sro doo dd ood
    eood ooo oao pao zao llp pty pte pvt private bhd sdn sp z o o zoo ltda me eireli holding holdings group groupe
    gruppe gruppo grupo international intl the and und et y e i de
    """.split()
)


@lru_cache(maxsize=65_536)
def company_words(name: str) -> tuple[str, ...]:
    """What tells a company's name from others': without legal forms, accents and punctuation."""
    words = plain(
        name.replace("&", " ").replace("S.A.", "SA").replace("s.r.o.", "sro").replace("S.p.A.", "SpA")
    ).split()
    return tuple(word for word in words if word not in _LEGAL) or tuple(words)


def initials_fit(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether one of two first names is an initial of the other, such as "j" and "jane"."""
    mine, theirs = next(iter(one), ""), next(iter(other), "")
    return bool(mine and theirs) and mine[0] == theirs[0] and (len(mine) == 1 or len(theirs) == 1)


Name = tuple[tuple[str, ...], tuple[str, ...]]


def are_comparable(mine: Name, theirs: Name) -> bool:
    """Whether both names are written in Latin letters, or neither is."""
    return is_latin(mine) == is_latin(theirs)


def is_latin(name: Name) -> bool:
    """Whether a name is in Latin letters, or was put into them."""
    return all(word.isascii() for part in name for word in part)


def contradictions(mine: Name, theirs: Name) -> int:
    """In how many of first and family name two people plainly differ: 0, 1 or 2.

    Slips, short forms, initials, added and swapped names are no contradiction; nor are names in two scripts, see
    `are_comparable`. Each name is given as `first_and_last` makes it.
    """
    straight = sum(not _may_be_one(one, other) for one, other in zip(mine, theirs, strict=True))
    if not straight:
        return 0
    swapped = sum(not _may_be_one(one, other) for one, other in zip(mine, reversed(theirs), strict=True))
    return min(straight, swapped)


def _may_be_one(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    if not mine or not theirs or set(mine) & set(theirs):
        return True
    one, other = "".join(mine), "".join(theirs)
    if one.isascii() != other.isascii() or one == other:
        return True
    if share_a_root(mine[0], theirs[0]) or initials_fit(mine, theirs):
        return True
    if one == "".join(word[0] for word in theirs) or other == "".join(word[0] for word in mine):
        return True
    from rapidfuzz.distance import Indel  # not needed before two names differ

    return Indel.normalized_similarity(one, other) >= 0.75 or sound(one) == sound(other)
