/** URLs of HTTP (RFC 3986, RFC 9110, 4.2). */

export interface HttpUrl {
  readonly scheme: string;
  /** Name and password, decoded; null when there are none. */
  readonly user: string | null;
  readonly host: string;
  /** Null: the scheme's own. */
  readonly port: number | null;
  /** With the query, without the fragment; begins with a slash. */
  readonly target: string;
}

const PATTERN = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^/?#@]*)@)?([^/?#:]+)(?::(\d*))?([/?][^#]*)?(?:#.*)?$/i;

/** Null for what is no URL; without a scheme it is HTTP's. */
export function parseUrl(text: string): HttpUrl | null {
  const match = PATTERN.exec(text);
  if (match === null || /[\s\u0000-\u001f]/.test(text)) return null;
  // `http://` alone is no host with an empty port.
  if (match[1] === undefined && text.includes('://')) return null;
  const [, scheme = 'http', user, host, port, rest = ''] = match;
  const number = port === undefined || port === '' ? null : Number(port);
  if (number !== null && number > 65_535) return null;
  return {
    scheme: scheme.toLowerCase(),
    user: user === undefined ? null : decoded(user),
    host: host!,
    port: number,
    target: rest.startsWith('/') ? rest : `/${rest}`,
  };
}

function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export const HTTP_PORT = 80;
export const portOf = ({ port }: HttpUrl) => port ?? HTTP_PORT;

/** What stands in the Host field. */
export function authorityOf({ host, port }: HttpUrl): string {
  return port === null || port === HTTP_PORT ? host : `${host}:${port}`;
}

export function urlText(url: HttpUrl): string {
  const port = url.port === null ? '' : `:${url.port}`;
  return `${url.scheme}://${url.host}${port}${url.target}`;
}

/** A reference as a Location field has it, in relation to where it was found (RFC 3986, 5.2). */
export function resolveUrl(base: HttpUrl, reference: string): HttpUrl | null {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(reference)) return parseUrl(reference);
  if (reference.startsWith('//')) return parseUrl(`${base.scheme}:${reference}`);
  const clean = reference.replace(/#.*/, '');
  if (clean === '') return base;
  if (clean.startsWith('/')) return { ...base, target: withoutDots(clean) };
  const [path = '/'] = base.target.split('?');
  if (clean.startsWith('?')) return { ...base, target: path + clean };
  return { ...base, target: withoutDots(path.slice(0, path.lastIndexOf('/') + 1) + clean) };
}

/** `.` and `..` in a path are followed (RFC 3986, 5.2.4). */
function withoutDots(target: string): string {
  const [path = '', ...query] = target.split('?');
  const out: string[] = [];
  const parts = path.slice(1).split('/');
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    if (part === '..') out.pop();
    else if (part !== '.') out.push(part);
    if (last && (part === '..' || part === '.')) out.push('');
  }
  return [`/${out.join('/')}`, ...query].join('?');
}
