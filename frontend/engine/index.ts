/** The X-ray engine: frames in, pixels out. No framework, and of the page nothing but canvases and workers. */

export { FrameClock, USUAL_FPS } from "./cine.ts";
export { FrameError } from "./fetching.ts";
export type { FrameFault } from "./fetching.ts";
export { areaView, displayedArea, transformationOf, turnedOnScreen, viewOf } from "./gsps.ts";
export { greyTable, valueOf } from "./lut.ts";
export type {
  Frame, Lut, LutVoi, Mask, Mean, Modality, OverlayPlane, Plane, Pixels, Quality, RenderModel, Samples, ShutterShape,
  Subtrahend, ViewState, Voi, Window, WindowVoi,
} from "./model.ts";
export { planOf } from "./masking.ts";
export type { Plan } from "./masking.ts";
export { averageOf } from "./subtract.ts";
export { FrameStore } from "./store.ts";
export type { LoadOptions, StoreOptions } from "./store.ts";
export { CARD_MM, mmPerCssPixel, oneToOneZoom, screenKey, trueSizeZoom } from "./truesize.ts";
export { Viewport } from "./viewport.ts";
export type { ViewportOptions } from "./viewport.ts";
