/** The two passes on the graphics processor. The first is the rule of `resample.ts`, the second that of `cpu.ts`. */

/** A triangle over the whole canvas. */
export const WHOLE = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/** Finds each pixel's cell: the average of an area around its place on a level of the pyramid. */
export const CELLS = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D plane;   // one tile of the level
uniform vec4 across;        // image x = across.xy · canvas + across.z; across.w: reach in level pixels, 0 nearest
uniform vec4 down;          // the same of image y
uniform vec2 image;         // the image's columns and rows
uniform vec2 level;         // image pixels a level pixel; where level pixel 0 begins, in image pixels
uniform ivec2 size;         // the level's columns and rows
uniform ivec4 core;         // the tile's own level pixels: left, top, right, bottom
uniform ivec2 origin;       // the level pixel of the tile's first texel
uniform ivec3 padding;      // smallest, largest, and whether there is padding
uniform int sign;           // the sign bit of a cell, 0 for unsigned
uniform float height;
out uvec4 found;

int valueAt(ivec2 at) {
  int value = int(texelFetch(plane, at - origin, 0).r);
  return sign > 0 && value >= sign ? value - 2 * sign : value;
}

ivec2 taps(float at, float reach, int cells) {
  if (reach == 0.0) return ivec2(clamp(int(floor(at)), 0, cells - 1));
  return ivec2(max(int(ceil(at - reach - 0.5)), 0), min(int(floor(at + reach - 0.5)), cells - 1));
}

float weight(float distance, float reach) {
  if (reach == 0.0) return 1.0;
  float top = reach > 1.0 ? min(2.0 * reach - 2.0, 2.0) : 1.0;
  return min(max(reach - abs(distance), 0.0), top);
}

void main() {
  vec2 canvas = vec2(gl_FragCoord.x, height - gl_FragCoord.y);
  vec2 place = vec2(dot(across.xy, canvas) + across.z, dot(down.xy, canvas) + down.z);
  if (any(lessThan(place, vec2(0.0))) || any(greaterThanEqual(place, image))) discard;
  vec2 at = (place - level.y) / level.x;
  ivec2 home = clamp(ivec2(floor(at)), ivec2(0), size - 1);
  if (any(lessThan(home, core.xy)) || any(greaterThanEqual(home, core.zw))) discard;
  ivec2 columns = taps(at.x, across.w, size.x);
  ivec2 rows = taps(at.y, down.w, size.y);
  float sum = 0.0;
  float share = 0.0;
  float all = 0.0;
  for (int y = rows.x; y <= rows.y; y++) {
    float weightDown = weight(float(y) + 0.5 - at.y, down.w);
    for (int x = columns.x; x <= columns.y; x++) {
      float area = weight(float(x) + 0.5 - at.x, across.w) * weightDown;
      int value = valueAt(ivec2(x, y));
      all += area;
      if (padding.z > 0 && value >= padding.x && value <= padding.y) continue;
      sum += area * float(value);
      share += area;
    }
  }
  int mean = 2.0 * share >= all - 1e-5 ? int(floor(sum / share + 0.5)) : padding.x;
  found = uvec4(uint(mean & (sign == 128 ? 0xff : 0xffff)), 0u, 0u, 1u);
}`;

/** Turns cells into greys or colours and lays overlay and shutter over them. */
export const GREYS = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D red;
uniform usampler2D green;
uniform usampler2D blue;
uniform usampler2D overlay;
uniform usampler2D shutter;
uniform usampler2D table;   // 256 × 257 greys by cell
uniform ivec4 how;          // colour, overlay, shutter (0 or 1), the shutter's grey
out vec4 colour;

float grey(usampler2D cells, ivec2 at) {
  uint cell = texelFetch(cells, at, 0).r;
  return float(texelFetch(table, ivec2(int(cell & 255u), int(cell >> 8)), 0).r);
}

vec3 under(vec3 below, usampler2D shares, ivec2 at, float above) {
  uint share = texelFetch(shares, at, 0).r;
  if (share > 255u) return below;
  return floor((below * float(255u - share) + above * float(share)) / 255.0 + 0.5);
}

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec3 shown = vec3(grey(red, at));
  if (how.x > 0) shown = vec3(shown.r, grey(green, at), grey(blue, at));
  if (how.y > 0) shown = under(shown, overlay, at, 255.0);
  if (how.z > 0) shown = under(shown, shutter, at, float(how.w));
  colour = vec4(shown / 255.0, 1.0);
}`;
