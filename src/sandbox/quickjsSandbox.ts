/** One learner's program in a QuickJS engine of its own. */
import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { assert, isOsError } from '../base/index.ts';
import { thrownError } from './errors.ts';
import { BORDER } from './prelude.ts';
import type {
  CallResult,
  HostFunctions,
  Json,
  Problem,
  Sandbox,
  SandboxError,
  SandboxLimits,
  SandboxProgram,
} from './types.ts';

/** Deeper recursion fails in QuickJS itself; with a larger stack it would fail in the host's (measured). */
const STACK = 64 * 1024;

const NO_END =
  'it does not come to an end: stopped after about three million steps. Look for a loop whose condition never changes';

/** What promises may do after a call, before they count as having no end. */
const MOST_JOBS = 1000;

/** The engine that a program runs in, together with others. */
export interface Engine {
  /** Called whenever the program has met one of its limits. */
  onLimit(): void;
  /** Whether its memory has come to its end. */
  full(): boolean;
}

export class QuickJsSandbox implements Sandbox {
  readonly #runtime: QuickJSRuntime;
  readonly #vm: QuickJSContext;
  readonly #limits: SandboxLimits;
  readonly #engine: Engine;
  readonly #handles: QuickJSHandle[] = [];
  #host: HostFunctions;
  readonly #names = new Map<string, QuickJSHandle>();
  #border!: QuickJSHandle;
  #call!: QuickJSHandle;
  #exports: QuickJSHandle | null = null;
  #bind: QuickJSHandle | null = null;
  #interrupts = 0;
  #output: string[] = [];
  #outputBytes = 0;
  #outputFull = false;

  constructor(module: QuickJSWASMModule, program: SandboxProgram, limits: SandboxLimits, engine: Engine) {
    this.#limits = limits;
    this.#engine = engine;
    this.#host = program.host ?? {};
    this.#runtime = module.newRuntime();
    this.#runtime.setMemoryLimit(limits.memory);
    this.#runtime.setMaxStackSize(STACK);
    this.#runtime.setInterruptHandler(() => this.#outputFull || ++this.#interrupts > limits.budget);
    this.#vm = this.#runtime.newContext();
    this.#setUp(program);
  }

