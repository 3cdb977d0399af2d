/** In what a case's outcome differs from what the reference model says, the most telling first. */
import { type Case, dataLength, IN, OUT, type Request, SECTOR, sum } from './cases.ts';
import { sectorText, statusByte, statusText } from './drawing.ts';
import {
  type Chain,
  chainBytes,
  firstDifference,
  hex,
  type Laid,
  type Machine,
  RAM,
  usedElement,
  usedIndex,
  WRITE,
} from './machine.ts';
import { type Answer, type Expected, OK } from './reference.ts';

/** Where in a chain something is to be looked at. */
export interface Note {
  readonly at: number;
  readonly what: string;
}

/** What is wrong with request number `number`. */
export interface Difference {
  readonly number: number;
  readonly expected: string;
  readonly actual: string;
  readonly note?: Note | null;
  /** Where the two above do not make a sentence. */
  readonly summary?: string;
  /** What it comes from, where that is not what the check is mostly about. */
  readonly explanation?: Explanation;
}

export interface Explanation {
  readonly misconception: string;
  readonly next: string;
}

const ORDER: Explanation = {
  misconception:
    'The used index says that everything before it is there. The driver runs on another processor and may look the moment it moves.',
  next: 'In which order do you write data, status, used element and used index? The index has to be the last of them.',
};

const INTERRUPT: Explanation = {
  misconception:
    'An interrupt tells the driver that chains came back. Without any there is nothing to tell, and a driver that looks by itself says so in the available ring’s flags.',
  next: 'What does service() return when nothing was available, when something was, and when the driver has set NO_INTERRUPT?',
};

/** What rings, memory and image have to be after every call. */
export function outcomeDifference(
  tried: Case,
  laid: Laid,
  machine: Machine,
  expected: Expected,
): Difference | null {
  return (
    ringDifference(tried, laid, machine.ram) ??
    answerDifference(tried, laid, machine, expected) ??
    strayDifference(tried, laid, machine, expected) ??
    imageDifference(tried, machine, expected)
  );
}

/** All chains are given back, in their order. */
function ringDifference(tried: Case, laid: Laid, ram: Uint8Array): Difference | null {
  const wanted = (tried.start + tried.requests.length) & 0xffff;
  const index = usedIndex(ram);
  const done = (index - tried.start) & 0xffff;
  if (index !== wanted)
    return {
      number: Math.min(done, Math.max(0, tried.requests.length - 1)),
      expected: `used index ${wanted}`,
      actual: `it is ${index}: the guest sees ${done} of ${tried.requests.length} chains come back`,
    };
  for (const [number, { head }] of laid.chains.entries()) {
    const { id } = usedElement(ram, tried, number);
    if (id !== head)
      return { number, expected: `head ${head} in its used element`, actual: `there is id ${id}` };
  }
  return null;
}

const last = (chain: Chain) => chain.descriptors.findLastIndex(({ flags }) => (flags & WRITE) !== 0);

/** Where a request reaches beyond the disk, if it does. */
function beyond(request: Request, { sectors }: Case): Note | null {
  const count = dataLength(request);
  const at = request.type === OUT ? 1 : request.readable.length;
  if (count % SECTOR !== 0) return { at, what: `${count} bytes are no whole sectors` };
  if (request.sector + count / SECTOR <= sectors) return null;
  return {
    at,
    what: `${count / SECTOR} from sector ${sectorText(request.sector)} on; the last is ${sectors - 1}`,
  };
}

function answerDifference(tried: Case, laid: Laid, machine: Machine, expected: Expected): Difference | null {
  for (const [number, answer] of expected.answers.entries()) {
    const request = tried.requests[number]!;
    const chain = laid.chains[number]!;
    const difference =
      (answer.status === null ? null : statusDifference(request, chain, answer, tried, machine)) ??
      lengthDifference(usedElement(machine.ram, tried, number).length, answer);
    if (difference !== null) return { number, ...difference };
  }
  return null;
}

