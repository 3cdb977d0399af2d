/** The checks: the learner's functions on worked examples, on all that a call can meet and on random cases, held against the reference. */
import {
  type CallResult,
  type Check,
  CodeFailure,
  explained,
  type Feedback,
  type Json,
  type Random,
  type Sandbox,
  shrinkList,
  type Verdict,
} from '../../../src/exercise/index.ts';
import { wrongEntry, wrongNames } from './answers.ts';
import type { Entry, Errno } from './api.d.ts';
import { type Case, EXAMPLES, layersOf } from './cases.ts';
import type { MemoryLayer } from './layers.ts';
import { applyChanges, forgetTold, stackInMemory } from './prelude.ts';
import { randomCase } from './randomCases.ts';
import {
  type Call,
  type CallName,
  type Expected,
  expect,
  type Seen,
  type View,
  viewOf,
} from './reference.ts';
import { situationCases } from './situations.ts';

/** Random cases for each check, after what is gone through; every one is three to five calls. */
const RANDOM_CASES = 2;
/** Of all that calls can meet, and of the worked examples, so much is gone through where every function has had its own check. */
const SOME_SITUATIONS = 40;
const SOME_EXAMPLES = 1;
/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

type Outcome = Expected['outcome'] | { readonly unknownError: string };

/** One thing that went wrong, at call `step` of a case. */
interface Fault {
  readonly step: number;
  readonly expected: string;
  readonly actual: string;
  /** Where the usual sentence does not fit. */
  readonly summary?: string;
  readonly before: readonly MemoryLayer[];
  readonly after: readonly MemoryLayer[];
  readonly where?: Feedback['where'];
  readonly printed?: Feedback['printed'];
}

const errnos: readonly string[] = [
  'ENOENT',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'ENOTEMPTY',
  'EXDEV',
] satisfies Errno[];

export function callText(call: Call): string {
  return call.name === 'rename' ? `rename(${call.path}, ${call.to})` : `${call.name}(${call.path})`;
}

function entryText(entry: Seen | null): string {
  if (entry === null) return 'nothing';
  const mode = `0o${entry.mode.toString(8)}`;
  return entry.kind === 'dir'
    ? `a directory, mode ${mode}`
    : `a file with ${JSON.stringify(entry.content)}, mode ${mode}`;
}

function outcomeText(outcome: Outcome, call: Call): string {
  if ('unknownError' in outcome) return outcome.unknownError;
  if ('error' in outcome) return `the error ${outcome.error}`;
  if (call.name === 'lookup') return entryText(outcome.value as Seen | null);
  return call.name === 'readdir'
    ? `the names ${(outcome.value as readonly string[]).join(', ') || '(none)'}`
    : 'success';
}

/** Layers as a small table, one line a layer. */
function layersText(layers: readonly MemoryLayer[]): string {
  const label = (index: number) => (index === 0 ? 'upper  ' : `lower ${index}`);
  const show = ([path, entry]: readonly [string, Entry]) => {
    if (entry.kind === 'whiteout') return `${path} (whiteout)`;
    return entry.kind === 'dir' ? `${path}/${entry.opaque ? ' (opaque)' : ''}` : path;
  };
  return layers
    .map((layer, index) => {
      const entries = [...layer.entries]
        .filter(([path]) => path !== '/')
        .sort(([a], [b]) => (a < b ? -1 : 1));
      return `${label(index)}  ${entries.map(show).join('  ') || '(empty)'}`;
    })
    .join('\n');
}

interface Answer {
  readonly outcome: Outcome;
  readonly where?: Feedback['where'];
  readonly printed?: Feedback['printed'];
}

function argumentsOf(call: Call, stack: Json): Json[] {
  return call.name === 'rename' ? [stack, call.path, call.to] : [stack, call.path];
}

/** What a function gave, where it gives anything: `lookup` an entry or null, `readdir` names. */
function outcomeOf(value: Json, call: Call): Outcome {
  if (call.name !== 'lookup' && call.name !== 'readdir') return { value: null };
  const wrong = call.name === 'lookup' ? wrongEntry(value) : wrongNames(value);
  if (wrong !== null) return { unknownError: wrong };
  return { value: call.name === 'lookup' ? (value as Seen | null) : [...(value as string[])].sort() };
}

/** What the learner's function answered. An error of the system's kind is an outcome, any other ends the check. */
function answerOf(result: CallResult, call: Call): Answer {
  const printed = result.output.length > 0 ? { printed: result.output.slice(-PRINTED_LINES) } : {};
  if (result.ok) return { outcome: outcomeOf(result.value ?? null, call), ...printed };
  const { error } = result;
  const where =
    error.file === undefined
      ? {}
      : { where: { file: error.file, line: error.line ?? 1, column: error.column ?? 1 } };
  if (error.kind !== 'thrown') throw new CodeFailure(error, `In ${callText(call)}`, result.output);
  if (error.code === undefined) return { outcome: { unknownError: error.message }, ...where, ...printed };
  // A message longer than the bare code comes from a layer that refused a change.
  const plain = errnos.includes(error.code) && error.message.endsWith(`: ${error.code}`);
  const outcome: Outcome = plain
    ? { error: error.code as Errno }
    : { unknownError: `ended in: ${error.message}` };
  return { outcome, ...where, ...printed };
}