  /** Runs the program's top level; returns what went wrong there. */
  load(files: ReadonlyMap<string, string>, entry: string): Problem | null {
    this.#runtime.setModuleLoader(
      (name) => files.get(name) ?? { error: new Error(`there is no file ${name}`) },
      resolveName,
    );
    this.#begin();
    const result = this.#vm.evalCode(files.get(entry) ?? '', entry, { type: 'module' });
    if (result.error) {
      const error = this.#failure(result.error);
      return {
        file: error.file ?? entry,
        line: error.line ?? 1,
        column: error.column ?? 1,
        message: error.message,
      };
    }
    this.#exports = this.#keep(result.value);
    const error = this.#settle();
    return error === null
      ? null
      : {
          file: error.file ?? entry,
          line: error.line ?? 1,
          column: error.column ?? 1,
          message: error.message,
        };
  }

  call(name: string, args: readonly Json[]): CallResult {
    this.#begin();
    const { undefined: nothing } = this.#vm;
    const argumentsHandle = this.#vm.newString(JSON.stringify(args));
    const result = this.#vm.callFunction(
      this.#call,
      nothing,
      this.#exports ?? nothing,
      this.#name(name),
      this.#bind ?? nothing,
      argumentsHandle,
    );
    argumentsHandle.dispose();
    const output = this.#output;
    if (this.#outputFull) {
      (result.error ?? result.value).dispose();
      return { ok: false, error: this.#outputError(), output };
    }
    if (result.error) return { ok: false, error: this.#failure(result.error), output };
    const answer = this.#vm.getString(result.value);
    result.value.dispose();
    const unsettled = this.#settle();
    const given = this.#read(answer, name, output);
    // What the call itself did wrong comes first: an async function is told to be none.
    return unsettled === null || !given.ok ? given : { ok: false, error: unsettled, output };
  }

  /** A function's name as the engine has it. */
  #name(name: string): QuickJSHandle {
    let handle = this.#names.get(name);
    if (handle === undefined) {
      handle = this.#keep(this.#vm.newString(name));
      this.#names.set(name, handle);
    }
    return handle;
  }

  /** Lets promises do what they have left for later, within the call's own budget; what goes wrong in that, or that it has no end. */
  #settle(): SandboxError | null {
    if (!this.#runtime.hasPendingJob()) return null;
    const done = this.#runtime.executePendingJobs(MOST_JOBS);
    if (done.error) return this.#failure(done.error);
    done.dispose();
    // A promise keeps to itself that what it did was interrupted.
    const interrupted = this.#interrupts > this.#limits.budget;
    if (!interrupted && !this.#runtime.hasPendingJob()) return null;
    this.#engine.onLimit();
    if (interrupted) return { kind: 'budget', message: NO_END };
    return {
      kind: 'budget',
      message: 'its promises never come to an end: each one starts another. Write it without promises',
    };
  }

  bindHost(host: HostFunctions): void {
    this.#host = host;
  }

  dispose(): void {
    for (const handle of this.#handles.splice(0).reverse()) handle.dispose();
    this.#vm.dispose();
    this.#runtime.dispose();
  }

  #setUp(program: SandboxProgram): void {
    const vm = this.#vm;
    const hostCall = this.#keep(
      vm.newFunction('hostCall', (name, list) =>
        vm.newString(this.#callHost(vm.getString(name), vm.getString(list))),
      ),
    );
    const print = this.#keep(vm.newFunction('print', (line) => this.#print(vm.getString(line))));
    const make = this.#evaluate(BORDER, 'border.js');
    this.#border = this.#keep(vm.unwrapResult(vm.callFunction(make, vm.undefined, hostCall, print)));
    this.#call = this.#keep(vm.getProp(this.#border, 'call'));
    if (program.prelude === undefined) return;
    const prelude = this.#evaluate(program.prelude, 'prelude.js');
    const host = this.#keep(vm.newObject());
    const wrap = this.#keep(vm.getProp(this.#border, 'host'));
    for (const name of Object.keys(program.host ?? {})) {
      const nameHandle = vm.newString(name);
      const wrapped = vm.unwrapResult(vm.callFunction(wrap, vm.undefined, nameHandle));
      vm.setProp(host, name, wrapped);
      nameHandle.dispose();
      wrapped.dispose();
    }
    this.#bind = this.#keep(vm.unwrapResult(vm.callFunction(prelude, vm.undefined, host, vm.global)));
  }

  #evaluate(source: string, name: string): QuickJSHandle {
    return this.#keep(this.#vm.unwrapResult(this.#vm.evalCode(source, name)));
  }

  #keep(handle: QuickJSHandle): QuickJSHandle {
    this.#handles.push(handle);
    return handle;
  }

  #begin(): void {
    this.#interrupts = 0;
    this.#output = [];
    this.#outputBytes = 0;
    this.#outputFull = false;
  }

  #print(line: string): void {
    if (this.#outputFull) return;
    this.#outputBytes += line.length + 1;
    if (this.#output.length >= this.#limits.outputLines || this.#outputBytes > this.#limits.outputBytes) {
      this.#outputFull = true;
      return;
    }
    this.#output.push(line);
  }

  #callHost(name: string, list: string): string {
    const host = this.#host[name];
    assert(host !== undefined, `no host function ${name}`);
    try {
      return JSON.stringify({ ok: true, value: host(...(JSON.parse(list) as Json[])) });
    } catch (error) {
      if (!isOsError(error)) throw error;
      return JSON.stringify({ ok: false, code: error.code, message: error.message });
    }
  }

  #read(answer: string, name: string, output: readonly string[]): CallResult {
    const rest = answer.slice(1);
    switch (answer[0]) {
      case 'V':
        return { ok: true, value: JSON.parse(rest) as Json, output };
      case 'M':
        return {
          ok: false,
          error: { kind: 'missing', message: `the file exports no function ${name}` },
          output,
        };
      case 'E':
        // With no memory left for an error, the engine throws a null of its own.
        if (this.#engine.full()) return { ok: false, error: this.#memoryError(), output };
        return { ok: false, error: { kind: 'thrown', message: JSON.parse(rest) as string }, output };
      default: {
        const [errorName, message, stack, code] = JSON.parse(rest) as [string, string, string, string];
        if (answer[0] === 'R') return { ok: false, error: { kind: 'result', message }, output };
        const error = thrownError(errorName, message, stack, this.#limits);
        if (error.kind !== 'thrown') this.#engine.onLimit();
        return { ok: false, error: { ...error, ...(code !== '' && { code }) }, output };
      }
    }
  }

  /** An error that no catch of the learner's could stop, or that the top level threw. */
  #failure(handle: QuickJSHandle): SandboxError {
    if (this.#outputFull) {
      handle.dispose();
      return this.#outputError();
    }
    const fault = this.#vm.getProp(this.#border, 'fault');
    const interrupted = this.#interrupts > this.#limits.budget;
    // Reading the error must not be interrupted again.
    this.#interrupts = 0;
    const shown = this.#vm.callFunction(fault, this.#vm.undefined, handle);
    fault.dispose();
    handle.dispose();
    if (shown.error) {
      shown.error.dispose();
      return this.#memoryError();
    }
    const answer = this.#vm.getString(shown.value);
    shown.value.dispose();
    const result = this.#read(answer, '', []);
    assert(!result.ok, 'a fault is no value');
    if (!interrupted) return result.error;
    this.#engine.onLimit();
    const { file, line, column } = result.error;
    return {
      kind: 'budget',
      message: NO_END,
      ...(file !== undefined && { file, line: line!, column: column! }),
    };
  }

  #memoryError(): SandboxError {
    this.#engine.onLimit();
    return { kind: 'memory', message: `it needs more than ${this.#limits.memory >> 20} MB of memory` };
  }

  #outputError(): SandboxError {
    this.#engine.onLimit();
    return {
      kind: 'output',
      message: `it printed more than ${this.#limits.outputLines} lines or ${this.#limits.outputBytes >> 10} KB; the rest was dropped and the run stopped`,
    };
  }
}

/** Relative imports are names of the learner's other files. */
function resolveName(_from: string, wanted: string): string {
  return wanted.replace(/^\.\//, '');
}
