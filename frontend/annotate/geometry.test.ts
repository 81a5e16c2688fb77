import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { measure } from "./measure.ts";
import type { MeasuredValue } from "./measure.ts";
import type { Annotation, Pixels, Sides, Spacing } from "./types.ts";

interface Written {
  pixels: { columns: number; rows: number; unit: string; values: (number | null)[] }[];
  cases: {
    annotation: Annotation;
    spacing: Spacing;
    aspect: number;
    sides: Sides;
    pixels: number | null;
    expected: MeasuredValue[];
  }[];
}

const FILE = join(process.env.RADIOTHEQUE_VECTORS ?? join(import.meta.dirname, "../../build/vectors"), "measures.json");

function pixelsOf({ columns, rows, unit, values }: Written["pixels"][number]): Pixels {
  return { columns, rows, unit, value: (column, row) => values[row * columns + column] ?? NaN };
}

function close(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one), Math.abs(other));
}

test("values are those that NumPy finds", { skip: existsSync(FILE) ? false : "python -m tools.vectors writes them" }, () => {
  const written = JSON.parse(readFileSync(FILE, "utf-8")) as Written;
  const pixels = written.pixels.map(pixelsOf);
  assert.ok(written.cases.length > 100);
  for (const [number, each] of written.cases.entries()) {
    const given = { sides: each.sides, pixels: each.pixels === null ? null : pixels[each.pixels]! };
    const { values } = measure(each.annotation, each.spacing, each.aspect, given);
    const words = (list: MeasuredValue[]) => list.map(({ value, ...rest }) => rest);
    const about = `case ${number}: ${JSON.stringify(each)}`;
    assert.deepEqual(words(values), words(each.expected), about);
    values.forEach((value, index) => assert.ok(close(value.value, each.expected[index]!.value), `${value.name} ${value.value} ${about}`));
  }
});
