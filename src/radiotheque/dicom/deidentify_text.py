"""Free text without identity: only words of the field are left (PS3.15 E.3.5, Clean Descriptors).

What might be a name cannot be told from what is one, so nothing is looked for and taken out: words that the standard's own
vocabulary knows are kept, and so are numbers of one or two digits; all else goes, and so does any word of the identity.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from pydicom.datadict import dictionary_description, keyword_dict
from pydicom.sr.codedict import codes

_FRENCH = """
abdomen abdominal aigu ancien angle antérieur antérieure appareil articulation articulaire assis avant avec axial axillaire bas bassin
bilan bilatéral bilatérale bord bras bronche cal calcanéum canal carpe cardiaque cervical cervicale charge cheville clavicule clichés
cliché col colonne comparatif complet contrôle corps côte côtes coude couché crâne cuisse debout décubitus défilé dent dents
dentaire deux discal doigt dorsal dorsale dos droit droite du de des épaule épanchement estomac et examen expiration extension face faces
fémur fémorale fibula flexion fracture gauche genou grand gril hallux hanche humérus inférieur inférieure inspiration interne jambe
la latéral latérale le les lit lombaire lombaires luxation main mains maxillaire membre membres mobile médial moyen nez non oblique obliques os
osseux osseuse panoramique patient pied pieds plâtre plèvre pneumothorax poignet pose postérieur postérieure pouce poumon poumons profil profils
prothèse pulmonaire rachis radio radiographie radiologie radius rein rotule rotulien sacrum sans schuss scoliose semelle simple sinus
standard supérieur supérieure sur sous tarse télécoeur thorax thoracique tibia trait trois ulna un une urgence vertèbre vertébral vue vues
"""
_ENGLISH = """
ap pa lat lao rao lpo rpo cr dx dr rf xa mg cc mlo ml lm chest view views portable supine erect upright standing post pre op no of the and with
without left right both bilateral hand foot knee hip spine pelvis shoulder elbow wrist ankle skull abdomen thorax routine series study
exam examination follow up control film image images clip raw processed for presentation processing cm mm kv mas
"""
_WORD = re.compile(r"[^\W\d_]+|\d+(?:[./:-]\d+)*|\n")
"""Numbers that hang together, as in a date or a telephone number, are one word."""
_MARKS = {"L", "R", "D", "G"}


def folded(text: str) -> str:
    """Give text without case and accents, to compare words by."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


@cache
def vocabulary() -> frozenset[str]:
    """Give the words, folded, of the data dictionary (PS3.6) and of the coded concepts (PS3.16), and usual ones beside them."""
    texts = [_ENGLISH, *(dictionary_description(tag) for tag in keyword_dict.values())]
    texts.extend(concept.meaning for concept in codes.DCM.concepts.values())
    anatomy = [concept.meaning for concept in codes.SCT.concepts.values()]
    known = _alphabetic(texts) | (_alphabetic(anatomy) - _proper(anatomy))
    return frozenset(known | {folded(word) for word in _FRENCH.split()})


def _alphabetic(texts: Iterable[str]) -> set[str]:
    return {folded(word) for text in texts for word in _WORD.findall(text) if word.isalpha() and word.isascii()}


def _proper(texts: Iterable[str]) -> set[str]:
    """Give the names of persons in terms: words with a capital that do not begin the term."""
    inner = (word for text in texts for word in _WORD.findall(text)[1:])
    return {folded(word) for word in inner if word[:1].isupper() and word[1:].islower()}


def words_of(values: Iterable[str]) -> frozenset[str]:
    """Give the words, folded, of an identity's values: no text keeps any of them."""
    return frozenset(folded(word) for value in values for word in _WORD.findall(value) if len(word) > 1)


def clean(text: str, identity: frozenset[str]) -> str:
    """Give what may be left of a text."""
    kept = [word for word in _WORD.findall(text) if _allowed(word, identity)]
    return re.sub(r" ?\n ?", "\n", " ".join(kept)).strip()


def _allowed(word: str, identity: frozenset[str]) -> bool:
    if word == "\n" or word in _MARKS:
        return True
    if word.isdigit():
        return len(word) <= 2 and word not in identity
    bare = folded(word)
    return bare not in identity and len(bare) > 1 and bare in vocabulary()
