"""Vectors for tests in other languages: what the standard says comes out of a picture, worked out apart from the product.

`python -m tools.vectors` writes, below `build/vectors/` (or a folder that is given):

`grey/NAME.json`, one a case of the grey chain:

    {"name": "…", "clause": "what of the standard it is about",
     "model": RenderModel,                       as the API gives it; `pixels.url` is ""
     "stored": {"rows": n, "columns": n, "dtype": "uint16" | "int16" | "uint8" | "int8", "data": base64},
     "voi": index into `model.voi`, or -1: the window `window`,
     "window": {"centre": c, "width": w, "function": "…"} | null,
     "invert": true when the reader turned the greys round, on top of `model.invert`; padding stays black,
     "expected": {"data": base64 of uint8}}      0 black … 255 white, before overlays and shutters

`spacing.json`, a list, worked out by hand:

    {"name": "…", "clause": "…", "attributes": {keyword: value, …}, "expected": SpacingModel without note and description}

`measures.json`: see `tools/vectors/measures.py`.

All arrays are in rows from the top, little endian. Expected greys are reckoned by NumPy in floating point from the formulas of
PS3.3 C.11 and by pydicom's lookup tables, not by `dicom/grey.py`; a reader agrees within one grey.
"""
