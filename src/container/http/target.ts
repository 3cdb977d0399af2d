/** The target of a request: path, version of the API, query. */
import { HttpError, type Request } from './message.ts';

export interface Target extends Pick<Request, 'path' | 'query' | 'queryValues'> {
  /** As the path says it; null when it does not. */
  readonly version: string | null;
}

const VERSIONED = /^\/v([0-9.]+)(\/.*)$/;
const NO_QUERY: Request['query'] = new Map();
const noValues: Request['queryValues'] = () => [];

/** Throws HttpError for what is no path or no query. */
export function parseTarget(target: string): Target {
  // A proxy's clients name the host here too: RFC 9112, 3.2.2.
  const local = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*(?=\/)/i, '');
  if (!local.startsWith('/') && local !== '*') throw new HttpError(400);
  const at = local.indexOf('?');
  const path = at < 0 ? local : local.slice(0, at);
  requireEscapes(path);
  const versioned = VERSIONED.exec(path);
  const version = versioned?.[1] ?? null;
  const rest = versioned?.[2] ?? path;
  if (at < 0 || at === local.length - 1)
    return { path: rest, version, query: NO_QUERY, queryValues: noValues };
  const { query, values } = parseQuery(local.slice(at + 1));
  return { path: rest, version, query, queryValues: (name) => values.get(name) ?? [] };
}

function parseQuery(text: string) {
  const query = new Map<string, string>();
  const values = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = unescaped(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : unescaped(pair.slice(equals + 1));
    const before = values.get(name);
    if (before === undefined) {
      query.set(name, value);
      values.set(name, [value]);
    } else before.push(value);
  }
  return { query, values };
}

function requireEscapes(path: string): void {
  if (!path.includes('%')) return;
  try {
    decodeURIComponent(path);
  } catch {
    throw new HttpError(400);
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    const wrong = /%(?![0-9a-f]{2}).{0,2}/i.exec(text)?.[0] ?? text;
    throw new HttpError(400, `invalid URL escape "${wrong}"`);
  }
}
