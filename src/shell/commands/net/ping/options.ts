/** ping's options. */
import { foreignOptions, type OptionSpec, type Parsed } from '../../options.ts';
import { Refused } from '../words.ts';

/** Of the real one. */
const FOREIGN =
  '6: a: A: b: B: C: d: D: e:=IDENTIFIER f: F:=FLOWLABEL l:=PRELOAD L: m:=MARK M:=OPTION N:=OPTION p:=PATTERN Q:=CLASS r: R: S:=SIZE ' +
  'T:=OPTION U: v:';

export const pingOptions: readonly OptionSpec[] = [
  { short: '4', help: 'use IPv4' },
  { short: 'c', argument: 'COUNT', help: 'stop after COUNT replies' },
  { short: 'i', argument: 'SECONDS', help: 'between sending each packet' },
  { short: 'h', help: 'print help and exit' },
  { short: 'I', argument: 'INTERFACE', help: 'interface name or address to send from' },
  { short: 'n', help: 'no names' },
  { short: 'O', help: 'report outstanding replies' },
  { short: 'q', help: 'only the last lines' },
  { short: 's', argument: 'SIZE', help: 'number of data bytes to be sent' },
  { short: 't', argument: 'TTL', help: 'time to live' },
  { short: 'V', help: 'print version and exit' },
  { short: 'W', argument: 'SECONDS', help: 'time to wait for a response' },
  { short: 'w', argument: 'SECONDS', help: 'stop after SECONDS' },
  ...foreignOptions(FOREIGN),
];

export interface PingSettings {
  /** Null: without end. */
  readonly count: number | null;
  /** Nanoseconds. */
  readonly interval: number;
  /** How long the last answer is waited for. */
  readonly patience: number;
  readonly deadline: number | null;
  readonly size: number;
  readonly ttl: number | null;
  readonly source: string | null;
  readonly quiet: boolean;
  readonly numeric: boolean;
  readonly outstanding: boolean;
}

const SECOND = 1_000_000_000;

/** Throws Refused. */
function whole(parsed: Parsed, key: string, low: number, high: number, most = `${high}`): number | null {
  const text = parsed.value(key);
  if (text === null) return null;
  if (!/^-?\d+$/.test(text)) throw new Refused(`ping: invalid argument: '${text}'`, 1);
  const value = Number(text);
  if (value < low || value > high)
    throw new Refused(`ping: invalid argument: '${text}': out of range: ${low} <= value <= ${most}`, 1);
  return value;
}

function seconds(parsed: Parsed, key: string): number | null {
  const text = parsed.value(key);
  if (text === null) return null;
  if (!/^\d+(\.\d*)?$|^\.\d+$/.test(text))
    throw new Refused(`ping: option argument contains garbage: ${text}`, 1);
  return Math.round(Number(text) * SECOND);
}

/** `uid` is who really asks. Throws Refused. */
export function settingsOf(parsed: Parsed, uid: number): PingSettings {
  const interval = seconds(parsed, 'i') ?? SECOND;
  if (interval < SECOND / 500 && uid !== 0)
    throw new Refused(
      'ping: cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)',
      2,
    );
  const deadline = whole(parsed, 'w', 0, 2_147_483_647);
  return {
    count: whole(parsed, 'c', 1, Number.MAX_SAFE_INTEGER, '9223372036854775807'),
    interval: Math.max(interval, 1_000_000),
    patience: seconds(parsed, 'W') ?? 10 * SECOND,
    deadline: deadline === null || deadline === 0 ? null : deadline * SECOND,
    size: whole(parsed, 's', 0, 127_992) ?? 56,
    ttl: whole(parsed, 't', 0, 255),
    source: parsed.value('I'),
    quiet: parsed.has('q'),
    numeric: parsed.has('n'),
    outstanding: parsed.has('O'),
  };
}
