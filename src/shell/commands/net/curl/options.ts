/** curl's options. */
import { type OptionSpec, type Parsed, UsageError } from '../../options.ts';

export const curlOptions: readonly OptionSpec[] = [
  { short: '0', long: 'http1.0', help: 'speak HTTP/1.0' },
  { long: 'http1.1', help: 'speak HTTP/1.1, as is done anyhow' },
  { short: '4', long: 'ipv4', help: 'use IPv4, as is done anyhow' },
  { short: 'A', long: 'user-agent', argument: 'NAME', help: 'say to be NAME' },
  { short: 'b', long: 'cookie', argument: 'DATA', help: 'send NAME=VALUE as cookies' },
  { long: 'connect-timeout', argument: 'SECONDS', help: 'time to connect' },
  {
    short: 'd',
    long: 'data',
    argument: 'DATA',
    help: 'POST this, or what is in @FILE without its line ends',
  },
  { long: 'data-ascii', argument: 'DATA', help: 'the same' },
  { long: 'data-binary', argument: 'DATA', help: 'POST this, or what is in @FILE' },
  { long: 'data-raw', argument: 'DATA', help: 'POST this' },
  { long: 'data-urlencode', argument: 'DATA', help: 'POST this, encoded' },
  { short: 'D', long: 'dump-header', argument: 'FILE', help: 'write the heads of answers to FILE' },
  { short: 'e', long: 'referer', argument: 'URL', help: 'say to come from URL' },
  { short: 'f', long: 'fail', help: 'fail without a body from status 400 on' },
  { long: 'fail-with-body', help: 'fail from status 400 on, with the body' },
  { short: 'g', long: 'globoff', help: 'braces and brackets in URLs are themselves' },
  { short: 'G', long: 'get', help: 'put the data into the URL, and GET it' },
  {
    short: 'H',
    long: 'header',
    argument: 'LINE',
    help: 'another field of the request; "NAME:" takes one out',
  },
  { short: 'i', long: 'include', help: 'show the heads of answers too' },
  { short: 'I', long: 'head', help: 'ask for the head alone' },
  { long: 'json', argument: 'DATA', help: 'POST this as application/json' },
  { short: 'L', long: 'location', help: 'go where an answer leads' },
  { short: 'm', long: 'max-time', argument: 'SECONDS', help: 'time for all of it' },
  { long: 'max-redirs', argument: 'NUMBER', help: 'most steps of -L; 50' },
  { short: 'N', long: 'no-buffer', help: 'write what comes at once' },
  { short: 'o', long: 'output', argument: 'FILE', help: 'write to FILE, one for each URL' },
  { short: 'O', long: 'remote-name', help: 'write to a file with the name that the URL ends in' },
  { long: 'no-progress-meter', help: 'without the table of the progress' },
  { short: 'r', long: 'range', argument: 'RANGE', help: 'ask for these bytes' },
  { long: 'resolve', argument: 'HOST:PORT:ADDRESS', help: 'the address of HOST for PORT' },
  { short: 's', long: 'silent', help: 'neither progress nor errors' },
  { short: 'S', long: 'show-error', help: 'errors nevertheless' },
  { short: 'T', long: 'upload-file', argument: 'FILE', help: 'PUT what is in FILE' },
  { short: 'u', long: 'user', argument: 'USER:PASSWORD', help: 'say who asks (Basic)' },
  { long: 'unix-socket', argument: 'PATH', help: 'connect to this socket' },
  { long: 'url', argument: 'URL', help: 'a URL' },
  { short: 'v', long: 'verbose', help: 'tell what happens' },
  { short: 'V', long: 'version', help: 'tell the version' },
  { short: 'w', long: 'write-out', argument: 'FORMAT', help: 'write this at the end, with %{VARIABLES}' },
  { short: 'X', long: 'request', argument: 'METHOD', help: 'the method' },
];

const SECOND = 1_000_000_000;

/** Nanoseconds; null when it is not given or 0. */
function timeOf(parsed: Parsed, key: string): number | null {
  const text = parsed.value(key);
  if (text === null) return null;
  if (!/^\d+(\.\d+)?$|^\.\d+$/.test(text))
    throw new UsageError(`option --${key}: expected a proper numerical parameter`);
  return Number(text) === 0 ? null : Math.round(Number(text) * SECOND);
}

export interface Settings {
  readonly parsed: Parsed;
  readonly method: string | null;
  readonly head: boolean;
  readonly version: '1.0' | '1.1';
  readonly connectTimeout: number | null;
  readonly maxTime: number | null;
  readonly mostRedirects: number;
  /** `host:port` → address, as text. */
  readonly resolve: ReadonlyMap<string, string>;
  readonly unixSocket: string | null;
  readonly verbose: boolean;
  readonly silent: boolean;
}

/** Throws UsageError. */
export function settingsOf(parsed: Parsed): Settings {
  const redirects = parsed.value('max-redirs') ?? '50';
  if (!/^-?\d+$/.test(redirects))
    throw new UsageError('option --max-redirs: expected a proper numerical parameter');
  const resolve = new Map<string, string>();
  for (const text of parsed.values('resolve')) {
    const match = /^\+?([^:]+):(\d+):([\d.]+)$/.exec(text);
    if (match === null) throw new UsageError(`--resolve "${text}" is not simulated: give HOST:PORT:ADDRESS`);
    resolve.set(`${match[1]!.toLowerCase()}:${match[2]}`, match[3]!);
  }
  return {
    parsed,
    method: parsed.value('request'),
    head: parsed.has('head'),
    version: parsed.has('http1.0') ? '1.0' : '1.1',
    connectTimeout: timeOf(parsed, 'connect-timeout'),
    maxTime: timeOf(parsed, 'max-time'),
    mostRedirects: Number(redirects) < 0 ? Number.POSITIVE_INFINITY : Number(redirects),
    resolve,
    unixSocket: parsed.value('unix-socket'),
    verbose: parsed.has('verbose'),
    silent: parsed.has('silent'),
  };
}
