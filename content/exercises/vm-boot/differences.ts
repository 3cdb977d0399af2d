/** In what an answer differs from the reference model, for each check: what is wrong, and which step of the chain it is about. */
import type { Answer } from './answer.ts';
import type { Case, Topic, TriedDevice } from './cases.ts';
import { bytesText, deviceText, hex, type Note } from './drawing.ts';
import { type Machine, SECTOR, sectorOf } from './machine.ts';
import { deviceOf, type Expected, REASONS, reasonOf } from './reference.ts';

export interface Difference {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly note?: Note | null;
}

export interface Played {
  readonly tried: Case;
  readonly expected: Expected;
  readonly machine: Machine;
}

export const startText = ({ device }: Expected) =>
  device === null ? 'a failure: nothing can be started' : `${device.name} is started`;

export function differenceOf(played: Played, answer: Answer, topic: Topic): Difference | 'not judged' | null {
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
