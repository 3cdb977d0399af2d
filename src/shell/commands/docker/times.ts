/** Instants as docker's --since and --until take them. */
import { type Sys, sys } from '../../../linux/index.ts';
import { DockerError } from './api.ts';

const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3 };

/** Seconds and nanoseconds since 1970 of an RFC 3339 time, of such a number, or of a duration before now; `0` for null. `flag` begins what is said of anything else. */
export function* instantOf(text: string | null, flag = ''): Sys<string> {
  if (text === null || /^\d+(\.\d+)?$/.test(text)) return text ?? '0';
  if (/^-?(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)];
    const length = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
    const { sec, nsec } = yield* sys.clock_gettime('realtime');
    const nanos = Math.round(length * 1e9) * (text.startsWith('-') ? -1 : 1);
    const at = nsec - (nanos % 1e9);
    const whole = sec - Math.trunc(nanos / 1e9) + Math.floor(at / 1e9);
    return `${whole}.${String(((at % 1e9) + 1e9) % 1e9).padStart(9, '0')}`;
  }
  const pattern = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?$/;
  const [, day, clock = '00:00', nanos = '', zone = 'Z'] = pattern.exec(text) ?? [];
  if (day === undefined) throw new DockerError(`${flag}failed to parse value as time or duration: "${text}"`);
  return `${Date.parse(`${day}T${clock}${zone}`) / 1000}.${nanos.padEnd(9, '0')}`;
}
