/** The painter for the graphics processor: cells into a texture while the picture stands, then greys at each change. */

import type { Grid } from "./affine.ts";
import type { GlDevice, Program, Tile } from "./gldevice.ts";
import type { Plane } from "./model.ts";
import type { Padding, Source } from "./pyramid.ts";
import { OUTSIDE, sameSampling, samplingOf } from "./sampling.ts";
import type { Sampling } from "./sampling.ts";
import type { Painter, Scene } from "./scene.ts";

const TABLE_WIDTH = 256;
const TABLE_HEIGHT = 257;

/** The cells of one source as a texture of the canvas's size. */
class Layer {
  readonly #device: GlDevice;
  #texture: WebGLTexture | null = null;
  #framebuffer: WebGLFramebuffer | null = null;
  #grid: Grid | null = null;
  #sampling: Sampling | null = null;
  #size = "";

  constructor(device: GlDevice) {
    this.#device = device;
  }

  texture(source: Source, grid: Grid, smooth: boolean): WebGLTexture {
    const sampling = samplingOf(source, grid, smooth);
    if (this.#texture && this.#grid === grid && sameSampling(this.#sampling, sampling)) return this.#texture;
    this.#allocate(grid);
    this.#draw(sampling, grid, source.padding);
    this.#grid = grid;
    this.#sampling = sampling;
    return this.#texture!;
  }

  #allocate({ width, height }: Grid): void {
    if (this.#size === `${width} ${height}`) return;
    this.dispose();
    const { gl } = this.#device;
    this.#texture = this.#device.texture(gl.R32UI, width, height);
    this.#framebuffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.#texture, 0);
    this.#size = `${width} ${height}`;
  }

  #draw(sampling: Sampling, grid: Grid, padding: Padding): void {
    const { gl, cells } = this.#device;
    const tiles = this.#device.tiles(sampling.plane);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.viewport(0, 0, grid.width, grid.height);
    gl.clearBufferuiv(gl.COLOR, 0, new Uint32Array([OUTSIDE, 0, 0, 0]));
    gl.useProgram(cells.program);
    describe(gl, cells, sampling, { grid, padding });
    for (const tile of tiles) drawTile(gl, cells, tile);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  dispose(): void {
    const { gl, lost } = this.#device;
    if (lost) return;
    gl.deleteFramebuffer(this.#framebuffer);
    gl.deleteTexture(this.#texture);
    this.#texture = null;
    this.#size = "";
  }
}

function describe(
  gl: WebGL2RenderingContext, { at }: Program, sampling: Sampling, { grid, padding }: { grid: Grid; padding: Padding },
): void {
  const [ia, ib, ic, id, ie, jf] = grid.inverse;
  const { plane, scale, shift } = sampling;
  gl.uniform1i(at("plane"), 0);
  gl.uniform4f(at("across"), ia, ic, ie, sampling.reachAcross);
  gl.uniform4f(at("down"), ib, id, jf, sampling.reachDown);
  gl.uniform2f(at("image"), grid.columns, grid.rows);
  gl.uniform2f(at("level"), scale, shift);
  gl.uniform2i(at("size"), plane.columns, plane.rows);
  gl.uniform3i(at("padding"), padding?.[0] ?? 0, padding?.[1] ?? 0, padding ? 1 : 0);
  gl.uniform1i(at("sign"), signBit(plane));
  gl.uniform1f(at("height"), grid.height);
}

function signBit({ data }: Plane): number {
  if (data instanceof Int16Array) return 0x8000;
  return data instanceof Int8Array ? 0x80 : 0;
}

function drawTile(gl: WebGL2RenderingContext, { at }: Program, tile: Tile): void {
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, tile.texture);
  gl.uniform4i(at("core"), tile.left, tile.top, tile.right, tile.bottom);
  gl.uniform2i(at("origin"), tile.originX, tile.originY);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
}

/** Draws with WebGL2. Raises an error when the context is gone: whoever draws takes the other painter then. */
export class GlPainter implements Painter {
  readonly #device: GlDevice;
  readonly #channels: Layer[];
  readonly #overlay: Layer;
  readonly #shutter: Layer;
  readonly #bytes = new Uint8Array(TABLE_WIDTH * TABLE_HEIGHT);
  #tableTexture: WebGLTexture | null = null;
  #table: Uint8Array | null = null;

  constructor(device: GlDevice) {
    this.#device = device;
    this.#channels = [0, 1, 2].map(() => new Layer(device));
    this.#overlay = new Layer(device);
    this.#shutter = new Layer(device);
  }

  paint(scene: Scene, target: CanvasRenderingContext2D): void {
    const { gl, canvas, greys, lost } = this.#device;
    if (lost || gl.isContextLost()) throw new Error("the graphics processor is gone");
    const { width, height } = scene.grid;
    this.#device.reserve(width, height);
    this.#lookUp(scene.table);
    const textures = this.#textures(scene);
    gl.useProgram(greys.program);
    this.#bind(textures);
    const switches = [scene.channels.length > 1, scene.overlay !== null, scene.shutter !== null].map(Number);
    gl.uniform4iv(greys.at("how"), [...switches, scene.shutterGrey]);
    gl.viewport(0, 0, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    target.drawImage(canvas, 0, canvas.height - height, width, height, 0, 0, width, height);
  }

  /** Give the textures in the order of the second pass's samplers; what is not there is bound to greys and not read. */
  #textures({ channels, overlay, shutter, grid, smooth }: Scene): Map<string, WebGLTexture> {
    const names = ["red", "green", "blue"];
    const found = new Map<string, WebGLTexture>();
    channels.forEach((source, i) => found.set(names[i]!, this.#channels[i]!.texture(source, grid, smooth)));
    if (overlay) found.set("overlay", this.#overlay.texture(overlay, grid, false));
    if (shutter) found.set("shutter", this.#shutter.texture(shutter, grid, false));
    for (const name of [...names, "overlay", "shutter"]) if (!found.has(name)) found.set(name, found.get("red")!);
    found.set("table", this.#tableTexture!);
    return found;
  }

  #bind(textures: Map<string, WebGLTexture>): void {
    const { gl, greys } = this.#device;
    [...textures].forEach(([name, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform1i(greys.at(name), unit);
    });
  }

  #lookUp(table: Uint8Array): void {
    if (this.#table === table) return;
    const { gl } = this.#device;
    this.#table = table;
    this.#bytes.fill(0);
    this.#bytes.set(table);
    this.#tableTexture ??= this.#device.texture(gl.R8UI, TABLE_WIDTH, TABLE_HEIGHT);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#tableTexture);
    gl.texSubImage2D(
      gl.TEXTURE_2D, 0, 0, 0, TABLE_WIDTH, TABLE_HEIGHT, gl.RED_INTEGER, gl.UNSIGNED_BYTE, this.#bytes,
    );
  }

  dispose(): void {
    for (const layer of [...this.#channels, this.#overlay, this.#shutter]) layer.dispose();
    if (!this.#device.lost) this.#device.gl.deleteTexture(this.#tableTexture);
    this.#tableTexture = null;
    this.#table = null;
  }
}
