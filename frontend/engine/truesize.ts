/** True size: how large a millimetre is on this screen. */

/** A bank or health insurance card, ID-1 of ISO/IEC 7810: millimetres. */
export const CARD_MM: readonly [width: number, height: number] = [85.6, 53.98];

/** Give millimetres a CSS pixel from an object of known length that a drawing of `cssPixels` was made to match. */
export function mmPerCssPixel(knownMm: number, cssPixels: number): number {
  return knownMm > 0 && cssPixels > 0 ? knownMm / cssPixels : 0;
}

/** Give the zoom (CSS pixels an image pixel's width) that shows an image as large as it was; null when unknown.
 *
 * `columnMm` is the width of an image pixel in millimetres, `screenMm` of a CSS pixel.
 */
export function trueSizeZoom(columnMm: number, screenMm: number): number | null {
  return columnMm > 0 && screenMm > 0 ? columnMm / screenMm : null;
}

/** Give the zoom that shows one image pixel as one pixel of the screen. */
export function oneToOneZoom(devicePixelRatio: number): number {
  return 1 / (devicePixelRatio > 0 ? devicePixelRatio : 1);
}

/** Give a name for the screen that a window stands on, to keep its calibration by: size and pixel density. */
export function screenKey(screen: { width: number; height: number }, devicePixelRatio: number): string {
  return `${screen.width}x${screen.height}@${Math.round(devicePixelRatio * 1000) / 1000}`;
}
