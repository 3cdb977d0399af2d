/** One case played with the learner's `boot`, and the first thing in which it differs from the reference model. */
import {
  type CallResult,
  CodeFailure,
  type Feedback,
  type Json,
  type Sandbox,
  type SandboxError,
} from '../../../src/exercise/index.ts';
import { bootArguments, hostFunctions } from './binding.ts';
import type { Case, Topic, TriedDevice } from './cases.ts';
import {
  type AnswerText,
  answerText,
  chainText,
  deviceText,
  hex,
  machineText,
  type Note,
} from './drawing.ts';
import { Machine, SECTOR, sectorOf } from './machine.ts';
import { deviceOf, type Expected, entryOf, expect, REASONS, reasonOf } from './reference.ts';

/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

export interface Finding {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly before: string;
  readonly after: string;
  readonly where?: Feedback['where'];
  readonly printed?: Feedback['printed'];
  /** Whether a smaller case says more. It does not where the code comes to no end, or its answer could not be used. */
  readonly shrinks: boolean;
}

interface Difference {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly note?: Note | null;
}

/** What became of a case: something is wrong, nothing is, or this check cannot say, since something else is wrong first. */
export type Outcome = Finding | 'right' | 'not judged';

interface Played {
  readonly tried: Case;
  readonly expected: Expected;
  readonly machine: Machine;
}

/** Throws CodeFailure when there is nothing to judge: no function, a limit of the sandbox. */
export function play(code: Sandbox, tried: Case, topic: Topic): Outcome {
  const machine = new Machine(tried);
  const played: Played = { tried, expected: expect(tried), machine };
  code.bindHost(hostFunctions(machine));
  const result = code.call('boot', bootArguments(tried.devices, tried.order, tried));
  if (!result.ok) {
    const difference = ended(result.error, result.output, played);
    if (topic === 'reasons' && result.error.kind === 'thrown') return 'not judged';
    return finding(played, difference, 'nothing was given back', result);
  }
  const answer = readAnswer(result.value);
  if ('wrong' in answer) {
    const difference = { summary: summaryOf(played), expected: shapeText(played), actual: answer.wrong };
    return { ...finding(played, difference, answer.wrong, result), shrinks: false };
  }
  const difference = differenceOf(played, answer, topic);
  if (difference === null || difference === 'not judged') return difference ?? 'right';
  return finding(played, difference, answerText(answer, loadedText(played)), result);
}

function finding(
  { tried, expected }: Played,
  { summary, expected: wanted, actual, note = null }: Difference,
  after: string,
  result: CallResult,
): Finding {
  const before = `${chainText(tried, expected, note)}\n${machineText(tried)}`;
  return { summary, expected: wanted, actual, before, after, ...evidence(result) };
}

const summaryOf = ({ tried }: Played) =>
  `The boot order is ${tried.order.length === 0 ? 'empty' : tried.order.join(', ')}; boot gives no answer that could be used.`;

function shapeText({ tried, expected }: Played): string {
  if (expected.device === null) return '{ failure, passedOver }: nothing can be started here';
  return `{ device: '${expected.device.name}', entry: ${hex(entryOf(tried, expected.device))}, registers, passedOver }`;
}

/** Accesses without end are stopped by the binding, loops without any by the sandbox. */
const isEndless = (error: SandboxError) => error.kind === 'budget' || error.code === 'ELOOP';

function ended(error: SandboxError, output: readonly string[], { tried, expected }: Played): Difference {
  if (error.kind !== 'thrown' && error.kind !== 'budget') throw new CodeFailure(error, 'In boot()', output);
  const unreadable = tried.order.findIndex((name) => reasonOf(tried, name) === 'read error');
  const place = Math.max(unreadable, 0);
  const asked = tried.order[place];
  return {
    summary:
      asked === undefined
        ? 'boot() ends in an error.'
        : `${deviceText(tried, asked)}; boot() ends in an error.`,
    expected: startText(expected),
    actual: `boot() ended in an error: ${error.message}`,
    note: asked === undefined ? null : { place, what: 'boot() ended in an error' },
  };
}

const startText = ({ device }: Expected) =>
  device === null ? 'a failure: nothing can be started' : `${device.name} is started`;

type Answer = AnswerText & { readonly failure: string | null };

