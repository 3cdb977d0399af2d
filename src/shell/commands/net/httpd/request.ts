/** What a client asks of httpd: the request line, the path, and a range. */
import { decodeUtf8, OsError, SECOND } from '../../../../base/index.ts';
import { type Fd, type Sys, sys } from '../../../../linux/index.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';

/** Longer heads are refused. */
const LONGEST = 8192;

export interface HttpRequest {
  readonly method: string;
  /** Without the query, decoded. */
  readonly path: string;
  /** `Range: bytes=FIRST-LAST`. */
  readonly range: { readonly first: number; readonly last: number | null } | null;
}

/** Nanoseconds in which a head has to come: HEADER_READ_TIMEOUT. */
const PATIENCE = 60 * SECOND;

/** The head as text; null when the client has gone before its end or says too much. Throws OsError ETIMEDOUT when it takes too long. */
export function* readHead(fd: Fd): Sys<string | null> {
  const until = (yield* monotonic()) + PATIENCE;
  let text = '';
  while (!/\r?\n\r?\n/.test(text)) {
    if (text.length > LONGEST) return null;
    const rest = until - (yield* monotonic());
    const [ready] = yield* sys.poll([{ fd, events: 'in' }], Math.max(0, rest));
    if (!ready!.in && !ready!.hup) throw new OsError('ETIMEDOUT');
    const bytes = yield* sys.read(fd, LONGEST);
    if (bytes.length === 0) return null;
    text += decodeUtf8(bytes);
  }
  return text;
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Null for what is no request of HTTP/1. */
export function parseRequest(head: string): HttpRequest | null {
  const [first = '', ...lines] = head.split(/\r?\n/);
  const [, method = '', target = ''] = /^([A-Z]+) (\/\S*) HTTP\/1\.[01]$/.exec(first) ?? [];
  const path = decoded(target.replace(/\?.*/s, ''));
  if (method === '' || path === null || path.includes('\0')) return null;
  const header = lines
    .map((line) => /^range: *bytes=(\d+)-(\d*)$/i.exec(line))
    .find((found) => found !== null);
  const range =
    header === undefined || header === null
      ? null
      : { first: Number(header[1]), last: header[2] === '' ? null : Number(header[2]) };
  return { method, path, range };
}

/** The path without `.`, `..` and double slashes; null when it leads out of the root. */
export function plainPath(path: string): string | null {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') {
      if (names.pop() === undefined) return null;
    } else if (name !== '' && name !== '.') names.push(name);
  }
  const tail = /\/(\.{0,2})$/.test(path) && names.length > 0 ? '/' : '';
  return `/${names.join('/')}${tail}`;
}
