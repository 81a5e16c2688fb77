/** SVG elements, made and changed without strings of markup. */

const SVG = "http://www.w3.org/2000/svg";

/** What an attribute may be; null takes it away. */
export type Attributes = Readonly<Record<string, string | number | null>>;

/** Make an element. */
export function element<K extends keyof SVGElementTagNameMap>(
  document: Document,
  name: K,
  attributes: Attributes = {},
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, name);
  set(made, attributes);
  return made;
}

/** Set attributes, those only that change. */
export function set(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) target.removeAttribute(name);
    else if (target.getAttribute(name) !== String(value)) target.setAttribute(name, String(value));
  }
}

/** Have as many children as asked for, keeping those that are there: focus stays on them. */
export function resized<T extends Element>(parent: Element, count: number, make: (index: number) => T): T[] {
  while (parent.children.length > count) parent.lastElementChild!.remove();
  while (parent.children.length < count) parent.append(make(parent.children.length));
  return [...parent.children] as unknown as T[];
}

/** Give the `d` of a path through points, rounded to hundredths of a pixel. */
export function pathData(points: readonly (readonly [number, number])[], closed = false): string {
  const steps = points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`);
  return steps.join("") + (closed ? "Z" : "");
}