/** A learner's answer, or what is wrong with it. */
function readAnswer(value: Json): Answer | { readonly wrong: string } {
  if (value === null)
    return { wrong: 'boot gave null: in the check there is no boot ROM that would do it instead' };
  if (typeof value !== 'object' || Array.isArray(value))
    return { wrong: `boot gave ${JSON.stringify(value)}` };
  const { device, entry, registers, failure, passedOver } = value as Record<string, Json | undefined>;
  if (!Array.isArray(passedOver)) return { wrong: 'passedOver is no list' };
  for (const each of passedOver as readonly Json[]) {
    const { device: name, reason } = (each ?? {}) as Record<string, Json | undefined>;
    if (typeof name !== 'string' || typeof reason !== 'string')
      return { wrong: `passedOver has ${JSON.stringify(each)}, which is no { device, reason }` };
  }
  const passed = passedOver as unknown as Answer['passedOver'];
  if (typeof failure === 'string' && device === undefined)
    return { device: null, entry: null, registers: null, failure, passedOver: passed };
  if (typeof device !== 'string') return { wrong: 'neither device nor failure is a text' };
  if (!isWord(entry)) return { wrong: `entry is ${JSON.stringify(entry ?? null)}, which is no address` };
  const { a0, a1, a2 } = (registers ?? {}) as Record<string, Json | undefined>;
  if (!isWord(a0) || !isWord(a1) || !isWord(a2))
    return {
      wrong: `registers is ${JSON.stringify(registers ?? null)}, not { a0, a1, a2 } with a number each`,
    };
  return { device, entry, registers: { a0, a1, a2 }, failure: null, passedOver: passed };
}

const isWord = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;

function differenceOf(played: Played, answer: Answer, topic: Topic): Difference | 'not judged' | null {
  switch (topic) {
    case 'order':
    case 'broken':
      return choiceDifference(played, answer);
    case 'signature':
      return unsignedDifference(played, answer) ?? choiceDifference(played, answer);
    case 'network':
      return choiceDifference(played, answer) ?? networkDifference(played, answer);
    case 'entry':
      return entryDifference(played, answer);
    case 'reasons':
      return reasonsDifference(played, answer);
  }
}

function choiceDifference({ tried, expected }: Played, answer: Answer): Difference | null {
  // Whoever reads such a disk twice finds it unsigned, and is right to pass it over.
  if (tried.devices.some((device) => device.kind === 'disk' && device.state === 'changing')) return null;
  const wanted = expected.device?.name ?? null;
  if (answer.device === wanted) return null;
  const actual = answer.device === null ? 'nothing was started' : `${answer.device} was started`;
  if (answer.device !== null) {
    const place = tried.order.indexOf(answer.device);
    if (deviceOf(tried, answer.device) === null || place < 0)
      return {
        summary: `${answer.device} is started, which ${deviceOf(tried, answer.device) === null ? 'the machine has not got' : 'is not in the boot order'}.`,
        expected: startText(expected),
        actual,
        note: { place: -1, what: `${answer.device} was started` },
      };
    if (reasonOf(tried, answer.device) !== null)
      return {
        summary: `${deviceText(tried, answer.device)}; it is started all the same.`,
        expected: `${answer.device} is passed over (${reasonOf(tried, answer.device)}); ${startText(expected)}`,
        actual,
        note: { place, what: 'was started' },
      };
  }
  return {
    summary: `${deviceText(tried, wanted!)}; it is the first of the order that can be started, and is passed over.`,
    expected: startText(expected),
    actual,
    note: { place: expected.place!, what: 'was passed over' },
  };
}

/** What is at the boot address is run: it has to be signed, whatever was looked at before. */
function unsignedDifference({ tried, machine }: Played, answer: Answer): Difference | null {
  const { sector } = machine;
  const device = answer.device === null ? null : deviceOf(tried, answer.device);
  if (sector === null || device?.kind !== 'disk' || answer.entry !== tried.bootAddress) return null;
  if (sector[510] === 0x55 && sector[511] === 0xaa) return null;
  return {
    summary: `${deviceText(tried, device.name)}; a sector without a signature is executed.`,
    expected: 'the sector at the boot address ends in 55 aa when the hart begins there',
    actual: `it ends in ${bytesText(sector.subarray(510))}`,
    note: { place: tried.order.indexOf(device.name), what: 'executed without a signature' },
  };
}

function networkDifference({ tried }: Played, answer: Answer): Difference | null {
  const device = answer.device === null ? null : deviceOf(tried, answer.device);
  if (device?.kind !== 'network' || answer.entry === device.entry) return null;
  return {
    summary: `${device.name} is booted from; its code is in memory already.`,
    expected: `the hart begins at ${hex(device.entry)}, the card’s entry`,
    actual: `it begins at ${hex(answer.entry!)}`,
    note: { place: tried.order.indexOf(device.name), what: `was started at ${hex(answer.entry!)}` },
  };
}

