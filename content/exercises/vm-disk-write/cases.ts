/** Cases for checks: what a driver offers in a virtqueue, well-behaved or not; and how that lies in a guest's memory. */
import type { Random } from '../../../src/exercise/index.ts';

export const SECTOR = 512;
export const HEADER = 16;
/** The longest disk of a case. */
export const MOST_SECTORS = 64;
/** Types of a request (virtio 1.2, 5.2.6). */
export const IN = 0;
export const OUT = 1;
export const FLUSH = 4;

/** What a driver does wrong with a chain: see {@link FAULTS}. */
export type Fault =
  | 'loop'
  | 'next'
  | 'head'
  | 'outside'
  | 'edge'
  | 'below'
  | 'high'
  | 'short header'
  | 'no status'
  | 'order'
  | 'indirect';

/** Each in words, as the driver's doing. */
export const FAULTS: Readonly<Record<Fault, string>> = {
  loop: 'the chain comes back to itself',
  next: 'next leads out of the descriptor table',
  head: 'the head is no entry of the descriptor table',
  outside: 'the data lies behind the end of the guest’s memory',
  edge: 'the data begins in the guest’s memory and ends outside of it',
  below: 'the data begins before the guest’s memory',
  high: 'the address has a bit above the low 32 set',
  'short header': 'there are fewer than 16 bytes to read',
  'no status': 'there is no byte for the status',
  order: 'a descriptor to be read comes after one to be written',
  indirect: 'a descriptor has the flag INDIRECT, which was not offered',
};

/** One request as the driver makes it: the lengths of the descriptors that the device reads, and of those that it writes. */
export interface Request {
  readonly type: number;
  /** Up to 2^64 − 2048. */
  readonly sector: number;
  /** 16 bytes of header and, for OUT, the data. */
  readonly readable: readonly number[];
  /** For IN the data, and the status byte. */
  readonly writable: readonly number[];
  readonly fault?: Fault;
  /** The last data descriptor ends with the last byte of the guest's memory, as it may. */
  readonly atEnd?: boolean;
}

export interface Case {
  /** Entries of the queue. */
  readonly size: number;
  /** What both rings' indices stand at before the driver offers the requests. */
  readonly start: number;
  readonly requests: readonly Request[];
  readonly noInterrupt: boolean;
  readonly sectors: number;
  readonly readOnly: boolean;
  /** The host's disk fails to do this. */
  readonly broken?: 'read' | 'write' | 'flush';
}

export const sum = (lengths: readonly number[]) => lengths.reduce((total, length) => total + length, 0);

/** Bytes of data of a request. */
export function dataLength({ type, readable, writable }: Request): number {
  return type === OUT ? sum(readable) - HEADER : sum(writable) - 1;
}

/** The byte at `at` of the data that request number `index` writes. */
export const dataByte = (index: number, at: number) => (index * 37 + at * 3 + (at >> 9) + 1) & 0xff;

/** What the image holds at the beginning. */
export const imageByte = (at: number) => (0xa0 ^ (at >> 9) ^ (at * 5)) & 0xff;

const read = (sector: number, data: readonly number[], more: Partial<Request> = {}): Request => ({
  type: IN,
  sector,
  readable: [HEADER],
  writable: [...data, 1],
  ...more,
});
const write = (sector: number, data: readonly number[], more: Partial<Request> = {}): Request => ({
  type: OUT,
  sector,
  readable: [HEADER, ...data],
  writable: [1],
  ...more,
});
const other = (type: number, sector = 0): Request => ({ type, sector, readable: [HEADER], writable: [1] });

const base: Case = { size: 16, start: 0, requests: [], noInterrupt: false, sectors: 32, readOnly: false };
const one = (request: Request, more: Partial<Case> = {}): Case => ({ ...base, requests: [request], ...more });

export type Topic = 'segments' | 'framing' | 'types' | 'readOnly' | 'range' | 'hostile' | 'ring' | 'durable';

