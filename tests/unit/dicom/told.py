"""What a render model says of greys, as the chain that the server draws with."""

import base64

import numpy as np

from radiotheque.dicom.grey import GreyChain, Lut
from radiotheque.dicom.recipe import Window


def array(packed, dtype):
    return np.frombuffer(base64.b64decode(packed), dtype)


def table(model):
    return Lut(model["first"], array(model["data"], "<u2"), model["bits"]) if model else None


def chain_of_model(vector):
    """The grey chain that a render model describes."""
    model = vector["model"]
    voi = vector["window"] or model["voi"][vector["voi"]]
    window = None if voi.get("lut") else Window(voi["centre"], voi["width"], voi["function"])
    return GreyChain(
        slope=model["modality"]["slope"],
        intercept=model["modality"]["intercept"],
        modality_lut=table(model["modality"]["lut"]),
        window=window,
        voi_lut=table(voi.get("lut")),
        presentation_lut=table(model["presentation_lut"]),
        invert=model["invert"] != vector["invert"],
        padding=tuple(model["padding"]) if model["padding"] else None,
    )