/**
 * Calls the learner's functions for the calls of a case, in turn: each next one makes its changes to `layers` and gives its answer. All are
 * asked for at once, and one by one only where something has to be known of the single call.
 */
function* answersTo(
  code: Sandbox,
  layers: readonly MemoryLayer[],
  calls: readonly Call[],
): Generator<Answer & { readonly changed: boolean; readonly intoLower: boolean }> {
  const stack = stackInMemory(code, layers);
  const all = code.callAll(
    calls.map((call, step) => ({
      name: call.name,
      args: argumentsOf(call, step === 0 ? stack : stackInMemory(code, layers)),
    })),
  );
  if (all === null) forgetTold(code);
  for (const [step, call] of calls.entries()) {
    const result = all?.[step] ?? code.call(call.name, argumentsOf(call, stackInMemory(code, layers)));
    const changed = applyChanges(layers, result.aside ?? []);
    yield { ...answerOf(result, call), ...changed };
  }
}

function sameEntry(a: Seen | null | undefined, b: Seen | null | undefined): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (a.kind !== b.kind || a.mode !== b.mode) return false;
  return a.kind === 'dir' || a.content === (b as typeof a).content;
}

function isRight({ outcome: expected, errors }: Expected, actual: Outcome, call: Call): boolean {
  if ('error' in expected || !('value' in actual))
    return 'error' in actual && errors.some((error) => error === actual.error);
  if (call.name === 'lookup') return sameEntry(expected.value as Seen | null, actual.value as Seen | null);
  return JSON.stringify(expected.value) === JSON.stringify(actual.value);
}

/** The first path, in order, at which two views differ. */
function difference(expected: View, actual: View): string | null {
  if (expected === actual) return null;
  const different: string[] = [];
  for (const [path, entry] of expected) if (!sameEntry(entry, actual.get(path))) different.push(path);
  for (const path of actual.keys()) if (!expected.has(path)) different.push(path);
  return different.sort()[0] ?? null;
}

const copyOf = (layers: readonly MemoryLayer[]) =>
  layersOf({ layers: layers.map((layer) => [...layer.entries]), calls: [] });

/** Runs the calls of a case by the learner's code; the first fault, or null. */
function firstFault(code: Sandbox, tried: Case): Fault | null {
  const [upper, ...lowers] = layersOf(tried) as [MemoryLayer, ...MemoryLayer[]];
  const image = viewOf(lowers);
  // Changes to lower layers have a check of their own: here the lower layers count as they were.
  const layers = [upper, ...copyOf(lowers)];
  let view: View = viewOf([upper], image);
  const answers = answersTo(code, layers, tried.calls);
  for (const [step, call] of tried.calls.entries()) {
    const expected = expect([upper, ...lowers], call, view);
    const entries = [...upper.entries];
    const { outcome, changed, intoLower, ...place } = answers.next().value!;
    const fault = () => ({
      ...{ step, after: layers, ...place },
      before: [...layersOf({ layers: [entries], calls: [] }), ...lowers],
    });
    if (!isRight(expected, outcome, call)) {
      return {
        ...fault(),
        expected: outcomeText(expected.outcome, call),
        actual: outcomeText(outcome, call),
      };
    }
    const seen = changed ? viewOf([upper], image) : view;
    view = seen;
    const path = difference(expected.view, seen);
    if (path !== null) {
      const wanted = entryText(expected.view.get(path) ?? null);
      const found = entryText(seen.get(path) ?? null);
      return {
        ...fault(),
        expected: `${path} to be ${wanted}`,
        actual: `it is ${found}`,
        summary: `After ${callText(call)}, ${path} should be ${wanted}, but it is ${found}.`,
      };
    }
    if (intoLower) layers.splice(1, lowers.length, ...copyOf(lowers));
  }
  return null;
}

/** A smaller case that still shows a fault: fewer calls, then fewer entries. */
function shrinkCase(tried: Case, fails: (smaller: Case) => boolean): Case {
  const calls = shrinkList(
    tried.calls,
    (shorter) => shorter.length > 0 && fails({ ...tried, calls: shorter }),
  );
  let smaller: Case = { ...tried, calls };
  for (const [index, entries] of tried.layers.entries()) {
    const withEntries = (kept: Case['layers'][number]): Case => ({
      ...smaller,
      layers: smaller.layers.map((layer, i) => (i === index ? kept : layer)),
    });
    const kept = shrinkList(entries, (shorter) => isTree(shorter) && fails(withEntries(shorter)), 60);
    smaller = withEntries(kept);
  }
  return smaller;
}

