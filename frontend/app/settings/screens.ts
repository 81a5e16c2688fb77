/**
 * Which screen this is, and how large its pixels are.
 *
 * A browser does not say how large a screen is. So a person holds a ruler or a card against it, and what they find is
 * kept under a key made of what the browser does say: size in CSS pixels and pixel ratio.
 */
/** Give the key that the calibration of the screen of this window is kept under. */
export function screenKey(): string {
  return `${screen.width}x${screen.height}@${devicePixelRatio}`;
}

/** Width and height of a bank card, mm (ISO/IEC 7810, ID-1). */
export const CARD_MM: readonly [number, number] = [85.6, 53.98];

/** Length of the drawn ruler, mm. */
export const RULER_MM = 100;

/** One CSS pixel as CSS defines it at arm's length, mm: 1/96 inch (CSS Values 4, 5.2). Where one begins to fit. */
export const NOMINAL = 25.4 / 96;
