/**
 * An engine: WebAssembly memory, a runtime and a context in it, with all of ours evaluated that programs of one exercise have in common.
 * What the memory holds then is kept, and put back for each program: every one finds the engine as new, and none pays for making it.
 */
import releaseSync from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { assert } from '../base/index.ts';
import { BORDER } from './prelude.ts';
import type { PreparedFiles, SandboxLimits } from './types.ts';

/** What is used here of WebAssembly's interface: kernel rooms compile without its types. */
interface EngineMemory {
  readonly buffer: ArrayBuffer;
}
const { Memory } = (
  globalThis as unknown as {
    readonly WebAssembly: {
      readonly Memory: new (pages: { initial: number; maximum: number }) => EngineMemory;
    };
  }
).WebAssembly;

const PAGE = 2 ** 16;
/** Bytes of an engine's memory when it begins. */
const INITIAL = 2 ** 24;
/** So near to its end no error can be made any more. */
const NEARLY = 2 ** 20;
/** Deeper recursion fails in QuickJS itself; with a larger stack it would fail in the host's (measured). */
const STACK = 64 * 1024;

/** What the programs of one engine share. */
export interface EngineSpec {
  /** JavaScript of ours, or empty: see SandboxProgram. */
  readonly prelude: string;
  /** The host functions' names. */
  readonly host: readonly string[];
  readonly limits: SandboxLimits;
}

/** The program that an engine runs now. */
export interface Occupant {
  readonly files: ReadonlyMap<string, string>;
  callHost(name: string, list: string): string;
  print(line: string): void;
  /** Asked about every 10,000 steps: true stops the program. */
  interrupt(): boolean;
}

/** A program whose top level has run, and its module's namespace. */
interface LoadedProgram {
  readonly files: PreparedFiles;
  readonly entry: string;
  readonly exports: QuickJSHandle;
  readonly image: Image;
}

type Image = readonly { readonly at: number; readonly bytes: Uint8Array }[];

/** WebAssembly with memory of its own, and nothing in it yet. */
export interface LoadedEngine {
  readonly memory: EngineMemory;
  readonly module: QuickJSWASMModule;
}

/** Part of a sandbox could not be loaded; in a browser it comes over the network. */
export function unreachable(part: string, cause: unknown): Error {
  return new Error(`${part} could not be loaded (is the network there?)`, { cause });
}

/** `code` gives the engine's WebAssembly.Module, where the caller has it. */
export async function loadEngine(
  limits: SandboxLimits,
  code: (() => Promise<object>) | undefined,
): Promise<LoadedEngine> {
  // The engine's own limit counts how much is allocated, not how large it is (measured: 2 GB of typed arrays went through): its memory ends.
  const memory = new Memory({ initial: INITIAL / PAGE, maximum: (INITIAL + limits.memory) / PAGE });
  try {
    const compiled = await code?.();
    const variant = newVariant(releaseSync, {
      wasmMemory: memory as never,
      ...(compiled !== undefined && { wasmModule: compiled as never }),
    });
    return { memory, module: await newQuickJSWASMModuleFromVariant(variant) };
  } catch (cause) {
    throw unreachable('the engine that runs your code', cause);
  }
}

export class Engine {
  readonly spec: EngineSpec;
  readonly vm: QuickJSContext;
  readonly runtime: QuickJSRuntime;
  /** `(exports, bind, aside, callsText) => answers`, and `(error) => answer`: see BORDER. */
  readonly call: QuickJSHandle;
  readonly fault: QuickJSHandle;
  /** The prelude's function for arguments, and its other one. */
  readonly bind: QuickJSHandle | null = null;
  readonly aside: QuickJSHandle | null = null;
  readonly #memory: EngineMemory;
  readonly #module: QuickJSWASMModule;
  readonly #image: Image;
  /** What the memory held when the last program that was kept had been loaded. */
  #kept: LoadedProgram | null = null;
  #occupant: Occupant | null = null;
  /** A program has met one of its limits: the engine is not trusted any more. */
  #spent = false;