/** Every entry has its directory in the same layer. */
function isTree(entries: Case['layers'][number]): boolean {
  const dirs = new Set(['', ...entries.filter(([, entry]) => entry.kind === 'dir').map(([path]) => path)]);
  return entries.every(([path]) => dirs.has(path.slice(0, path.lastIndexOf('/'))));
}

/** What happened as the end of a sentence: "threw …" and "it is …" have their verb, values have not. */
function verbed(actual: string): string {
  return /^(it|threw|gave|ended in)\b/.test(actual) ? actual : `gave ${actual}`;
}

function fail(tried: Case, fault: Fault, about: { misconception: string; next: string }): Verdict {
  const call = tried.calls[fault.step]!;
  const steps = tried.calls.slice(0, fault.step + 1).map(callText);
  return {
    passed: false,
    feedback: {
      summary:
        fault.summary ?? `${callText(call)} should give ${fault.expected}, but ${verbed(fault.actual)}.`,
      expected: fault.expected,
      actual: fault.actual,
      counterexample: { steps, before: layersText(fault.before), after: layersText(fault.after) },
      ...(fault.where !== undefined && { where: fault.where }),
      ...(fault.printed !== undefined && { printed: fault.printed }),
      ...explained(fault.actual, about),
    },
  };
}

/** All cases of a check, the worked examples first; of these and of what is gone through only so much, if so. */
function* casesFor(
  names: readonly CallName[],
  random: Random,
  most: { readonly examples?: number; readonly situations?: number } = {},
): Generator<Case> {
  for (const name of names) yield* EXAMPLES[name].slice(0, most.examples);
  yield* situationCases(random, names, most.situations);
  for (let i = 0; i < RANDOM_CASES; i++) yield randomCase(random, names);
}

interface FunctionCheck {
  readonly name: CallName;
  readonly title: string;
  readonly points: number;
  readonly misconception: string;
  readonly next: string;
}

/** A check of one function by itself. */
export function functionCheck({ name, title, points, ...about }: FunctionCheck): Check {
  return {
    id: name,
    title,
    points,
    run({ code, random }) {
      for (const tried of casesFor([name], random)) {
        const fault = firstFault(code, tried);
        if (fault === null) continue;
        const smaller = shrinkCase(tried, (candidate) => firstFault(code, candidate) !== null);
        // Code that keeps something between its calls may do right when it is asked again.
        const again = firstFault(code, smaller);
        return again === null ? fail(tried, fault, about) : fail(smaller, again, about);
      }
      return { passed: true };
    },
  };
}

/** The first lower layer that a case's calls change, or null. */
function changedLower(code: Sandbox, tried: Case): { step: number; index: number; path: string } | null {
  const layers = layersOf(tried);
  const answers = answersTo(code, layers, tried.calls);
  for (const step of tried.calls.keys()) {
    if (!answers.next().value!.intoLower) continue;
    for (const [index, entries] of tried.layers.entries()) {
      if (index === 0) continue;
      const path = difference(asView(layersOf({ layers: [entries], calls: [] })[0]!), asView(layers[index]!));
      if (path !== null) return { step, index, path };
    }
  }
  return null;
}

/** A layer by itself, whiteouts as files of a kind. */
function asView(layer: MemoryLayer): View {
  return new Map(
    [...layer.entries].map(([path, entry]) => [
      path,
      entry.kind === 'whiteout'
        ? { kind: 'file', content: 'whiteout', mode: -1 }
        : { ...entry, mode: entry.mode + ('opaque' in entry ? 0o1000000 : 0) },
    ]),
  );
}

/** All six functions in turn: whatever they do, the image's layers stay, and so what a second container sees. */
export const lowersCheck: Check = {
  id: 'lowers',
  title: 'Lower layers never change, so a second container never sees it',
  points: 10,
  run({ code, random }) {
    const names: readonly CallName[] = ['openForWrite', 'unlink', 'rename', 'mkdir', 'lookup', 'readdir'];
    const most = { examples: SOME_EXAMPLES, situations: SOME_SITUATIONS };
    for (const tried of casesFor(names, random, most)) {
      const found = changedLower(code, tried);
      if (found === null) continue;
      const small = shrinkCase(tried, (candidate) => changedLower(code, candidate) !== null);
      const again = changedLower(code, small);
      const smaller = again === null ? tried : small;
      const { step, index, path } = again ?? found;
      const layers = layersOf(smaller);
      const before = copyOf(layers);
      const answers = answersTo(code, layers, smaller.calls);
      for (let i = 0; i <= step; i++) answers.next();
      return {
        passed: false,
        feedback: {
          summary: `${callText(smaller.calls[step]!)} changes ${path} in lower layer ${index}: a second container of the same image sees that too.`,
          expected: `lower layer ${index} as it was`,
          actual: `${path} is different there`,
          counterexample: {
            steps: smaller.calls.slice(0, step + 1).map(callText),
            before: layersText(before),
            after: layersText(layers),
          },
          misconception:
            'A container owns its upper layer alone. The layers below belong to the image and are shared.',
          next: 'Look for put and remove on anything but stack.upper.',
        },
      };
    }
    return { passed: true };
  },
};
