/** What ifconfig changes: each word is a request of its own, and one that fails does not keep the next from being made. */
import { isOsError, OsError, strerror } from '../../../../base/index.ts';
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { type LinkChange, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { parseMac } from '../../../../network/index.ts';
import { Refused, unsimulated } from '../words.ts';
import { addressOf, maskLength } from './addresses.ts';
import { setAddress, setBroadcast, setLength } from './inetRequests.ts';
import { readInterfaces } from './interfaces.ts';

/** Flags of a device, and the words that set and clear them. */
const SWITCHES: ReadonlyMap<string, Omit<LinkChange, 'index'>> = new Map([
  ['up', { up: true }],
  ['down', { up: false }],
  ['arp', { arp: true }],
  ['-arp', { arp: false }],
  ['promisc', { promiscuous: true }],
  ['-promisc', { promiscuous: false }],
  ['multicast', { multicast: true }],
  ['-multicast', { multicast: false }],
  ['allmulti', { allMulticast: true }],
  ['-allmulti', { allMulticast: false }],
]);
const WITH_VALUE = ['broadcast', 'hw', 'mtu', 'name', 'netmask', 'txqueuelen'];
/** What the real one can set besides. */
const OTHERS =
  'add -broadcast del dstaddr dynamic -dynamic io_addr irq keepalive media mem_start metric outfill pointopoint -pointopoint port trailers -trailers tunnel'.split(
    ' ',
  );
/** Families of addresses that are not there. */
const FAMILIES = 'ash ax25 ddp ec inet6 ipx netrom rose unix x25'.split(' ');

/** For Tab. */
export const SETTINGS: readonly string[] = [...SWITCHES.keys(), ...WITH_VALUE];

/** The exit status: -1 as a byte when flags could not be set, 1 for anything else that failed. */
const [FLAGS_FAILED, FAILED] = [255, 1] as const;

class Change {
  /** Changes when the device is renamed. */
  #name: string;
  readonly #words: string[];
  readonly #usage: string;
  #status = 0;
  /** From `ADDRESS/LENGTH`: set when all else is done. */
  #length: number | null = null;
  #netmaskGiven = false;

  constructor(name: string, words: readonly string[], usage: string) {
    this.#name = name;
    this.#words = [...words];
    this.#usage = usage;
  }

  *run(): Sys<number> {
    if (this.#words[0] === 'inet') this.#words.shift();
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift())
      yield* this.#setting(word);
    const length = this.#length;
    if (length !== null) yield* this.#request('SIOCSIFNETMASK', () => setLength(this.#name, length));
    return this.#status;
  }

  *#setting(word: string): Sys<void> {
    const flags = SWITCHES.get(word);
    if (flags !== undefined) return yield* this.#flags(flags);
    if (OTHERS.includes(word) || FAMILIES.includes(word)) throw unsimulated('ifconfig', `"${word}"`);
    switch (word) {
      case 'mtu': {
        const mtu = Number.parseInt(this.#value(), 10) || 0;
        return yield* this.#request('SIOCSIFMTU', () => this.#link({ mtu }));
      }
      case 'txqueuelen': {
        // The kernel is given 32 bits of it.
        const queueLength = Number.parseInt(this.#value(), 10) | 0;
        return yield* this.#request('SIOCSIFTXQLEN', () => {
          if (queueLength < 0) throw new OsError('EINVAL');
          return this.#link({ queueLength });
        });
      }
      case 'name':
        return yield* this.#rename(this.#value());
      case 'hw':
        return yield* this.#hardware(this.#value());
      case 'netmask': {
        if (this.#netmaskGiven) throw this.#wrongUsage();
        const mask = yield* addressOf(this.#value(), 1);
        this.#netmaskGiven = true;
        return yield* this.#request('SIOCSIFNETMASK', () => {
          const length = maskLength(mask);
          if (length === null) throw new OsError('EINVAL');
          return setLength(this.#name, length);
        });
      }
      case 'broadcast': {
        const broadcast = yield* addressOf(this.#value(), 1);
        return yield* this.#request('SIOCSIFBRDADDR', () => setBroadcast(this.#name, broadcast));
      }
      default:
        return yield* this.#address(word);
    }
  }

  /** An address brings its device up. */
  *#address(word: string): Sys<void> {
    const [, text = word, length] = /^([^/]*)\/(.*)$/.exec(word) ?? [];
    if (length !== undefined) {
      if (this.#netmaskGiven || !/^\d+$/.test(length) || Number(length) > 32) throw this.#wrongUsage();
      this.#length = Number(length);
    }
    const address = yield* addressOf(text, 1, "\nifconfig: `--help' gives usage information.");
    yield* this.#request('SIOCSIFADDR', () => setAddress(this.#name, address));
    yield* this.#flags({ up: true });
  }

  *#flags(flags: Omit<LinkChange, 'index'>): Sys<void> {
    const alias = this.#name.includes(':');
    if ((yield* readInterfaces()).find(this.#name) === null) {
      yield* writeAll(2, `${this.#name}: ERROR while getting interface flags: ${strerror('ENODEV')}\n`);
      this.#status |= FLAGS_FAILED;
      return;
    }
    // Of an alias there is nothing but its address, which goes with the flag.
    const request = () => (flags.up === false && alias ? setAddress(this.#name, 0, true) : this.#link(flags));
    yield* this.#request('SIOCSIFFLAGS', request, FLAGS_FAILED);
  }

  *#rename(name: string): Sys<void> {
    yield* this.#request('SIOCSIFNAME', () => this.#link({ name }));
    if (this.#status === 0) this.#name = name;
  }

  *#hardware(type: string): Sys<void> {
    if (type !== 'ether') throw unsimulated('ifconfig', `the hardware type "${type}"`);
    const text = this.#value();
    const mac = parseMac(text);
    if (mac === null) {
      yield* writeAll(2, `${text}: invalid ether address.\n`);
      this.#status |= FAILED;
      return;
    }
    yield* this.#request('SIOCSIFHWADDR', () => this.#link({ mac }));
  }

  *#link(change: Omit<LinkChange, 'index'>): Sys<void> {
    const found = (yield* readInterfaces()).find(this.#name);
    if (found === null) throw new OsError('ENODEV');
    yield* rtnetlink('RTM_SETLINK', { index: found.link.index, ...change });
  }

  /** Makes a request; one that the kernel refuses is told by its name. */
  *#request(name: string, body: () => Sys<void>, status: number = FAILED): Sys<void> {
    try {
      yield* body();
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(2, `${name}: ${strerror(error.code)}\n`);
      this.#status |= status;
    }
  }

  #value(): string {
    const word = this.#words.shift();
    if (word === undefined) throw this.#wrongUsage();
    return word;
  }

  #wrongUsage(): Refused {
    return new Refused(this.#usage.trimEnd(), 3);
  }
}

/** Sets what `words` say of an interface, and returns the exit status. Throws Refused. */
export const changeInterface = (name: string, words: readonly string[], usage: string): Sys<number> =>
  new Change(name, words, usage).run();