  private constructor(spec: EngineSpec, memory: EngineMemory, module: QuickJSWASMModule) {
    this.spec = spec;
    this.#memory = memory;
    this.#module = module;
    const { limits } = spec;
    this.runtime = module.newRuntime();
    this.runtime.setMemoryLimit(limits.memory);
    this.runtime.setMaxStackSize(STACK);
    this.runtime.setInterruptHandler(() => this.#occupant?.interrupt() ?? false);
    this.runtime.setModuleLoader(
      (name) => this.#occupant?.files.get(name) ?? { error: new Error(`there is no file ${name}`) },
      resolveName,
    );
    this.vm = this.runtime.newContext();
    const border = this.#border();
    this.call = this.vm.getProp(border, 'call');
    this.fault = this.vm.getProp(border, 'fault');
    if (spec.prelude !== '') {
      const made = this.#prelude(border);
      const alone = this.vm.typeof(made) === 'function';
      this.bind = alone ? made : this.vm.getProp(made, 'bind');
      if (!alone) this.aside = this.vm.getProp(made, 'aside');
    }
    this.#image = imageOf(new Uint8Array(memory.buffer, 0, endOfHeap(module)));
  }

  static async make(spec: EngineSpec, loading: Promise<LoadedEngine>): Promise<Engine> {
    const { memory, module } = await loading;
    return new Engine(spec, memory, module);
  }

  /**
   * Puts the engine's memory back: as it was when these very `files` had been loaded, if that was kept, and what their entry exports is
   * returned; else as it was made, and null. Handles that others took from the engine mean nothing any more.
   */
  admit(occupant: Occupant, files: PreparedFiles, entry: string): QuickJSHandle | null {
    const loaded = this.#kept?.files === files && this.#kept.entry === entry ? this.#kept : null;
    const memory = new Uint8Array(this.#memory.buffer);
    for (const { at, bytes } of loaded?.image ?? this.#image) memory.set(bytes, at);
    this.#occupant = occupant;
    return loaded?.exports ?? null;
  }

  /** The program has just been loaded, and nothing else has come of that: it can be had again as it is now. */
  keep(files: PreparedFiles, entry: string, exports: QuickJSHandle): void {
    const memory = new Uint8Array(this.#memory.buffer, 0, endOfHeap(this.#module));
    // The heap has grown upwards; data and stack are where they were.
    const last = this.#image.length - 1;
    const image = this.#image.map(({ at, bytes }, index) => ({
      at,
      bytes: memory.slice(at, index === last ? memory.length : at + bytes.length),
    }));
    this.#kept = { files, entry, exports, image };
  }

  /** The program is over; tells whether another one can have the engine: it cannot where there is less memory left than it is to have. */
  vacate(): boolean {
    this.#occupant = null;
    return !this.#spent && this.#memory.buffer.byteLength === INITIAL;
  }

  onLimit(): void {
    this.#spent = true;
  }

  /** Whether the memory has come to its end. */
  full(): boolean {
    return this.#memory.buffer.byteLength > INITIAL + this.spec.limits.memory - NEARLY;
  }

  #border(): QuickJSHandle {
    const { vm } = this;
    const hostCall = vm.newFunction('hostCall', (name, list) =>
      vm.newString(this.#occupant!.callHost(vm.getString(name), vm.getString(list))),
    );
    const print = vm.newFunction('print', (line) => this.#occupant?.print(vm.getString(line)));
    const make = vm.unwrapResult(vm.evalCode(BORDER, 'border.js'));
    return vm.unwrapResult(vm.callFunction(make, vm.undefined, hostCall, print));
  }

  #prelude(border: QuickJSHandle): QuickJSHandle {
    const { vm } = this;
    const make = vm.unwrapResult(vm.evalCode(this.spec.prelude, 'prelude.js'));
    const host = vm.newObject();
    const wrap = vm.getProp(border, 'host');
    for (const name of this.spec.host)
      vm.setProp(host, name, vm.unwrapResult(vm.callFunction(wrap, vm.undefined, vm.newString(name))));
    return vm.unwrapResult(vm.callFunction(make, vm.undefined, host, vm.global));
  }
}

/** Relative imports are names of the learner's other files. */
function resolveName(_from: string, wanted: string): string {
  return wanted.replace(/^\.\//, '');
}

/** A block larger than any that our own code makes the engine free. */
const LARGE = 2 ** 22;
/** As much without a single bit in it is the stack, between data and heap: while nothing runs, nothing there means anything. */
const GAP = 2 ** 20;

/** Where the part of the memory ends that has been given out: a large block comes from the untouched rest, whose start it takes. */
function endOfHeap(module: QuickJSWASMModule): number {
  const { _malloc: malloc, _free: free } = (
    module as unknown as { readonly module: { _malloc(bytes: number): number; _free(at: number): void } }
  ).module;
  const at = malloc(LARGE);
  assert(at > 0, 'the engine has no memory');
  free(at);
  return at;
}

/** All that a memory holds but its stack. */
function imageOf(memory: Uint8Array): Image {
  const parts: { at: number; bytes: Uint8Array }[] = [];
  const keep = (from: number, to: number) => parts.push({ at: from, bytes: memory.slice(from, to) });
  let start = 0;
  let end = 0;
  for (let page = 0; page < memory.length; page += PAGE) {
    const next = Math.min(page + PAGE, memory.length);
    if (isEmpty(memory.buffer, page)) continue;
    if (page - end >= GAP) {
      keep(start, end);
      start = page;
    }
    end = next;
  }
  keep(start, memory.length);
  return parts;
}

function isEmpty(memory: ArrayBufferLike, page: number): boolean {
  // Byte by byte it takes 40 ms.
  const words = new Uint32Array(memory, page, PAGE / 4);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}
