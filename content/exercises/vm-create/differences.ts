/** What is not as it should be after one call of `createVm`: a function for each thing that is looked at. */
import { canonicalJson } from '../../../src/exercise/index.ts';
import { PAGE } from './cases.ts';
import { hex, specText } from './drawing.ts';
import type { Accounts, Attempt, Parts } from './playing.ts';

export interface Difference {
  /** In place of "expected …, but …". */
  readonly summary?: string;
  readonly expected: string;
  readonly actual: string;
  /** Lines of the accounts, such as `web/MAC`. */
  readonly marked: ReadonlySet<string>;
}

const difference = (expected: string, actual: string, marked: readonly string[] = []): Difference => ({
  expected,
  actual,
  marked: new Set(marked),
});

/** Frames of the root of stage-2 tables. */
const ROOT_FRAMES = 4;

const partsOf = ({ parts }: Accounts, wanted: string) => parts.find(({ name }) => name === wanted);

/** How the call ended, as the end of a sentence. */
function outcome({ spec, failure, after }: Attempt): string {
  if (failure === null) return `${spec.name} was made`;
  if (!failure.returned) {
    const code = failure.code === null ? ', which has no code' : ` (${failure.code})`;
    return `createVm ${failure.message}${code}`;
  }
  const nothing = partsOf(after, spec.name) === undefined;
  return `createVm returned as if ${spec.name} were made${nothing ? ', and there is nothing of it' : `: ${failure.message}`}`;
}

/** Everything that the VM was to have, and nothing else. */
export function madeDifference(attempt: Attempt, entry: number): Difference | null {
  const { spec, before, after, vm } = attempt;
  const { name } = spec;
  if (vm === null) return difference(`${name} to be made`, outcome(attempt));
  const parts = partsOf(after, name)!;
  return (
    imageDifference(attempt, parts) ??
    macDifference(attempt, parts) ??
    startDifference(parts, entry) ??
    restDifference(before, after, parts)
  );
}

function imageDifference({ spec, after }: Attempt, { name, overlay }: Parts): Difference | null {
  const below = after.overlays.find(([one]) => one === overlay)?.[1];
  if (below === spec.image) return null;
  return difference(`the overlay of ${name} to lie over ${spec.image}`, `${overlay} lies over ${below}`, [
    `${name}/overlay`,
  ]);
}

function macDifference({ spec }: Attempt, { name, mac }: Parts): Difference | null {
  if (spec.mac === null || spec.mac === mac) return null;
  return difference(`${name} to have the MAC address that was asked for, ${spec.mac}`, `it has ${mac}`, [
    `${name}/MAC`,
  ]);
}

function startDifference({ name, vcpus }: Parts, entry: number): Difference | null {
  for (const [id, start] of vcpus) {
    const where = start === null ? 'it waits' : `it begins at ${hex(start.pc)}`;
    if (id === 0 && start?.pc !== entry)
      return difference(`vCPU 0 of ${name} to begin at the firmware’s entry, ${hex(entry)}`, where, [
        `${name}/vCPU 0`,
      ]);
    if (id > 0 && start !== null)
      return difference(`vCPU ${id} of ${name} to wait until another one starts it`, where, [
        `${name}/vCPU ${id}`,
      ]);
  }
  return null;
}

/** What the host has less is what the VM has; nobody else has anything more or less. */
function restDifference(before: Accounts, after: Accounts, parts: Parts): Difference | null {
  const { name, memory } = parts;
  const taken = before.free - after.free;
  const wanted = memory!.bytes / PAGE + ROOT_FRAMES;
  if (taken !== wanted)
    return difference(`${wanted} frames to be taken for ${name}`, `${taken} were taken`, [`${name}/memory`]);
  const others = after.parts.filter((one) => one.name !== name);
  if (canonicalJson(others as never) === canonicalJson(before.parts as never)) return null;
  const stranger = others.find((one) => partsOf(before, one.name) === undefined);
  return difference(
    `nothing but ${name} to change`,
    `${stranger?.name ?? 'another VM'} has changed, too`,
    stranger === undefined ? [] : [`${stranger.name}/memory`],
  );
}

