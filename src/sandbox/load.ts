/** Loads the engine's WebAssembly, and makes sandboxes: a runtime and context of its own for each program. */
import releaseSync from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core';
import { QuickJsSandbox } from './quickjsSandbox.ts';
import { type Import, stripTypes } from './stripTypes.ts';
import {
  DEFAULT_LIMITS,
  type Problem,
  type SandboxFactory,
  type SandboxProgram,
  type SandboxResult,
} from './types.ts';

/** What is used here of WebAssembly's interface: kernel rooms compile without its types. */
interface EngineMemory {
  readonly buffer: { readonly byteLength: number };
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
/** Bytes at its end. */
const MOST = INITIAL + DEFAULT_LIMITS.memory;
/** So near to its end no error can be made any more. */
const NEARLY = 2 ** 20;

/**
 * A factory of sandboxes. `compiled` is the WebAssembly.Module of the engine (`@jitl/quickjs-wasmfile-release-sync/wasm`) where the
 * caller has it: compiling it once spares some ten milliseconds a program.
 */
export async function loadSandbox(compiled?: object): Promise<SandboxFactory> {
  // The engine's own limit counts how much is allocated, not how large it is (measured: 2 GB of typed arrays went through): its memory ends.
  const engine = () => {
    const memory = new Memory({
      initial: INITIAL / PAGE,
      maximum: MOST / PAGE,
    });
    const variant = newVariant(releaseSync, {
      wasmMemory: memory as never,
      ...(compiled !== undefined && { wasmModule: compiled as never }),
    });
    return { memory, module: newQuickJSWASMModuleFromVariant(variant) };
  };
  const preparation = remembering();
  // Programs share an engine's memory, never a runtime. After a program has met one of its limits (memory, depth, steps, output) the engine
  // is not trusted any more: later programs get a new one. So they do when one has grown, for each is to have all that it may have.
  let current = engine();
  return {
    async create(program) {
      const prepared = preparation(program);
      if (!prepared.ok) return prepared;
      const limits = { ...DEFAULT_LIMITS, ...program.limits };
      if (current.memory.buffer.byteLength > INITIAL) current = engine();
      const { memory, module } = current;
      const here = {
        onLimit: () => {
          current = engine();
        },
        full: () => memory.buffer.byteLength > MOST - NEARLY,
      };
      return start(program, prepared.code, new QuickJsSandbox(await module, program, limits, here));
    },
  };
}

type Prepared =
  | { readonly ok: true; readonly code: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly diagnostics: readonly Problem[] };

/** The programs prepared last: a session runs the same files once for each check. */
const KEPT = 8;

/** `prepare` that remembers what it did for the same files. */
function remembering(): (program: SandboxProgram) => Prepared {
  const kept = new Map<string, Prepared>();
  return (program) => {
    const key = JSON.stringify(program.files);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const prepared = prepare(program);
    for (const oldest of [...kept.keys()].slice(0, kept.size + 1 - KEPT)) kept.delete(oldest);
    kept.set(key, prepared);
    return prepared;
  };
}

/** All files without their types. */
function prepare(program: SandboxProgram): Prepared {
  const code = new Map<string, string>();
  const diagnostics: Problem[] = [];
  for (const [name, source] of Object.entries(program.files)) {
    const stripped = stripTypes(source, name);
    if (!stripped.ok) diagnostics.push(...stripped.problems);
    else {
      code.set(name, stripped.code);
      diagnostics.push(...foreignImports(stripped.imports, name, program.files));
    }
  }
  return diagnostics.length > 0 ? { ok: false, diagnostics } : { ok: true, code };
}

/** Imports of what is none of the learner's files. */
function foreignImports(imports: readonly Import[], file: string, files: SandboxProgram['files']): Problem[] {
  const others = Object.keys(files).map((name) => `./${name}`);
  return imports
    .filter(({ from }) => !others.includes(from))
    .map(({ from, line, column }) => ({
      file,
      line,
      column,
      message: `cannot import ${from}: only the exercise's own files can be imported (${others.join(', ')})`,
    }));
}

function start(
  program: SandboxProgram,
  code: ReadonlyMap<string, string>,
  sandbox: QuickJsSandbox,
): SandboxResult {
  const problem = sandbox.load(code, program.entry);
  if (problem === null) return { ok: true, sandbox };
  sandbox.dispose();
  return { ok: false, diagnostics: [problem] };
}
