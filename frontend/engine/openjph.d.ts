/** The parts of OpenJPH's WebAssembly build that are used. */
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  export interface Decoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    readHeader(): void;
    decodeSubResolution(level: number): void;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; isSigned: boolean; componentCount: number };
    delete(): void;
  }
  export interface OpenJph {
    HTJ2KDecoder: new () => Decoder;
  }
  export default function factory(options: {
    locateFile: (name: string) => string;
    print?: (text: string) => void;
    printErr?: (text: string) => void;
  }): Promise<OpenJph>;
}

declare module "@cornerstonejs/codec-openjph/wasm?url" {
  const url: string;
  export default url;
}