/** The worked examples of each check, the simplest first. */
export const EXAMPLES: Readonly<Record<Topic, readonly Case[]>> = {
  segments: [
    one(read(2, [512])),
    one(write(3, [512])),
    one(read(4, [512, 512])),
    one(write(5, [512, 1024])),
    one(read(6, [100, 412])),
    one(write(7, [512, 100, 412, 512])),
    // As long as a chain may be: all entries of the queue.
    one(read(8, [...Array.from({ length: 13 }, () => 36), 44])),
  ],
  framing: [
    one({ type: IN, sector: 1, readable: [HEADER], writable: [513] }),
    one({ type: OUT, sector: 2, readable: [HEADER + 512], writable: [1] }),
    one({ type: OUT, sector: 3, readable: [8, 8, 512], writable: [1] }),
    one({ type: IN, sector: 4, readable: [4, 12], writable: [512, 1] }),
    one({ type: OUT, sector: 5, readable: [10, 518], writable: [1] }),
  ],
  types: [one(other(FLUSH)), one(other(11)), one(other(0x1_0001)), one(read(0, [512])), one(write(0, [512]))],
  readOnly: [
    one(write(1, [512]), { readOnly: true }),
    one(read(1, [512]), { readOnly: true }),
    one(other(FLUSH), { readOnly: true }),
  ],
  range: [
    one(read(31, [512])),
    one(write(32, [512])),
    one(read(32, [512])),
    one(write(31, [1024])),
    one(read(30, [2048])),
    one(write(2 ** 32, [512])),
    one(read(2 ** 32 + 3, [512])),
    one(write(2 ** 63, [512])),
    one(read(2, [500])),
    one(write(2, [700])),
  ],
  hostile: (Object.keys(FAULTS) as Fault[])
    .flatMap((fault) => [one(read(1, [512], { fault })), one(write(2, [512], { fault }))])
    .concat(one(read(3, [512], { atEnd: true })), one(write(4, [512], { atEnd: true })))
    .concat({ ...base, requests: [write(5, [512], { fault: 'edge' }), write(6, [512])] }),
  ring: [
    one(read(1, [512])),
    one(read(1, [512]), { noInterrupt: true }),
    { ...base },
    { ...base, requests: [write(1, [512]), write(2, [512]), read(1, [512])] },
    one(write(1, [512]), { start: 65_535 }),
    { ...base, start: 65_534, requests: [read(1, [512]), read(2, [512]), read(3, [512])] },
    { ...base, size: 4, start: 7, requests: [other(FLUSH), other(FLUSH)] },
  ],
  durable: [
    { ...base, requests: [write(1, [512]), other(FLUSH)] },
    { ...base, requests: [write(1, [512]), other(FLUSH), write(1, [512]), other(FLUSH)] },
    one(other(FLUSH), { broken: 'flush' }),
    one(write(1, [512]), { broken: 'write' }),
    one(read(1, [512]), { broken: 'read' }),
  ],
};

/** Whole sectors, cut at up to three places. */
function segments(random: Random, most = 4): number[] {
  const sectors = random.between(1, 4);
  if (random.chance(1, 2)) return Array.from({ length: Math.min(sectors, most) }, () => SECTOR);
  return cut(random, sectors * SECTOR, random.between(1, most));
}

/** `total` as up to `parts` lengths above 0. */
function cut(random: Random, total: number, parts: number): number[] {
  const places = new Set([total]);
  for (let i = 1; i < parts; i++) places.add(random.between(1, total));
  let last = 0;
  return [...places]
    .sort((a, b) => a - b)
    .map((place) => {
      const length = place - last;
      last = place;
      return length;
    });
}

const whole = (random: Random, sectors = 2) => [SECTOR * random.between(1, sectors)];
const either = (random: Random, sector: number, data: readonly number[], more: Partial<Request> = {}) =>
  random.chance(1, 2) ? read(sector, data, more) : write(sector, data, more);