/** Made, or refused with one of these codes: nothing of it counts but that. */
export function outcomeDifference(attempt: Attempt, refusals: readonly string[]): Difference | null {
  const { spec, failure } = attempt;
  if (refusals.length === 0)
    return failure === null ? null : difference(`${spec.name} to be made`, outcome(attempt));
  if (failure !== null && failure.code !== null && refusals.includes(failure.code)) return null;
  return difference(`${spec.name} to be refused with ${refusals.join(' or ')}`, outcome(attempt));
}

/** The error's code, when something was wrong with the spec or a step failed. */
export function namedDifference(attempt: Attempt, refusals: readonly string[]): Difference | null {
  const { failure, failed, fault } = attempt;
  // A fault can be overcome by trying again.
  if (refusals.length === 0 && (failed === null || failure === null)) return null;
  const codes = [...refusals];
  if (failed !== null) codes.push(fault!.code);
  if (failure !== null && failure.code !== null && codes.includes(failure.code)) return null;
  const because = failed === null ? '' : `, since ${failed} failed with it`;
  return difference(`an error with the code ${codes.join(' or ')}${because}`, outcome(attempt));
}

/** A creation that failed has left nothing, and has taken nothing away. */
export function undoDifference(attempt: Attempt): Difference | null {
  const { spec, before, after, failure, failed } = attempt;
  if (failure === null || canonicalJson(before as never) === canonicalJson(after as never)) return null;
  const left = leftovers(before, after);
  const lost = leftovers(after, before);
  const reason = failed === null ? specText(spec) : `${failed} failed`;
  const actual =
    left.length > 0
      ? `${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} left behind`
      : `${lost.join(', ')} ${lost.length === 1 ? 'is' : 'are'} gone, and ${lost.length === 1 ? 'was' : 'were'} somebody else’s`;
  return {
    summary: `${reason}: the host is not as it was, ${actual}.`,
    expected: 'the host as it was before',
    actual,
    marked: new Set(),
  };
}

/** What `after` has and `before` has not, in words. */
function leftovers(before: Accounts, after: Accounts): string[] {
  return after.parts.flatMap((parts) => {
    const had = partsOf(before, parts.name);
    const of = `of ${parts.name}`;
    const left = [
      parts.memory !== null && !had?.memory && `the memory ${of}`,
      parts.tables !== null && typeof had?.tables !== 'number' && `the tables ${of}`,
      parts.overlay !== null && !had?.overlay && `the overlay ${of}`,
      parts.mac !== null && !had?.mac && `the MAC address ${of}`,
      parts.devices && !had?.devices && `the devices ${of}`,
      ...parts.vcpus.map(([id]) => !had?.vcpus.some(([one]) => one === id) && `vCPU ${id} ${of}`),
    ].filter((text): text is string => typeof text === 'string');
    return left.length === 0 && had === undefined ? [`the name ${parts.name}`] : left;
  });
}

/** It is made, and has nothing that another VM has. */
export function uniqueDifference(attempt: Attempt): Difference | null {
  const { spec, after, failure } = attempt;
  const { name } = spec;
  if (failure !== null) return difference(`${name} to be made`, outcome(attempt), inTheWay(attempt));
  const own = partsOf(after, name)!;
  for (const other of after.parts) {
    if (other.name === name) continue;
    const shared = sharedPart(own, other);
    if (shared !== null)
      return difference(
        `${name} to have a ${shared[0]} of its own`,
        `${name} and ${other.name} both have ${shared[1]}`,
        [`${name}/${shared[0]}`, `${other.name}/${shared[0]}`],
      );
  }
  return null;
}

/** What others have of that which a step complained about. */
function inTheWay({ after, spec, failure }: Attempt): string[] {
  return after.parts.flatMap(({ name, mac, overlay }) => {
    const named = (part: string | null) => part !== null && failure!.message.includes(part);
    if (name === spec.name) return [];
    return [...(named(mac) ? [`${name}/MAC`] : []), ...(named(overlay) ? [`${name}/overlay`] : [])];
  });
}

function sharedPart(own: Parts, other: Parts): readonly [string, string] | null {
  if (own.mac === other.mac) return ['MAC', own.mac!];
  if (own.overlay === other.overlay) return ['overlay', own.overlay!];
  const [a, b] = [own.memory!, other.memory!];
  const end = (memory: typeof a) => memory.first + memory.bytes / PAGE;
  return a.first < end(b) && b.first < end(a) ? ['memory', `frame ${hex(Math.max(a.first, b.first))}`] : null;
}
