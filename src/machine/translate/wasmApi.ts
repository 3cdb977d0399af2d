/** The little of WebAssembly's JavaScript interface that is used here; kernel rooms compile without its types. */

/** A linear memory; its buffer never changes here, since it never grows. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyApi {
  readonly Memory: new (descriptor: { initial: number; maximum: number }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** WebAssembly of this engine: compiling is synchronous, so that when it happens depends on the program alone. */
export const webAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

/** A memory of `bytes`, a multiple of 65,536. */
export function linearMemory(bytes: number): LinearMemory {
  const pages = bytes / 65536;
  return new webAssembly.Memory({ initial: pages, maximum: pages });
}