function list<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.between(1, most) }, make);
}

/** Whether its data lies at the end of the guest's memory. */
export const isAtEnd = ({ atEnd = false, fault }: Partial<Request>) => atEnd || fault === 'edge';

/** A case for one check: it differs from the everyday in what that check is about, and in nothing else. */
export function randomCase(random: Random, topic: Topic): Case {
  const size = random.pick([16, 32, 64]);
  const common: Case = { ...base, size, start: random.below(3000), sectors: random.between(8, MOST_SECTORS) };
  const within = () => random.below(common.sectors - 4);
  const everyday = () => either(random, within(), whole(random));
  switch (topic) {
    case 'segments':
      return { ...common, requests: list(random, 2, () => either(random, within(), segments(random))) };
    case 'framing':
      return { ...common, requests: list(random, 2, () => framed(random, within())) };
    case 'types':
      return {
        ...common,
        requests: list(random, 3, () =>
          random.chance(1, 2)
            ? everyday()
            : other(random.pick([FLUSH, 2, 3, 5, 7, 12, 15, 255, 0x100, 0x8000_0000])),
        ),
      };
    case 'readOnly':
      return {
        ...common,
        readOnly: true,
        requests: list(random, 3, () => (random.chance(1, 5) ? other(FLUSH) : everyday())),
      };
    case 'range':
      return { ...common, requests: list(random, 2, () => nearTheEnd(random, common.sectors)) };
    case 'hostile': {
      // What lies at the end of memory is the data of one request: another one's would be written over it before the doorbell.
      let endTaken = false;
      const more = (): Partial<Request> => {
        const drawn: Partial<Request> = random.chance(1, 6)
          ? { atEnd: true }
          : { fault: random.pick(Object.keys(FAULTS) as Fault[]) };
        if (!isAtEnd(drawn)) return drawn;
        const again = endTaken;
        endTaken = true;
        return again ? { fault: 'outside' } : drawn;
      };
      const bad = () => either(random, within(), whole(random), more());
      return { ...common, requests: list(random, 3, () => (random.chance(2, 3) ? bad() : everyday())) };
    }
    case 'ring':
      return {
        ...common,
        start: random.chance(1, 2) ? random.between(65_530, 65_535) : random.below(65_536),
        noInterrupt: random.chance(1, 3),
        requests: list(random, 5, everyday),
      };
    case 'durable': {
      const broken = random.chance(1, 4) ? random.pick(['read', 'write', 'flush'] as const) : null;
      // A back end may flush after each write: whether such a write has failed when its flush has is left open.
      const data = () => (broken === 'flush' ? read(within(), whole(random)) : everyday());
      return {
        ...common,
        ...(broken !== null && { broken }),
        requests: list(random, 5, () => (random.chance(1, 2) ? other(FLUSH) : data())),
      };
    }
  }
}

/** The data in one piece, but the header in parts, or data and header or status in one descriptor. */
function framed(random: Random, sector: number): Request {
  const { type, readable, writable } = either(random, sector, whole(random));
  const header = cut(random, HEADER, random.between(1, 4));
  const joined = (lengths: readonly number[]) => (random.chance(1, 2) ? [sum(lengths)] : lengths);
  const [last, data] = [header.at(-1)!, readable[1]];
  return {
    type,
    sector,
    readable: [...header.slice(0, -1), ...(data === undefined ? [last] : joined([last, data]))],
    writable: joined(writable),
  };
}

function nearTheEnd(random: Random, sectors: number): Request {
  const count = random.between(1, 4);
  const far = random.pick([2 ** 32, 2 ** 31, 2 ** 40, 2 ** 53, 2 ** 63]);
  const near = sectors - random.between(0, 4);
  const sector = random.chance(1, 3) ? far + random.below(4) : near;
  const odd = random.chance(1, 6) ? random.pick([-1, 1, 100, -256]) : 0;
  return either(random, sector, [count * SECTOR + odd]);
}
