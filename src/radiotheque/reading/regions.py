"""Parts of the body as readers think of them: Body Part Examined in its many spellings, and words of descriptions.

Body Part Examined (0018,0015) has defined terms (PS3.16 Annex L), but many devices write their own, and many studies say
it in the description alone, in the language of the house.
"""

from collections.abc import Iterable, Mapping

from radiotheque.core.names import words

REGIONS: Mapping[str, str] = {
    "CHEST": "chest thorax thoracic thoracique lung lungs poumon poumons pulmonaire rib ribs cotes sternum gril",
    "ABDOMEN": "abdomen abdominal asp kub",
    "PELVIS": "pelvis bassin pelvic pelvien sacrum coccyx si sacro",
    "HIP": "hip hips hanche hanches",
    "SPINE": "spine rachis spinal wspine vertebral scoliosis scoliose epos",
    "CSPINE": "cspine cervical cervicale neck cou",
    "TSPINE": "tspine dorsal dorsale",
    "LSPINE": "lspine lssspine lumbar lombaire lombaires lumbosacral lombosacre",
    "SKULL": "skull crane head tete facial face_bones orbit orbite sinus nose nez",
    "JAW": "jaw jawzone mandible mandibule teeth dents dental dentaire opg panoramique tmj",
    "SHOULDER": "shoulder shoulders epaule epaules clavicle clavicule scapula omoplate",
    "HUMERUS": "humerus upperarm uparm bras arm",
    "ELBOW": "elbow elbows coude coudes",
    "FOREARM": "forearm avantbras radius ulna",
    "WRIST": "wrist wrists poignet poignets scaphoid scaphoide",
    "HAND": "hand hands main mains finger fingers doigt doigts thumb pouce",
    "FEMUR": "femur thigh cuisse upleg",
    "KNEE": "knee knees genou genoux patella rotule",
    "LEG": "leg legs jambe jambes tibia fibula lowleg lowerleg tibfib perone",
    "ANKLE": "ankle ankles cheville chevilles",
    "FOOT": "foot feet pied pieds toe toes orteil orteils calcaneus calcaneum heel talon",
    "BREAST": "breast breasts sein seins mammography mammographie mammogram mammo",
    "HEART": "heart coeur coronary coronaires coronarographie",
}
"""Region → words that mean it, folded: without accents, in small letters."""

_BY_WORD = {word: region for region, text in REGIONS.items() for word in (*text.split(), region.casefold())}
_CLOSE = (
    frozenset(("SPINE", "CSPINE", "TSPINE", "LSPINE")),
    frozenset(("PELVIS", "HIP")),
    frozenset(("PELVIS", "LSPINE")),
    frozenset(("HAND", "WRIST")),
    frozenset(("WRIST", "FOREARM")),
    frozenset(("FOREARM", "ELBOW")),
    frozenset(("ELBOW", "HUMERUS")),
    frozenset(("HUMERUS", "SHOULDER")),
    frozenset(("HIP", "FEMUR")),
    frozenset(("FEMUR", "KNEE")),
    frozenset(("KNEE", "LEG")),
    frozenset(("LEG", "ANKLE")),
    frozenset(("ANKLE", "FOOT")),
    frozenset(("CHEST", "TSPINE")),
    frozenset(("CHEST", "HEART")),
)


def region_of(word: str) -> str:
    """Give the region that a word means, "" for none."""
    parts = words(word)
    joined = "".join(parts)
    return _BY_WORD.get(joined, "") or next((_BY_WORD[part] for part in parts if part in _BY_WORD), "")


def regions_of(body_parts: Iterable[str], descriptions: Iterable[str] = ()) -> frozenset[str]:
    """Give the regions that body parts name; where they name none, those that descriptions speak of."""
    stated = {region for region in map(region_of, body_parts) if region}
    if stated:
        return frozenset(stated)
    return frozenset(_BY_WORD[word] for text in descriptions for word in words(text) if word in _BY_WORD)


def closeness(one: frozenset[str], other: frozenset[str]) -> int:
    """Say how near two sets of regions are: 2 the same, 1 neighbours (an image of one shows part of the other), 0 neither."""
    if one & other:
        return 2
    return int(any({a, b} <= pair for a in one for b in other for pair in _CLOSE))


def list_of(region: str) -> str:
    """Give the name of the catalog's list of studies that show a region."""
    return f"region:{region}"