/** Of the device that was chosen, rightly or not. */
function entryDifference(played: Played, answer: Answer): Difference | 'not judged' | null {
  const { tried, machine, expected } = played;
  const device = answer.device === null ? null : deviceOf(tried, answer.device);
  if (device === null) return expected.device === null ? null : 'not judged';
  const place = tried.order.indexOf(device.name);
  const wrong = (what: string, wanted: string, actual: string): Difference => ({
    summary: `${device.name} is started, and does not find what it needs: ${what}.`,
    expected: wanted,
    actual,
    note: { place, what: actual },
  });
  if (device.kind === 'disk') {
    if (machine.stray !== null)
      return wrong(
        'memory that is others’ was overwritten',
        `512 bytes are written, at ${hex(tried.bootAddress)}`,
        `${hex(machine.stray)} was written`,
      );
    const difference = loadDifference(played, device, answer, wrong);
    if (difference !== null) return difference;
  }
  const { a0, a1, a2 } = answer.registers!;
  if (a0 !== tried.hart)
    return wrong('a0 tells which hart runs it', `a0 is ${tried.hart}, the hart`, `a0 is ${a0}`);
  if (a1 !== tried.deviceTree)
    return wrong(
      'a1 leads to the description of the machine',
      `a1 is ${hex(tried.deviceTree)}, the address of the device tree`,
      `a1 is ${hex(a1)}`,
    );
  if (a2 !== device.slot)
    return wrong(
      'a2 tells which device its other sectors are on',
      `a2 is ${device.slot}, the slot of ${device.name}`,
      `a2 is ${a2}`,
    );
  return null;
}

function loadDifference(
  { tried, machine }: Played,
  device: TriedDevice & { readonly kind: 'disk' },
  answer: Answer,
  wrong: (what: string, wanted: string, actual: string) => Difference,
): Difference | null {
  const wanted = sectorOf(device, 0);
  const at = wanted.findIndex((byte, i) => machine.loaded[i] !== byte);
  if (at >= 0)
    return wrong(
      'its first sector is not in memory',
      `the ${SECTOR} bytes of sector 0 are at ${hex(tried.bootAddress)}`,
      machine.loaded[at] === null ? `byte ${at} was not written` : `byte ${at} is another one`,
    );
  if (answer.entry === tried.bootAddress) return null;
  return wrong(
    'its code is made for the boot address',
    `the hart begins at ${hex(tried.bootAddress)}`,
    `it begins at ${hex(answer.entry!)}`,
  );
}

/** Only where the right device was chosen: what else is wrong is another check's. */
function reasonsDifference({ tried, expected }: Played, answer: Answer): Difference | 'not judged' | null {
  if (answer.device !== (expected.device?.name ?? null)) return 'not judged';
  const wanted = expected.passedOver;
  for (let i = 0; i < Math.max(wanted.length, answer.passedOver.length); i++) {
    const [right, given] = [wanted[i], answer.passedOver[i]];
    if (right?.device === given?.device && right?.reason === given?.reason) continue;
    const actual =
      given === undefined
        ? 'passedOver says nothing of it'
        : `passedOver says ${given.device}: ${given.reason}`;
    if (right === undefined)
      return {
        summary: `${given!.device} was not asked in vain, and stands in passedOver.`,
        expected:
          wanted.length === 0 ? 'passedOver is empty' : `passedOver ends with ${wanted.at(-1)!.device}`,
        actual,
        note: noteAt(tried, given!.device, 'is in passedOver'),
      };
    const unknown = given !== undefined && !REASONS.some((reason) => reason === given.reason);
    return {
      summary: `${deviceText(tried, right.device)}; whoever reads the console is not told so.`,
      expected: `passedOver says ${right.device}: ${right.reason}`,
      actual: unknown ? `${actual}, which is none of the reasons` : actual,
      note: {
        place: tried.order.indexOf(right.device),
        what:
          given?.device === right.device ? `is told as: ${given.reason}` : 'is not told, or not in its turn',
      },
    };
  }
  return null;
}

function noteAt({ order }: Case, name: string, what: string): Note | null {
  const place = order.indexOf(name);
  return place < 0 ? null : { place, what };
}

const bytesText = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

function loadedText({ machine }: Played): string {
  const { sector, loaded } = machine;
  if (sector !== null) return `a sector that ends in ${bytesText(sector.subarray(510))}`;
  const count = loaded.filter((byte) => byte !== null).length;
  return count === 0 ? 'nothing written' : `${count} bytes written`;
}

/** Where in the code it ended, and what it had printed. */
function evidence(result: CallResult): Pick<Finding, 'where' | 'printed' | 'shrinks'> {
  const printed = result.output.length > 0 ? { printed: result.output.slice(-PRINTED_LINES) } : {};
  if (result.ok) return { ...printed, shrinks: true };
  const { file, line = 1, column = 1 } = result.error;
  return {
    ...printed,
    ...(file !== undefined && { where: { file, line, column } }),
    shrinks: !isEndless(result.error),
  };
}
