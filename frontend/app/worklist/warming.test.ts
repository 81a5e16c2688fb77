import assert from "node:assert/strict";
import { test } from "node:test";

import type { Item, StudyDisplay } from "../model.ts";
import { type Asking, firstImage, Warming } from "./warming.ts";

const item = (instance: string, kind: string, raw = false): Item =>
  ({ instance, series: "1.3", kind, for_processing: raw }) as unknown as Item;

function display(study: string, ...instances: Item[]): StudyDisplay {
  return { study: { study }, series: [{ series: "1.3", instances }] } as unknown as StudyDisplay;
}

/** A server that notes what it is asked; `gate` holds its render models back. */
function server(gate: Promise<void> = Promise.resolve()) {
  const asked: string[] = [];
  const asking: Asking = {
    model: async (study, { instance }) => {
      asked.push(`model ${study} ${instance}`);
      await gate;
      return { pixels: { url: `/frames/${instance}` } };
    },
    frame: async (url, signal) => {
      signal.throwIfAborted();
      asked.push(`frame ${url}`);
    },
  };
  return { asked, warming: new Warming(asking) };
}

const { signal } = new AbortController();

test("the first image that is for reading is the one, whatever comes before it", () => {
  const found = firstImage(display("1.2", item("a", "report"), item("b", "image", true), item("c", "image")));
  assert.equal(found?.instance, "c");
  assert.equal(firstImage(display("1.2", item("a", "report"))), null);
});

test("its render model and its frame are asked for once", async () => {
  const { asked, warming } = server();
  const one = display("1.2", item("c", "image"), item("d", "image"));
  await warming.warm(one, signal);
  await warming.warm(one, signal);
  assert.deepEqual(asked, ["model 1.2 c", "frame /frames/c"]);
});

test("what is given up asks for no more, and is asked for again when it is rested on once more", async () => {
  const gone = new AbortController();
  let open = (): void => undefined;
  const { asked, warming } = server(new Promise((resolve) => (open = resolve)));
  const given = warming.warm(display("1.2", item("c", "image")), gone.signal);
  gone.abort();
  open();
  await given;
  assert.deepEqual(asked, ["model 1.2 c"]);
  await warming.warm(display("1.2", item("c", "image")), signal);
  assert.deepEqual(asked.slice(1), ["model 1.2 c", "frame /frames/c"]);
});

test("a study without images, and a server that refuses, harm nobody", async () => {
  const refusing = new Warming({ model: () => Promise.reject(new Error("403")), frame: () => Promise.resolve() });
  await refusing.warm(display("1.2", item("c", "image")), signal);
  const { asked, warming } = server();
  await warming.warm(display("1.2"), signal);
  assert.deepEqual(asked, []);
});
