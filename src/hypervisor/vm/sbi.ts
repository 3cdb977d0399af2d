/**
 * Hypercalls: the guest's ecall in VS-mode, answered as the RISC-V Supervisor Binary Interface 2.0 lays down: extension in a7, function
 * in a6, arguments from a0 on; error in a0 and value in a1. What is not here answers SBI_ERR_NOT_SUPPORTED, and `probe` says 0.
 */
import { decodeUtf8 } from '../../base/index.ts';
import type { Hart } from '../../machine/index.ts';
import type { Vcpu } from '../vcpu/vcpu.ts';

const A0 = 10;
const A1 = 11;

/** Error codes (chapter 3, table 1). */
const SUCCESS = 0;
const NOT_SUPPORTED = -2;
const INVALID_PARAM = -3;
const INVALID_ADDRESS = -5;
const ALREADY_AVAILABLE = -6;

/** Extension ids. */
const LEGACY_SET_TIMER = 0;
const LEGACY_PUTCHAR = 1;
const LEGACY_GETCHAR = 2;
const LEGACY_SHUTDOWN = 8;
const BASE = 0x10;
const TIME = 0x54494d45;
const IPI = 0x735049;
const HSM = 0x48534d;
const SRST = 0x53525354;
const DBCN = 0x4442434e;
const EXTENSIONS: readonly number[] = [
  LEGACY_SET_TIMER,
  LEGACY_PUTCHAR,
  LEGACY_GETCHAR,
  LEGACY_SHUTDOWN,
  BASE,
  TIME,
  IPI,
  HSM,
  SRST,
  DBCN,
];

/** SBI 2.0: major 2 in bits 24 to 30. */
const SPEC_VERSION = 0x0200_0000;
/** "VB": no number of the registry. */
const IMPLEMENTATION = 0x5642;

/** What a VM lends its hypercalls. */
export interface SbiHost {
  readonly vcpus: readonly Vcpu[];
  /** Console output, as bytes. */
  print(bytes: Uint8Array): void;
  /** The next byte typed at the console; null when there is none. */
  typed(): number | null;
  /** Guest physical memory: a copy, or null where it is no RAM. */
  readMemory(gpa: number, length: number): Uint8Array | null;
  writeMemory(gpa: number, bytes: Uint8Array): boolean;
  powerOff(reason: 'shutdown' | 'reboot' | 'failure'): void;
}

type Answer = readonly [error: number, value?: number];

/** Answers the hypercall of `vcpu`, which runs on `hart`, and moves it on behind its ecall. Returns the name for the trace. */
export function answerHypercall(host: SbiHost, vcpu: Vcpu, hart: Hart): string {
  const argument = (number: number) => hart.readRegister(A0 + number);
  const extension = argument(7);
  const call = argument(6);
  hart.pc = (hart.pc + 4) >>> 0;
  const legacy = answerLegacy(host, vcpu, extension, argument);
  if (legacy !== null) {
    hart.writeRegister(A0, legacy);
    return `legacy ${extension}`;
  }
  const [error, value = 0] = answer(host, vcpu, extension, call, argument);
  hart.writeRegister(A0, error);
  hart.writeRegister(A1, value);
  return `${nameOf(extension)} ${call}`;
}

/** Four letters, as the extensions' ids spell them. */
function nameOf(extension: number): string {
  if (extension === BASE) return 'BASE';
  const bytes = [24, 16, 8, 0].map((shift) => (extension >>> shift) & 0xff).filter((byte) => byte !== 0);
  const printable = bytes.every((byte) => byte > 0x20 && byte < 0x7f);
  return printable ? decodeUtf8(new Uint8Array(bytes)) : `0x${extension.toString(16)}`;
}

/** Extensions 0 to 8 return one value in a0, and no other register changes (chapter "Legacy Extensions"). */
function answerLegacy(
  host: SbiHost,
  vcpu: Vcpu,
  extension: number,
  argument: (number: number) => number,
): number | null {
  switch (extension) {
    case LEGACY_SET_TIMER:
      vcpu.setTimer(wide(argument(0), argument(1)));
      return 0;
    case LEGACY_PUTCHAR:
      host.print(Uint8Array.of(argument(0) & 0xff));
      return 0;
    case LEGACY_GETCHAR:
      return host.typed() ?? -1;
    case LEGACY_SHUTDOWN:
      host.powerOff('shutdown');
      return 0;
    default:
      return null;
  }
}

