/** The target of a request: path, version of the API, query. */
import { HttpError, type Request } from './message.ts';

export interface Target extends Pick<Request, 'path' | 'query' | 'queryValues'> {
  /** As the path says it; null when it does not. */
  readonly version: string | null;
}

/** Throws HttpError for what is no path or no query. */
export function parseTarget(target: string): Target {
  // A proxy's clients name the host here too: RFC 9112, 3.2.2.
  const local = target.replace(/^https?:\/\/[^/?]*(?=\/)/i, '');
  if (!local.startsWith('/') && local !== '*') throw new HttpError(400);
  const at = local.indexOf('?');
  const path = at < 0 ? local : local.slice(0, at);
  requireEscapes(path);
  const [, version = null, rest = path] = /^\/v([0-9.]+)(\/.*)$/.exec(path) ?? [];
  const values = new Map<string, string[]>();
  for (const pair of at < 0 ? [] : local.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = unescaped(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : unescaped(pair.slice(equals + 1));
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return {
    path: rest,
    version,
    query: new Map([...values].map(([name, [first = '']]) => [name, first])),
    queryValues: (name) => values.get(name) ?? [],
  };
}

function requireEscapes(path: string): void {
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
