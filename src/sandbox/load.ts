/** Makes sandboxes: an engine as new for each program. */
import { Engine, type EngineSpec, type LoadedEngine, loadEngine, unreachable } from './engine.ts';
import { QuickJsSandbox } from './quickjsSandbox.ts';
import type { Import } from './stripTypes.ts';
import {
  DEFAULT_LIMITS,
  type PreparedFiles,
  type Problem,
  type SandboxFactory,
  type SandboxProgram,
  type Span,
} from './types.ts';

/** So many engines are kept that nobody uses: a session has one for the live code and one for its checks. */
const IDLE = 2;

/** What may be known before, each for speed alone. */
export interface Known {
  /**
   * Gives the WebAssembly.Module of the engine (`@jitl/quickjs-wasmfile-release-sync/wasm`): compiling it takes some ten milliseconds an engine.
   * Asked once, and again only after it has failed.
   */
  readonly compiled?: () => Promise<object>;
  /** Source → its code without types. */
  readonly stripped?: ReadonlyMap<string, string>;
}

/** A factory of sandboxes; the engine's WebAssembly is loaded from now on, and what takes types away when it is first needed. */
export async function loadSandbox({ compiled, stripped = new Map() }: Known = {}): Promise<SandboxFactory> {
  const preparation = remembering(stripped);
  const code = compiled === undefined ? undefined : once(compiled);
  const idle: Engine[] = [];
  let first: Promise<LoadedEngine> | null = loadEngine(DEFAULT_LIMITS, code);
  // Whoever needs an engine then loads one, and is told what is wrong.
  first.catch(() => {
    first = null;
  });
  const makeEngine = (spec: EngineSpec): Promise<Engine> => {
    const loaded = spec.limits.memory === DEFAULT_LIMITS.memory ? first : null;
    if (loaded !== null) first = null;
    return Engine.make(spec, loaded ?? loadEngine(spec.limits, code));
  };
  const engineFor = (spec: EngineSpec): Engine | Promise<Engine> => {
    const at = idle.findIndex((engine) => isSameSpec(engine.spec, spec));
    return at < 0 ? makeEngine(spec) : idle.splice(at, 1)[0]!;
  };
  return {
    async create(program) {
      const prepared = await preparation(program);
      if (!prepared.ok) return prepared;
      const { host = {}, prelude = '', entry } = program;
      const spec = { prelude, host: Object.keys(host), limits: { ...DEFAULT_LIMITS, ...program.limits } };
      const engine = await engineFor(spec);
      const sandbox = new QuickJsSandbox(engine, host, () => {
        if (!engine.vacate()) return;
        idle.push(engine);
        if (idle.length > IDLE) idle.shift();
      });
      const problem = sandbox.load(prepared, entry);
      if (problem === null) return { ok: true, sandbox };
      sandbox.dispose();
      return { ok: false, diagnostics: [problem] };
    },
  };
}

/** Whether two objects have the same keys, in the same order, with the same values. Long texts are compared soon where they are one and the same. */
function isSame(a: object, b: object): boolean {
  const [ours, theirs] = [Object.entries(a), Object.entries(b)];
  return (
    ours.length === theirs.length &&
    ours.every(([key, value], at) => theirs[at]![0] === key && theirs[at]![1] === value)
  );
}

function isSameSpec(a: EngineSpec, b: EngineSpec): boolean {
  return a.prelude === b.prelude && isSame(a.host, b.host) && isSame(a.limits, b.limits);
}

/** `get`, whose result is kept when there is one. */
function once<T>(get: () => Promise<T>): () => Promise<T> {
  let got: Promise<T> | null = null;
  return () => {
    got ??= get().catch((error: unknown) => {
      got = null;
      throw error;
    });
    return got;
  };
}

type Prepared =
  | ({ readonly ok: true } & PreparedFiles)
  | { readonly ok: false; readonly diagnostics: readonly Problem[] };

/** The programs prepared last: a session runs the same files once for each check. */
const KEPT = 8;

/** `prepare` that remembers what it did for the same files. */
function remembering(stripped: ReadonlyMap<string, string>): (program: SandboxProgram) => Promise<Prepared> {
  const kept: { readonly files: SandboxProgram['files']; readonly prepared: Prepared }[] = [];
  return async (program) => {
    const files = { ...program.files };
    const known = () => kept.find((one) => isSame(one.files, files))?.prepared;
    const before = known();
    if (before !== undefined) return before;
    const codes = Object.entries(program.files).map(
      ([name, source]) => [name, stripped.get(source)] as const,
    );
    const code = new Map(codes.filter((one): one is [string, string] => one[1] !== undefined));
    const prepared: Prepared =
      code.size === codes.length ? { ok: true, code, spans: new Map() } : await prepare(program);
    // Somebody else may have asked for the same meanwhile.
    const meanwhile = known();
    if (meanwhile !== undefined) return meanwhile;
    kept.push({ files, prepared });
    if (kept.length > KEPT) kept.shift();
    return prepared;
  };
}

/** All files without their types. */
async function prepare(program: SandboxProgram): Promise<Prepared> {
  const { stripTypes } = await import('./stripTypes.ts').catch((cause) => {
    throw unreachable('what reads your code', cause);
  });
  const code = new Map<string, string>();
  const spans = new Map<string, readonly Span[]>();
  const diagnostics: Problem[] = [];
  for (const [name, source] of Object.entries(program.files)) {
    const stripped = stripTypes(source, name);
    if (!stripped.ok) diagnostics.push(...stripped.problems);
    else {
      code.set(name, stripped.code);
      spans.set(name, stripped.spans);
      diagnostics.push(...foreignImports(stripped.imports, name, program.files));
    }
  }
  return diagnostics.length > 0 ? { ok: false, diagnostics } : { ok: true, code, spans };
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