function statusDifference(
  request: Request,
  chain: Chain,
  { status, data }: Answer,
  tried: Case,
  { ram }: Machine,
): Omit<Difference, 'number'> | null {
  const actual = statusByte(chain, ram)!;
  const isData = request.type === IN || request.type === OUT;
  if (actual !== status) {
    const note = (isData ? beyond(request, tried) : null) ?? {
      at: last(chain),
      what: `the status: ${statusText(actual)}`,
    };
    return { expected: `status ${statusText(status!)}`, actual: `it is ${statusText(actual)}`, note };
  }
  if (request.type !== IN || data.length === 0) return null;
  const given = chainBytes(ram, chain, 'writable');
  const wrong = data.findIndex((byte, at) => given[at] !== byte);
  if (wrong < 0) return null;
  const sector = request.sector + Math.floor(wrong / SECTOR);
  return {
    expected: `the data of sector ${sector} from byte ${wrong % SECTOR} on`,
    actual: `byte ${wrong} of the data is ${given[wrong]}, not ${data[wrong]}`,
    note: { at: descriptorOf(chain, 'writable', wrong), what: 'the first wrong byte is in here' },
  };
}

/** The place in the chain of the descriptor that holds byte `at` of one direction's run. */
function descriptorOf(chain: Chain, direction: 'readable' | 'writable', at: number): number {
  let start = 0;
  return chain.descriptors.findIndex(({ flags, length }) => {
    if (((flags & WRITE) !== 0) !== (direction === 'writable')) return false;
    start += length;
    return at < start;
  });
}

function lengthDifference(length: number, { status, lengths }: Answer): Omit<Difference, 'number'> | null {
  if (lengths.includes(length)) return null;
  return status === null
    ? { expected: 'length 0 in the used element: the chain breaks a rule', actual: `it is ${length}` }
    : {
        expected: `length ${lengths[0]} in the used element: that many bytes were to be written into the chain`,
        actual: `it is ${length}`,
      };
}

/** Every byte of memory that no answer and no ring accounts for is as it was. */
function strayDifference(
  tried: Case,
  laid: Laid,
  { ram }: Machine,
  { answers }: Expected,
): Difference | null {
  const allowed = laid.ram.slice();
  const take = (at: number, count: number) => allowed.set(ram.subarray(at, at + count), at);
  for (const [number, { status, data }] of answers.entries()) {
    const slot = (tried.start + number) % tried.size;
    take(laid.queue.used - RAM + 4 + 8 * slot, 8);
    if (status === null) continue;
    const writable = laid.chains[number]!.descriptors.filter(({ flags }) => (flags & WRITE) !== 0);
    let left = data.length;
    for (const { address, length } of writable) {
      take(address - RAM, Math.min(left, length));
      left = Math.max(0, left - length);
    }
    const { address, length } = writable.at(-1)!;
    take(address - RAM + length - 1, 1);
  }
  take(laid.queue.used - RAM + 2, 2);
  const at = firstDifference(ram, allowed);
  if (at < 0) return null;
  const address = RAM + at;
  const owner = laid.chains.findIndex(({ descriptors }) =>
    descriptors.some((piece) => holds(piece, address)),
  );
  const number = Math.max(0, owner);
  const place = laid.chains[number]?.descriptors.findIndex((piece) => holds(piece, address)) ?? -1;
  return {
    number,
    expected: `no change at ${hex(address)}: ${answers[number]?.status === null ? 'nothing of this chain is carried out' : 'the device has nothing to write there'}`,
    actual: `the byte is ${ram[at]} now`,
    note: place < 0 ? null : { at: place, what: 'written to, though it must not be' },
  };
}

const holds = ({ address, length }: { address: number; length: number }, at: number) =>
  at >= address && at < address + length;

