/** Body Part Examined (0018,0015) in words: the codes of radiography (PS3.16 Annex L), others as they stand. */
import { t } from "../locale/index.ts";

function words(): Readonly<Record<string, string>> {
  return {
    ABDOMEN: t("Abdomen"),
    ANKLE: t("Ankle"),
    ARM: t("Arm"),
    BREAST: t("Breast"),
    CHEST: t("Chest"),
    CLAVICLE: t("Clavicle"),
    CSPINE: t("Cervical spine"),
    ELBOW: t("Elbow"),
    EXTREMITY: t("Extremity"),
    FEMUR: t("Femur"),
    FINGER: t("Finger"),
    FOOT: t("Foot"),
    FOREARM: t("Forearm"),
    HAND: t("Hand"),
    HEAD: t("Head"),
    HIP: t("Hip"),
    HUMERUS: t("Humerus"),
    JAW: t("Jaw"),
    KNEE: t("Knee"),
    LEG: t("Leg"),
    LSPINE: t("Lumbar spine"),
    NECK: t("Neck"),
    PELVIS: t("Pelvis"),
    RIB: t("Ribs"),
    SHOULDER: t("Shoulder"),
    SKULL: t("Skull"),
    SPINE: t("Spine"),
    STERNUM: t("Sternum"),
    THIGH: t("Thigh"),
    TOE: t("Toe"),
    TSPINE: t("Thoracic spine"),
    WRIST: t("Wrist"),
  };
}

/** Write a body part as a word, "KNEE" → "Knee"; "" stays "". */
export function bodyPart(code: string): string {
  return words()[code.toUpperCase()] ?? plain(code);
}

/** Write body parts as a list of words. */
export function bodyPartWords(parts: readonly string[]): string {
  return parts.map(bodyPart).join(", ");
}

/** A code string of capitals and underscores as a word. */
function plain(code: string): string {
  return code.charAt(0) + code.slice(1).toLowerCase().replaceAll("_", " ");
}