/** A 64-bit argument in two registers. */
function wide(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

function answer(
  host: SbiHost,
  vcpu: Vcpu,
  extension: number,
  call: number,
  argument: (number: number) => number,
): Answer {
  switch (extension) {
    case BASE:
      return answerBase(call, argument(0));
    case TIME:
      if (call !== 0) return [NOT_SUPPORTED];
      vcpu.setTimer(wide(argument(0), argument(1)));
      return [SUCCESS];
    case IPI:
      return call === 0 ? sendIpi(host.vcpus, argument(0), argument(1)) : [NOT_SUPPORTED];
    case HSM:
      return answerHsm(host.vcpus, vcpu, call, argument);
    case SRST:
      return call === 0 ? reset(host, argument(0), argument(1)) : [NOT_SUPPORTED];
    case DBCN:
      return answerConsole(host, call, argument);
    default:
      return [NOT_SUPPORTED];
  }
}

/** "Base Extension". */
function answerBase(call: number, first: number): Answer {
  switch (call) {
    case 0:
      return [SUCCESS, SPEC_VERSION];
    case 1:
      return [SUCCESS, IMPLEMENTATION];
    case 2:
      return [SUCCESS, 1];
    case 3:
      return [SUCCESS, EXTENSIONS.includes(first) ? 1 : 0];
    // mvendorid, marchid, mimpid: 0 is "not implemented".
    case 4:
    case 5:
    case 6:
      return [SUCCESS, 0];
    default:
      return [NOT_SUPPORTED];
  }
}

/** "IPI Extension": the harts of a mask that begins at `base`; all when base is -1. */
function sendIpi(vcpus: readonly Vcpu[], mask: number, base: number): Answer {
  const wanted =
    base === 0xffff_ffff
      ? vcpus.map(({ id }) => id)
      : Array.from({ length: 32 }, (_, bit) => bit)
          .filter((bit) => ((mask >>> bit) & 1) !== 0)
          .map((bit) => base + bit);
  if (wanted.some((id) => vcpus[id] === undefined)) return [INVALID_PARAM];
  for (const id of wanted) vcpus[id]!.raiseSoftware();
  return [SUCCESS];
}

/** "Hart State Management Extension": start, stop, status. */
function answerHsm(
  vcpus: readonly Vcpu[],
  vcpu: Vcpu,
  call: number,
  argument: (number: number) => number,
): Answer {
  const target = vcpus[argument(0)];
  switch (call) {
    case 0:
      if (target === undefined) return [INVALID_PARAM];
      if (!target.stopped) return [ALREADY_AVAILABLE];
      target.start(argument(1), argument(2));
      return [SUCCESS];
    case 1:
      vcpu.stop();
      return [SUCCESS];
    case 2:
      return target === undefined ? [INVALID_PARAM] : [SUCCESS, target.stopped ? 1 : 0];
    default:
      return [NOT_SUPPORTED];
  }
}

/** "System Reset Extension": type 0 shutdown, 1 cold and 2 warm reboot; reason 1 is a system failure. */
function reset(host: SbiHost, type: number, reason: number): Answer {
  if (type > 2) return [INVALID_PARAM];
  if (type > 0) host.powerOff('reboot');
  else host.powerOff(reason === 1 ? 'failure' : 'shutdown');
  return [SUCCESS];
}

/** "Debug Console Extension": write, read, write a byte. Addresses are physical. */
function answerConsole(host: SbiHost, call: number, argument: (number: number) => number): Answer {
  switch (call) {
    case 0: {
      const bytes = argument(2) === 0 ? host.readMemory(argument(1), argument(0)) : null;
      if (bytes === null) return [INVALID_ADDRESS];
      host.print(bytes);
      return [SUCCESS, bytes.length];
    }
    case 1: {
      const bytes: number[] = [];
      if (argument(2) !== 0 || host.readMemory(argument(1), argument(0)) === null) return [INVALID_ADDRESS];
      while (bytes.length < argument(0)) {
        const byte = host.typed();
        if (byte === null) break;
        bytes.push(byte);
      }
      host.writeMemory(argument(1), Uint8Array.from(bytes));
      return [SUCCESS, bytes.length];
    }
    case 2:
      host.print(Uint8Array.of(argument(0) & 0xff));
      return [SUCCESS];
    default:
      return [NOT_SUPPORTED];
  }
}
