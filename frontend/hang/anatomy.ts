/** Regions, sides, views and kinds of modality, so that what is named differently is compared alike. Pure. */

import type { Item } from "./types.ts";

/** Regions by the words that name them: CID 4 terms, and English and French words of descriptions. */
const REGIONS: readonly (readonly [region: string, words: RegExp])[] = [
  ["ABDOMEN", /ABDOM|\bASP\b|\bKUB\b/],
  ["BREAST", /BREAST|\bSEIN|MAMMO/],
  ["CSPINE", /C[- ]?SPINE|CERVIC/],
  ["TSPINE", /T[- ]?SPINE|THORACIC SPINE|DORSAL|RACHIS THORA/],
  ["LSPINE", /L[- ]?S?[- ]?SPINE|LUMB|LOMB/],
  ["SPINE", /SPINE|RACHIS|SCOLIO/],
  ["RIB", /\bRIBS?\b|STERNUM|\bCOTES?\b|GRIL COSTAL/],
  ["CHEST", /CHEST|THORA|LUNG|POUMON|PULMON/],
  ["CLAVICLE", /CLAVIC/],
  ["SHOULDER", /SHOULDER|EPAULE|SCAPULA/],
  ["FOREARM", /FOREARM|AVANT-?BRAS|RADIUS|ULNA/],
  ["HUMERUS", /HUMERUS|UP\w* ?ARM\b|\bBRAS\b/],
  ["ELBOW", /ELBOW|COUDE/],
  ["WRIST", /WRIST|POIGNET|SCAPHOID/],
  ["HAND", /HAND|FINGER|THUMB|\bMAINS?\b|DOIGT|POUCE/],
  ["PELVIS", /PELVIS|BASSIN/],
  ["HIP", /\bHIPS?\b|HANCHE/],
  ["FEMUR", /FEMUR|THIGH|CUISSE/],
  ["KNEE", /KNEE|GENOU|PATELLA|ROTULE/],
  ["TIBIA", /TIBIA|FIBULA|LOWER LEG|JAMBE|LOWLEG/],
  ["ANKLE", /ANKLE|CHEVILLE/],
  ["FOOT", /FOOT|FEET|TOE|HEEL|CALCANE|\bPIEDS?\b|ORTEIL/],
  ["LEGS", /\bLEGS?\b|EXTREMITY|PANGONO|MEMBRES? INF/],
  ["SKULL", /SKULL|HEAD|CRANE|SINUS|FACIAL|ORBIT/],
  ["TEETH", /JAW|TEETH|TOOTH|DENTAL|PANORAMIC|MANDIB/],
];

/** Regions whose images show much of each other. */
const NEIGHBOURS: readonly (readonly string[])[] = [
  ["CHEST", "RIB"],
  ["HAND", "WRIST"],
  ["WRIST", "FOREARM"],
  ["FOREARM", "ELBOW"],
  ["SHOULDER", "CLAVICLE"],
  ["SHOULDER", "HUMERUS"],
  ["PELVIS", "HIP"],
  ["HIP", "FEMUR"],
  ["KNEE", "FEMUR"],
  ["KNEE", "TIBIA"],
  ["ANKLE", "TIBIA"],
  ["ANKLE", "FOOT"],
  ["SPINE", "CSPINE", "TSPINE", "LSPINE"],
];

/** Give the region that words name, the words themselves in capitals where none is known, "" for none. */
export function regionOf(words: string): string {
  const plain = words.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase().replaceAll("_", " ").trim();
  return REGIONS.find(([, pattern]) => pattern.test(plain))?.[0] ?? plain;
}

/** Say how near two regions are: 3 the same, 2 neighbours, 1 one is not known, 0 different. */
export function nearness(one: string, other: string): 0 | 1 | 2 | 3 {
  if (!one || !other) return 1;
  if (one === other) return 3;
  return NEIGHBOURS.some((group) => group.includes(one) && group.includes(other)) ? 2 : 0;
}

/** Names under which a protocol may ask for any of several views. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  FRONTAL: ["PA", "AP"],
  LAT: ["LAT", "LL", "RL", "LATERAL"],
  OBL: ["OBL", "OBLIQUE", "LAO", "RAO", "LPO", "RPO", "LLO", "RLO"],
};

/** Give the view of an image in capitals: its code, else what its words say, "" for none. */
export function viewOf(item: Pick<Item, "view" | "view_text">): string {
  const view = item.view.trim().toUpperCase();
  if (view) return view;
  const text = item.view_text.trim().toUpperCase();
  return /^[RL]?\s*(CC|MLO|ML|LM)$/.exec(text)?.[1] ?? (/LATERAL|PROFIL/.test(text) ? "LAT" : text);
}

/** Say whether a view is one that is asked for. */
export function isView(view: string, wanted: string): boolean {
  const name = wanted.trim().toUpperCase();
  return view === name || (FAMILIES[name]?.includes(view) ?? false);
}

/** Say how alike two views are: 3 the same, 2 of one family, 1 one is not known, 0 different. */
export function likeness(one: string, other: string): 0 | 1 | 2 | 3 {
  if (!one || !other) return 1;
  if (one === other) return 3;
  return Object.values(FAMILIES).some((family) => family.includes(one) && family.includes(other)) ? 2 : 0;
}

/** Give the side of an image, R or L, "" where neither or both are on it or nothing says so. It is never guessed. */
export function sideOf(item: Pick<Item, "laterality" | "view_text">): "R" | "L" | "" {
  if (item.laterality === "R" || item.laterality === "L") return item.laterality;
  if (item.laterality) return "";
  const found = /^([RL])\s*(?:CC|MLO|ML|LM)$/.exec(item.view_text.trim().toUpperCase());
  return (found?.[1] as "R" | "L" | undefined) ?? "";
}

/** Give the side that the words of a description name. */
export function sideIn(words: string): "R" | "L" | "" {
  const plain = words.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase();
  const [right, left] = [/\b(RIGHT|RT|DROITE?)\b/.test(plain), /\b(LEFT|LT|GAUCHE)\b/.test(plain)];
  return right === left ? "" : right ? "R" : "L";
}

const CLASSES: Readonly<Record<string, string>> = {
  CR: "radiograph",
  DX: "radiograph",
  RG: "radiograph",
  IO: "dental",
  PX: "dental",
  XA: "fluoroscopy",
  RF: "fluoroscopy",
};

/** Modalities of objects that are no images. */
const WORDS: ReadonlySet<string> = new Set(["SR", "PR", "KO", "DOC", "OT", "AU", "REG", "SEG", ""]);

/** Give the class of a modality, the same for those whose images are compared; "" for what is no image. */
export function classOf(modality: string): string {
  const name = modality.trim().toUpperCase();
  return WORDS.has(name) ? "" : (CLASSES[name] ?? name);
}

/** Say whether every image of this modality is a picture of its own, not one of a stack. */
export function isSingle(modality: string): boolean {
  return ["radiograph", "dental", "MG"].includes(classOf(modality));
}
