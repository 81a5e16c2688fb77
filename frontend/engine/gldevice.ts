/** The page's one WebGL2 context: programs, and planes as tiles of textures. All viewports draw with it. */

import { CELLS, GREYS, WHOLE } from "./glsl.ts";
import type { Plane } from "./model.ts";
import { WIDEST } from "./sampling.ts";

/** A part of a plane on the graphics processor: its own pixels, and where the texture begins. */
export interface Tile {
  texture: WebGLTexture;
  left: number;
  top: number;
  right: number;
  bottom: number;
  originX: number;
  originY: number;
}

/** A program and the places of its uniforms. */
export interface Program {
  program: WebGLProgram;
  at(name: string): WebGLUniformLocation | null;
}

/** Neighbours that a tile carries beyond its own pixels: what the widest area may reach. */
const APRON = WIDEST + 1;
const LARGEST_TILE = 4096;
const TEXTURE_BYTES = 256 << 20;
const SLOW = /swiftshader|llvmpipe|software|basic render/i;

/** A WebGL2 context and what lives in it. */
export class GlDevice {
  readonly canvas: HTMLCanvasElement;
  readonly gl: WebGL2RenderingContext;
  readonly cells: Program;
  readonly greys: Program;
  readonly tile: number;
  lost = false;
  readonly #planes = new Map<Plane, { tiles: Tile[]; bytes: number }>();
  readonly #losses = new Set<() => void>();
  #bytes = 0;

  constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, largest = LARGEST_TILE) {
    this.canvas = canvas;
    this.gl = gl;
    this.tile = Math.min(gl.getParameter(gl.MAX_TEXTURE_SIZE) as number, largest);
    this.cells = linked(gl, WHOLE, CELLS);
    this.greys = linked(gl, WHOLE, GREYS);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    canvas.addEventListener("webglcontextlost", () => this.#lose());
  }

  /** Hear of the context's loss; gives a function that stops it. */
  onLost(listener: () => void): () => void {
    this.#losses.add(listener);
    return () => this.#losses.delete(listener);
  }

  #lose(): void {
    this.lost = true;
    this.#planes.clear();
    for (const listener of [...this.#losses]) listener();
  }

  /** Give a plane's tiles; those used longest ago make room. */
  tiles(plane: Plane): Tile[] {
    const known = this.#planes.get(plane);
    this.#planes.delete(plane);
    const entry = known ?? this.#uploaded(plane);
    this.#planes.set(plane, entry);
    this.#evict();
    return entry.tiles;
  }

  #uploaded(plane: Plane): { tiles: Tile[]; bytes: number } {
    const tiles: Tile[] = [];
    const step = this.tile - 2 * APRON;
    for (let top = 0; top < plane.rows; top += step) {
      for (let left = 0; left < plane.columns; left += step) tiles.push(this.#tile(plane, left, top, step));
    }
    this.#bytes += plane.data.byteLength;
    return { tiles, bytes: plane.data.byteLength };
  }

  #tile(plane: Plane, left: number, top: number, step: number): Tile {
    const right = Math.min(left + step, plane.columns);
    const bottom = Math.min(top + step, plane.rows);
    const originX = Math.max(left - APRON, 0);
    const originY = Math.max(top - APRON, 0);
    const columns = Math.min(right + APRON, plane.columns) - originX;
    const rows = Math.min(bottom + APRON, plane.rows) - originY;
    const texture = this.#upload(plane, { originX, originY, columns, rows });
    return { texture, left, top, right, bottom, originX, originY };
  }

  #upload(plane: Plane, part: { originX: number; originY: number; columns: number; rows: number }): WebGLTexture {
    const { gl } = this;
    const wide = plane.data.BYTES_PER_ELEMENT === 2;
    const { buffer, byteOffset, length } = plane.data;
    const data = wide ? new Uint16Array(buffer, byteOffset, length) : new Uint8Array(buffer, byteOffset, length);
    const texture = this.texture(wide ? gl.R16UI : gl.R8UI, part.columns, part.rows);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, plane.columns);
    gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, part.originX);
    gl.pixelStorei(gl.UNPACK_SKIP_ROWS, part.originY);
    const type = wide ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE;
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, part.columns, part.rows, gl.RED_INTEGER, type, data);
    for (const name of [gl.UNPACK_ROW_LENGTH, gl.UNPACK_SKIP_PIXELS, gl.UNPACK_SKIP_ROWS]) gl.pixelStorei(name, 0);
    return texture;
  }

  /** Give a new texture of whole numbers, bound, read pixel by pixel. */
  texture(format: number, width: number, height: number): WebGLTexture {
    const { gl } = this;
    const texture = gl.createTexture();
    if (!texture) throw new Error("the graphics processor has no memory left");
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return texture;
  }

  #evict(): void {
    for (const [plane, { tiles, bytes }] of this.#planes) {
      if (this.#bytes <= TEXTURE_BYTES || this.#planes.size <= 5) return;
      for (const { texture } of tiles) this.gl.deleteTexture(texture);
      this.#planes.delete(plane);
      this.#bytes -= bytes;
    }
  }

  /** Make the canvas at least so large. */
  reserve(width: number, height: number): void {
    if (this.canvas.width < width) this.canvas.width = width;
    if (this.canvas.height < height) this.canvas.height = height;
  }
}

function linked(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error("the graphics processor takes no shader");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`the shaders do not link: ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  const places = new Map<string, WebGLUniformLocation | null>();
  const at = (name: string): WebGLUniformLocation | null => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
    return places.get(name) ?? null;
  };
  return { program, at };
}

let shared: GlDevice | null = null;

/** Give the page's device; null without WebGL2, or when "auto" would get one that the processor only imitates. */
export function glDevice(mode: "auto" | "gl"): GlDevice | null {
  if (shared && !shared.lost) return shared;
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    powerPreference: "high-performance",
    failIfMajorPerformanceCaveat: mode === "auto",
  });
  if (!gl || (mode === "auto" && isImitated(gl))) return null;
  try {
    shared = new GlDevice(canvas, gl);
  } catch {
    return null; // a driver that cannot do this much draws nothing better than the processor
  }
  return shared;
}

/** Say whether a context is drawn by the processor: our own way is faster then. */
function isImitated(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return SLOW.test(String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}
