/** What is asked of a value by the words before it: `src host VALUE`, `tcp port VALUE` (`gen_ncode` and `gen_scode`, gencode.c). */
import {
  ETH_P_ARP,
  ETH_P_IP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Mac,
  netmask,
  parseMac,
  readMac,
} from '../../../../../network/index.ts';
import { badFilter, notSimulated, syntaxError } from './errors.ts';
import {
  all,
  any,
  type Direction,
  ETH_P_RARP,
  ends,
  hasType,
  IPPROTO_SCTP,
  load,
  payloadAt,
  portTest,
  type Test,
} from './frame.ts';
import { portNamed } from './ports.ts';
import { carriedTest, isLink } from './protocols.ts';
import type { Reader } from './reader.ts';
import type { Token } from './tokens.ts';

/** The words before a value. */
export interface Qualifiers {
  readonly protocol: string | null;
  readonly direction: Direction | null;
  /** `host` where none is given. */
  readonly type: 'host' | 'net' | 'port' | 'portrange' | 'proto' | null;
}

/** Finds the addresses of a host's name; null: nobody knows it. */
export type FindHost = (name: string) => readonly number[] | null;

const ARP_TYPES = { arp: ETH_P_ARP, rarp: ETH_P_RARP } as const;

/** Packets from or to an address, all bits of `mask` counting; of ARP the sender's and the target's (`gen_host`). */
function addressTest(address: number, mask: number, asked: Qualifiers, shift: number): Test {
  const { protocol, type } = asked;
  const direction = asked.direction ?? 'or';
  const at = payloadAt(shift);
  const among = (ethertype: number, source: number, destination: number): Test => {
    const is =
      (offset: number): Test =>
      (seen) =>
        (load(seen, at + offset, 4) & mask) >>> 0 === address;
    return all(hasType(ethertype, shift), ends(direction, is(source), is(destination)));
  };
  const ip = among(ETH_P_IP, 12, 16);
  if (protocol === null) return any(ip, ...Object.values(ARP_TYPES).map((each) => among(each, 14, 24)));
  if (protocol === 'ip') return ip;
  if (protocol === 'arp' || protocol === 'rarp') return among(ARP_TYPES[protocol], 14, 24);
  if (isLink(protocol)) throw badFilter('illegal link layer address');
  throw badFilter(`'${protocol}' modifier applied to ${type === 'net' ? 'net' : 'host'}`);
}

function macTest(text: string, { protocol, direction, type }: Qualifiers): Test {
  if (!isLink(protocol) || (type !== 'host' && !(type === null && direction !== null)))
    throw type === null && direction === null
      ? syntaxError()
      : badFilter('ethernet address used in non-ether expression');
  const mac = parseMac(text.replaceAll('-', ':'));
  if (mac === null) throw notSimulated(`this way of writing the address "${text}"`);
  const is = (offset: number, wanted: Mac): Test => {
    return (seen) => {
      load(seen, offset, 6);
      return readMac(seen.bytes, offset) === wanted;
    };
  };
  return ends(direction ?? 'or', is(6, mac), is(0, mac));
}

/** Numbers with dots, each a byte; how many bits they give. */
function dotted(text: string): { readonly address: number; readonly bits: number } {
  const parts = text.split('.').map(Number);
  if (parts.some((part) => part > 255)) throw syntaxError();
  const address = parts.reduce((sum, part) => sum * 256 + part, 0);
  return { address, bits: parts.length * 8 };
}

/** `10.0.0.0/8`, `10.0.0.0 mask 255.0.0.0`, `10.1`: what is missing at the end is not asked. */
function prefixTest(text: string, reader: Reader, asked: Qualifiers, shift: number): Test {
  const { address, bits } = dotted(text);
  const whole = (address * 2 ** (32 - bits)) >>> 0;
  if (reader.takeSign('/') !== null) {
    const length = reader.takeNumber();
    if (length === null) throw syntaxError();
    if (length > 32) throw badFilter('mask length must be <= 32');
    return masked(whole, netmask(length), `${text}/${length}`, asked, shift);
  }
  if (reader.takeKeyword('mask') !== null) {
    const { kind, text: word } = reader.next();
    if (kind !== 'address') throw syntaxError();
    const mask = dotted(word);
    const full = (mask.address * 2 ** (32 - mask.bits)) >>> 0;
    return masked(whole, full, `${text} mask ${word}`, asked, shift);
  }
  if (asked.type === 'port' || asked.type === 'portrange' || asked.type === 'proto') throw syntaxError();
  return addressTest(whole, netmask(bits), asked, shift);
}

