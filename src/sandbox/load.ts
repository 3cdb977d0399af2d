/** Loads the engine's WebAssembly, and makes a fresh engine for each program. */
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

/**
 * A factory of sandboxes. `compiled` is the WebAssembly.Module of the engine (`@jitl/quickjs-wasmfile-release-sync/wasm`) where the
 * caller has it: compiling it once spares some ten milliseconds a program.
 */
export async function loadSandbox(compiled?: object): Promise<SandboxFactory> {
  const variant =
    compiled === undefined ? releaseSync : newVariant(releaseSync, { wasmModule: compiled as never });
  const engine = () => newQuickJSWASMModuleFromVariant(variant);
  let next = engine();
  return {
    async create(program) {
      const prepared = prepare(program);
      if (!prepared.ok) return prepared;
      const module = await next;
      next = engine();
      return start(
        program,
        prepared.code,
        new QuickJsSandbox(module, program, { ...DEFAULT_LIMITS, ...program.limits }),
      );
    },
  };
}

type Prepared =
  | { readonly ok: true; readonly code: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly diagnostics: readonly Problem[] };

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
