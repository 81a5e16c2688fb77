"""Codes of views and sides, as tables: what a radiograph or a mammogram shows (PS3.16 CID 244, 4010, 4014 and 4015)."""

from collections.abc import Iterable

SIDES = {"7771000": "L", "G-A101": "L", "24028007": "R", "G-A100": "R", "51440002": "B", "G-A102": "B"}

# The abbreviations of ACR MQCM 1999 that PS3.16 CID 4014 gives, by SNOMED CT code and by the SNOMED RT code before it
MAMMOGRAPHY = {
    "399260004": "ML",
    "R-10224": "ML",
    "399368009": "MLO",
    "R-10226": "MLO",
    "399352003": "LM",
    "R-10228": "LM",
    "399099002": "LMO",
    "R-10230": "LMO",
    "399162004": "CC",
    "R-10242": "CC",
    "399196006": "FB",
    "R-10244": "FB",
    "399188001": "SIO",
    "R-102D0": "SIO",
    "441555000": "ISO",
    "R-40AAA": "ISO",
    "399192008": "XCCL",
    "R-1024A": "XCCL",
    "Y-X1770": "XCCL",
    "399101009": "XCCM",
    "R-1024B": "XCCM",
    "Y-X1771": "XCCM",
}
# PS3.16 CID 4015: "M…" goes before the view, "…ID" behind it, the others stand for it
MODIFIERS = {
    "399161006": "CV",
    "R-102D2": "CV",
    "399011000": "AT",
    "R-102D1": "AT",
    "399110001": "TAN",
    "R-102C2": "TAN",
    "399197002": "…RL",
    "R-102D3": "…RL",
    "399226006": "…RM",
    "R-102D4": "…RM",
    "414493004": "…RI",
    "R-102CA": "…RI",
    "415670009": "…RS",
    "R-102C9": "…RS",
    "399209000": "…ID",
    "R-102D5": "…ID",
    "442581004": "…NP",
    "R-40AB3": "…NP",
    "441752004": "…AC",
    "P2-00161": "…AC",
    "442593008": "…IMF",
    "R-40ABE": "…IMF",
    "442580003": "…AX",
    "R-40AB2": "…AX",
    "399163009": "M…",
    "R-102D6": "M…",
    "399055006": "S…",
    "R-102D7": "S…",
}
# PS3.16 CID 4010 in the words of View Position (PS3.3 C.8.11.5.1.1)
PROJECTIONS = {
    "272479007": "PA",
    "R-10214": "PA",
    "399348003": "AP",
    "R-10206": "AP",
    "399173006": "LL",
    "R-10236": "LL",
    "399198007": "RL",
    "R-10232": "RL",
    "399067008": "LAT",
    "R-102CD": "LAT",
    "399135007": "LAO",
    "399356000": "RAO",
    "399006002": "LPO",
    "399038007": "RPO",
    "R-10210": "RPO",
    "399061009": "AXIAL",
    "399182000": "OBLIQUE",
}


def modified(view: str, codes: Iterable[str]) -> str:
    """Give a mammographic view with its modifiers as PS3.16 CID 4015 has them written: a magnified CC is MCC."""
    for code in codes:
        sign = MODIFIERS.get(code, "")
        if sign.startswith("…"):
            view += sign[1:]
        elif sign.endswith("…"):
            view = sign[:-1] + view
        elif sign:
            view = sign
    return view