function masked(address: number, mask: number, text: string, asked: Qualifiers, shift: number): Test {
  if ((address & ~mask) !== 0) throw badFilter(`non-network bits set in "${text}"`);
  if (asked.type !== 'net') throw badFilter('Mask syntax for networks only');
  return addressTest(address, mask, asked, shift);
}

function hostTest(name: string, find: FindHost, asked: Qualifiers, shift: number): Test {
  if (isLink(asked.protocol)) throw badFilter(`unknown ether host '${name}'`);
  const addresses = find(name);
  if (addresses === null) throw badFilter(`unknown host '${name}'`);
  return any(...addresses.map((address) => addressTest(address, 0xffff_ffff, asked, shift)));
}

const PORT_PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
  sctp: IPPROTO_SCTP,
};

function portsTest(text: string | number, asked: Qualifiers, shift: number): Test {
  const { protocol, type } = asked;
  const only = protocol === null ? null : (PORT_PROTOCOLS[protocol] ?? null);
  if (protocol !== null && only === null) throw badFilter(`illegal qualifier of '${type}'`);
  const direction = asked.direction ?? 'or';
  if (typeof text === 'number') {
    if (text > 65_535) throw badFilter(`illegal port number ${text} > 65535`);
    return portTest([text, text], only, direction, shift);
  }
  const range = type === 'portrange' ? text.split('-') : [text];
  const named = range.map((each) => portNamed(each));
  const [low, high = low] = named;
  if (low === undefined || high === undefined || low === null || high === null || range.length > 2)
    throw badFilter(type === 'port' ? `unknown port '${text}'` : `unknown port in range '${text}'`);
  const its = low.protocol === high.protocol ? low.protocol : null;
  if (its !== null && only !== null && its !== only)
    throw badFilter(`port '${text}' is ${its === IPPROTO_TCP ? 'tcp' : 'udp'}`);
  const ports: readonly [number, number] =
    low.port <= high.port ? [low.port, high.port] : [high.port, low.port];
  return portTest(ports, only ?? its, direction, shift);
}

/** A number behind `net` stands for its first bytes. */
function numberTest(number: number, asked: Qualifiers, shift: number): Test {
  let [address, mask] = [number, 0xffff_ffff];
  if (asked.type === 'net')
    while (address !== 0 && address >>> 24 === 0) {
      address = (address << 8) >>> 0;
      mask = (mask << 8) >>> 0;
    }
  return addressTest(address, mask, asked, shift);
}

/** The value that comes next. Throws Refused. */
export function valueTest(reader: Reader, asked: Qualifiers, find: FindHost, shift: number): Test {
  const token: Token = reader.next();
  const { kind, text } = token;
  const { type, protocol, direction } = asked;
  if (kind === 'mac') return macTest(text, asked);
  if (kind === 'address') return prefixTest(text, reader, asked, shift);
  if (kind !== 'name' && kind !== 'number') throw syntaxError();
  if (kind === 'number') reader.at--;
  const value = kind === 'number' ? reader.takeNumber()! : text;
  if (type === 'proto') {
    if (direction !== null) throw badFilter("direction applied to 'proto'");
    return carriedTest(protocol, value, shift);
  }
  if (type === 'port' || type === 'portrange') return portsTest(value, asked, shift);
  if (typeof value === 'number') {
    if (type === 'net' && reader.takeSign('/') !== null) {
      reader.at -= 2;
      return prefixTest(reader.next().text, reader, asked, shift);
    }
    return numberTest(value, asked, shift);
  }
  if (type === 'net') throw badFilter(`unknown network '${value}'`);
  return hostTest(value, find, asked, shift);
}