function imageDifference(tried: Case, { image }: Machine, expected: Expected): Difference | null {
  const size = tried.sectors * SECTOR;
  const at = firstDifference(image, expected.image);
  if (at < 0) return null;
  const sector = Math.floor(at / SECTOR);
  // The request that was to write the sector, or that nobody else can have meant.
  const writers = tried.requests.map((request, i) =>
    request.type === OUT && reaches(request, sector) ? i : -1,
  );
  const number = Math.max(0, ...writers);
  const request = tried.requests[number]!;
  if (at >= size)
    return {
      number,
      expected: `an image of ${tried.sectors} sectors`,
      actual: `the write made it ${Math.ceil(image.length / SECTOR)} sectors long`,
      note: beyond(request, tried),
    };
  const answer = expected.answers[number]!;
  const offset = at - request.sector * SECTOR;
  const written = answer.status === 0 && writers[number] === number;
  return {
    number,
    expected: written
      ? `the data of the request in sector ${sector}`
      : `sector ${sector} of the image unchanged`,
    actual: `byte ${at % SECTOR} of the sector is ${image[at]}, not ${expected.image[at]}`,
    note: written
      ? { at: Math.max(0, descriptorAt(request, offset)), what: 'the first wrong byte comes from here' }
      : beyond(request, tried),
  };
}

function reaches(request: Request, sector: number): boolean {
  return sector >= request.sector && sector < request.sector + Math.ceil(dataLength(request) / SECTOR);
}

/** Which descriptor holds byte `offset` of the data to be written. */
function descriptorAt(request: Request, offset: number): number {
  return request.readable.findIndex((_, i) => 16 + offset < sum(request.readable.slice(0, i + 1)));
}

/** Whenever the used index moves, all that it promises is there. */
export function orderDifference(tried: Case, laid: Laid, machine: Machine): Difference | null {
  for (const { index, ram } of machine.published) {
    for (let number = 0; number < answered(tried, index); number++) {
      const chain = laid.chains[number]!;
      const [then, now] = [ram, machine.ram].map((memory) => ({
        ...usedElement(memory, tried, number),
        status: statusByte(chain, memory),
        data: chainBytes(memory, chain, 'writable'),
      })) as [Seen, Seen];
      const late =
        then.id !== now.id || then.length !== now.length
          ? 'its used element'
          : then.status !== now.status
            ? 'its status'
            : firstDifference(then.data, now.data) >= 0
              ? 'its data'
              : null;
      if (late !== null)
        return {
          number,
          expected: 'everything in place before the used index shows the chain',
          actual: `${late} came after that: the driver, on another processor, may have looked before`,
          explanation: ORDER,
        };
    }
  }
  return null;
}

interface Seen {
  readonly id: number;
  readonly length: number;
  readonly status: number | null;
  readonly data: Uint8Array;
}

/** How many of the requests a used index shows as done. */
const answered = ({ start, requests }: Case, index: number) =>
  Math.min(requests.length, (index - start) & 0xffff);

/** Whenever the used index shows a FLUSH that is answered OK, what was written before it is durable. */
export function flushingDifference(
  tried: Case,
  laid: Laid,
  machine: Machine,
  expected: Expected,
): Difference | null {
  for (const { index, ram, durable } of machine.published) {
    for (let number = 0; number < answered(tried, index); number++) {
      if (statusByte(laid.chains[number]!, ram) !== OK) continue;
      for (const [sector, bytes] of expected.durable.get(number) ?? []) {
        if (bytes.every((byte, at) => durable[sector * SECTOR + at] === byte)) continue;
        return {
          number,
          summary: `Power cut after the FLUSH was answered OK: sector ${sector}, written before it, is not in the image.`,
          expected: `sector ${sector} to survive a power cut once the FLUSH after it is answered OK`,
          actual: 'only the host’s memory has it then',
        };
      }
    }
  }
  return null;
}

export function interruptDifference(tried: Case, value: unknown, { interrupt }: Expected): Difference | null {
  if (value === interrupt) return null;
  const why =
    tried.requests.length === 0
      ? 'nothing was given back'
      : tried.noInterrupt
        ? 'the driver has set NO_INTERRUPT'
        : 'the driver waits for it';
  return {
    number: 0,
    expected: `${interrupt} as the result of service(): ${why}`,
    actual:
      typeof value === 'boolean'
        ? `it is ${value}`
        : `it is ${JSON.stringify(value)}, which is neither true nor false`,
    explanation: INTERRUPT,
  };
}
