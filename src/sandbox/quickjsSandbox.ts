/** One learner's program in a QuickJS engine of its own. */
import type { QuickJSHandle } from 'quickjs-emscripten-core';
import { assert, isOsError } from '../base/index.ts';
import type { Engine } from './engine.ts';
import { thrownError } from './errors.ts';
import { runningLoops, runningText } from './loops.ts';
import type {
  Call,
  CallResult,
  HostFunctions,
  Json,
  PreparedFiles,
  Problem,
  Sandbox,
  SandboxError,
  SandboxLimits,
  Spans,
} from './types.ts';

const NO_END =
  'it does not come to an end: stopped after about three million steps. Look for a loop whose condition never changes';

/** What promises may do after a call, before they count as having no end. */
const MOST_JOBS = 1000;

type Outcome =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: SandboxError };

const isLimit = ({ kind }: SandboxError) => kind !== 'thrown' && kind !== 'result' && kind !== 'missing';

export class QuickJsSandbox implements Sandbox {
  readonly #engine: Engine;
  readonly #limits: SandboxLimits;
  readonly #onEnd: () => void;
  #host: HostFunctions;
  #exports: QuickJSHandle | null = null;
  #interrupts = 0;
  #output: string[] = [];
  #outputBytes = 0;
  #outputFull = false;
  #disposed = false;
  #askedHost = false;
  #spans: Spans = new Map();

  /** Takes the engine until it is disposed of; `onEnd` is called then. */
  constructor(engine: Engine, host: HostFunctions, onEnd: () => void) {
    this.#engine = engine;
    this.#limits = engine.spec.limits;
    this.#host = host;
    this.#onEnd = onEnd;
  }

