/** What curl asks: method, fields and body, from the options. */
import { concatBytes, decodeUtf8, encodeUtf8, isOsError, toBase64 } from '../../../../base/index.ts';
import { readAll, readFile, type Sys, writeAll } from '../../../../linux/index.ts';
import { type Parsed, UsageError } from '../../options.ts';
import { authorityOf, type HttpUrl } from '../http/url.ts';
import type { Settings } from './options.ts';

export const USER_AGENT = 'curl/7.88.1';
/** A longer body waits for the server's leave (RFC 9110, 10.1.1). */
const EXPECT_FROM = 1024 * 1024;

const DATA_KEYS = ['data', 'data-ascii', 'data-binary', 'data-raw', 'data-urlencode', 'json'];

export interface Payload {
  readonly bytes: Uint8Array;
  readonly kind: 'form' | 'json' | 'upload';
}

const readSource = (name: string) => (name === '-' ? readAll(0) : readFile(name));

/** The bytes of @FILE; none, with a warning, when it cannot be read. */
function* fromFile(name: string, silent: boolean): Sys<Uint8Array> {
  try {
    return yield* readSource(name);
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (!silent)
      yield* writeAll(2, `Warning: Couldn't read data from file "${name}", this makes an empty POST.\n`);
    return new Uint8Array(0);
  }
}

function encoded(bytes: Uint8Array): string {
  const one = (byte: number) => {
    const char = String.fromCharCode(byte);
    if (char === ' ') return '+';
    return /[A-Za-z0-9\-._~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  };
  return [...bytes].map(one).join('');
}

/** One of the options that give data. */
function* dataOf(key: string, text: string, silent: boolean): Sys<Uint8Array> {
  if (key === 'data-urlencode') {
    const at = text.search(/[=@]/);
    const name = at <= 0 ? '' : `${text.slice(0, at)}=`;
    const rest = at < 0 ? text : text.slice(at + 1);
    const bytes = text[at] === '@' ? yield* fromFile(rest, silent) : encodeUtf8(rest);
    return encodeUtf8(name + encoded(bytes));
  }
  if (key === 'data-raw' || !text.startsWith('@')) return encodeUtf8(text);
  const bytes = yield* fromFile(text.slice(1), silent);
  if (key === 'data-binary' || key === 'json') return bytes;
  return bytes.filter((byte) => byte !== 0 && byte !== 10 && byte !== 13);
}

/** All data together, joined as fields of a form are; null when none is given. */
export function* readPayload({ parsed, silent }: Settings): Sys<Payload | null> {
  const upload = parsed.value('upload-file');
  if (upload !== null) {
    if (upload === '-' || upload === '.')
      throw new UsageError('uploads whose length is not known are not simulated');
    try {
      return { bytes: yield* readFile(upload), kind: 'upload' };
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new UsageError(`Can't open '${upload}'!`);
    }
  }
  const given = parsed.order.filter((key) => DATA_KEYS.includes(key));
  if (given.length === 0) return null;
  const next = new Map<string, number>();
  const parts: Uint8Array[] = [];
  for (const key of given) {
    const i = next.get(key) ?? 0;
    next.set(key, i + 1);
    if (parts.length > 0 && key !== 'json') parts.push(encodeUtf8('&'));
    parts.push(yield* dataOf(key, parsed.values(key)[i]!, silent));
  }
  return { bytes: concatBytes(parts), kind: given.includes('json') ? 'json' : 'form' };
}

/** `-G`: the data stands in the URL. */
export function withQuery(target: string, payload: Payload | null): string {
  if (payload === null || payload.bytes.length === 0) return target;
  return `${target}${target.includes('?') ? '&' : '?'}${decodeUtf8(payload.bytes)}`;
}

export interface CurlRequest {
  readonly method: string;
  readonly head: string;
  readonly body: Uint8Array | null;
  readonly expects: boolean;
}

interface Asked {
  readonly url: HttpUrl;
  readonly settings: Settings;
  readonly payload: Payload | null;
  /** The host is the one that the command names: others do not hear who asks. */
  readonly trusted: boolean;
}

/** Fields of -H: `NAME: VALUE`, `NAME;` for an empty one, `NAME:` for none. */
function ownFields(parsed: Parsed, trusted: boolean): { name: string; line: string | null }[] {
  return parsed.values('header').flatMap((text) => {
    const at = text.search(/[:;]/);
    if (at <= 0) return [];
    const name = text.slice(0, at).toLowerCase();
    if (!trusted && (name === 'authorization' || name === 'cookie' || name === 'host')) return [];
    const value = text.slice(at + 1).trim();
    if (text[at] === ';') return value === '' ? [{ name, line: `${text.slice(0, at)}:` }] : [];
    return [{ name, line: value === '' ? null : text }];
  });
}

function methodOf({ settings, payload }: Asked): string {
  if (settings.method !== null) return settings.method;
  if (settings.head) return 'HEAD';
  return payload === null ? 'GET' : payload.kind === 'upload' ? 'PUT' : 'POST';
}

export function buildRequest(asked: Asked): CurlRequest {
  const { url, settings, payload, trusted } = asked;
  const { parsed } = settings;
  const own = ownFields(parsed, trusted);
  const method = methodOf(asked);
  const lines: string[] = [];
  const usual = (name: string, value: string | null) => {
    if (value !== null && value !== '' && !own.some((each) => each.name === name.toLowerCase()))
      lines.push(`${name}: ${value}`);
  };
  const host = own.find(({ name, line }) => name === 'host' && line !== null)?.line;
  lines.push(host ?? `Host: ${authorityOf(url)}`);
  const user = trusted ? (parsed.value('user') ?? url.user) : url.user;
  usual('Authorization', user === null ? null : `Basic ${toBase64(encodeUtf8(user))}`);
  const range = parsed.value('range');
  usual('Range', range === null ? null : `bytes=${range}`);
  usual('User-Agent', parsed.value('user-agent') ?? USER_AGENT);
  const json = payload?.kind === 'json';
  if (json) {
    usual('Content-Type', 'application/json');
    usual('Accept', 'application/json');
  } else usual('Accept', '*/*');
  usual('Referer', parsed.value('referer'));
  usual('Cookie', trusted && parsed.has('cookie') ? parsed.values('cookie').join('; ') : null);
  for (const { name, line } of own) if (line !== null && name !== 'host') lines.push(line);
  const expects =
    payload !== null &&
    settings.version === '1.1' &&
    (payload.kind === 'upload' || payload.bytes.length > EXPECT_FROM);
  if (payload !== null) {
    usual('Content-Length', `${payload.bytes.length}`);
    if (payload.kind === 'form') usual('Content-Type', 'application/x-www-form-urlencoded');
    if (expects) usual('Expect', '100-continue');
  }
  const head = `${method} ${url.target} HTTP/${settings.version}\r\n${lines.join('\r\n')}\r\n\r\n`;
  return { method, head, body: payload?.bytes ?? null, expects: expects && /\r\nExpect: /i.test(head) };
}
