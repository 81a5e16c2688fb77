/** What was made of the last few things: a stack of a thousand models must not keep a thousand planes alive. */

/** Remembers what was made of the last so many keys. */
export class Recent<K extends object, V> {
  readonly #most: number;
  readonly #made = new Map<K, V>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Give what was made of a key, or make it. */
  get(key: K, make: () => V): V {
    const found = this.#made.has(key) ? this.#made.get(key)! : make();
    this.#made.delete(key);
    this.#made.set(key, found);
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= this.#most) break;
      this.#made.delete(oldest);
    }
    return found;
  }
}