  /** Runs the program's top level, unless the engine still knows what came of that; returns what went wrong there. */
  load(prepared: PreparedFiles, entry: string): Problem | null {
    this.#begin();
    const { code: files, spans } = prepared;
    this.#spans = spans;
    const engine = this.#engine;
    const occupant = {
      files,
      callHost: (name: string, list: string) => this.#callHost(name, list),
      print: (line: string) => this.#print(line),
      interrupt: () => this.#outputFull || ++this.#interrupts > this.#limits.budget,
    };
    this.#exports = engine.admit(occupant, prepared, entry);
    if (this.#exports !== null) return null;
    const result = engine.vm.evalCode(files.get(entry) ?? '', entry, { type: 'module' });
    if (!result.error) this.#exports = result.value;
    const error = result.error ? this.#failure(result.error) : this.#settle();
    if (error !== null)
      return {
        file: error.file ?? entry,
        line: error.line ?? 1,
        column: error.column ?? 1,
        message: error.message,
      };
    // What a host was asked may have another answer the next time.
    if (this.#exports !== null && !this.#askedHost) engine.keep(prepared, entry, this.#exports);
    return null;
  }

  call(name: string, args: readonly Json[]): CallResult {
    const answers = this.#run([{ name, args }]);
    const output = this.#output;
    if (typeof answers !== 'string') return { ok: false, error: answers, output };
    const unsettled = this.#settle();
    const given = this.#read(answers.split('\n'), 0, name);
    // What the call itself did wrong comes first: an async function is told to be none.
    return unsettled === null || !given.ok ? given : { ok: false, error: unsettled, output };
  }

  callAll(calls: readonly Call[]): readonly CallResult[] | null {
    const answers = this.#run(calls);
    if (typeof answers !== 'string' || this.#output.length > 0 || this.#engine.runtime.hasPendingJob())
      return null;
    const lines = answers.split('\n');
    const results = calls.map(({ name }, index) => this.#read(lines, index, name));
    return results.some((result) => !result.ok && isLimit(result.error)) ? null : results;
  }

  /** The border's answers, or the error that no catch of the learner's could stop. */
  #run(calls: readonly Call[]): string | SandboxError {
    assert(!this.#disposed, 'a sandbox was called after its end: the engine may have another program now');
    this.#begin();
    const { vm, call, bind, aside } = this.#engine;
    const text = vm.newString(JSON.stringify(calls));
    const { undefined: none } = vm;
    const result = vm.callFunction(call, none, this.#exports ?? none, bind ?? none, aside ?? none, text);
    text.dispose();
    if (this.#outputFull) {
      (result.error ?? result.value).dispose();
      return this.#outputError();
    }
    if (result.error) return this.#failure(result.error);
    const answers = vm.getString(result.value);
    result.value.dispose();
    return answers;
  }

  /** Lets promises do what they have left for later, within the call's own budget; what goes wrong in that, or that it has no end. */
  #settle(): SandboxError | null {
    const { runtime } = this.#engine;
    if (!runtime.hasPendingJob()) return null;
    const done = runtime.executePendingJobs(MOST_JOBS);
    if (done.error) return this.#failure(done.error);
    done.dispose();
    // A promise keeps to itself that what it did was interrupted.
    const interrupted = this.#interrupts > this.#limits.budget;
    if (!interrupted && !runtime.hasPendingJob()) return null;
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
    if (this.#disposed) return;
    this.#disposed = true;
    this.#onEnd();
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
    this.#askedHost = true;
    try {
      return JSON.stringify({ ok: true, value: host(...(JSON.parse(list) as Json[])) });
    } catch (error) {
      if (!isOsError(error)) throw error;
      return JSON.stringify({ ok: false, code: error.code, message: error.message });
    }
  }

  /** The result of one call from the border's lines: one for each, or two where there is an aside. */
  #read(lines: readonly string[], index: number, name: string): CallResult {
    const output = this.#output;
    if (this.#engine.aside === null) return { ...this.#outcome(lines[index]!, name), output };
    const aside = lines[2 * index + 1]!;
    return {
      ...this.#outcome(lines[2 * index]!, name),
      output,
      aside: aside === '[]' ? [] : (JSON.parse(aside) as Json),
    };
  }

  #outcome(answer: string, name: string): Outcome {
    const rest = answer.slice(1);
    switch (answer[0]) {
      case 'V':
        return { ok: true, value: JSON.parse(rest) as Json };
      case 'M':
        return { ok: false, error: { kind: 'missing', message: `the file exports no function ${name}` } };
      case 'E':
        // With no memory left for an error, the engine throws a null of its own.
        if (this.#engine.full()) return { ok: false, error: this.#memoryError() };
        return { ok: false, error: { kind: 'thrown', message: JSON.parse(rest) as string } };
      default: {
        const [errorName, message, stack, code] = JSON.parse(rest) as [string, string, string, string];
        if (answer[0] === 'R') return { ok: false, error: { kind: 'result', message } };
        const error = thrownError(errorName, message, stack, this.#limits);
        if (error.kind !== 'thrown') this.#engine.onLimit();
        return { ok: false, error: { ...error, ...(code !== '' && { code }) } };
      }
    }
  }

  /** An error that no catch of the learner's could stop, or that the top level threw. */
  #failure(handle: QuickJSHandle): SandboxError {
    if (this.#outputFull) {
      handle.dispose();
      return this.#outputError();
    }
    const { vm, fault } = this.#engine;
    const interrupted = this.#interrupts > this.#limits.budget;
    // Reading the error must not be interrupted again.
    this.#interrupts = 0;
    const shown = vm.callFunction(fault, vm.undefined, handle);
    handle.dispose();
    if (shown.error) {
      shown.error.dispose();
      return this.#memoryError();
    }
    const answer = vm.getString(shown.value);
    shown.value.dispose();
    const result = this.#outcome(answer, '');
    assert(!result.ok, 'a fault is no value');
    if (!interrupted) return result.error;
    this.#engine.onLimit();
    return this.#endless(result.error, answer);
  }

  /** The place is that of the innermost loop that was running; of what the engine knows, where there was none. */
  #endless({ file, line, column }: SandboxError, answer: string): SandboxError {
    const [, , stack] = JSON.parse(answer.slice(1)) as readonly string[];
    const loops = runningLoops(stack ?? '', this.#spans);
    const message = NO_END + runningText(loops, this.#spans.size);
    const [first] = loops;
    if (first !== undefined) return { kind: 'budget', message, file: first.file, ...first.places[0]! };
    return { kind: 'budget', message, ...(file !== undefined && { file, line: line!, column: column! }) };
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
