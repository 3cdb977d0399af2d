/** What goes in and comes out: HTTP requests and responses (RFC 9110) as plain data, whoever carries them. */
import { encodeUtf8 } from '../base/index.ts';
import { RegistryError } from './errors.ts';

export interface RegistryRequest {
  readonly method: string;
  /** As on the wire: percent-encoded, without the query. */
  readonly path: string;
  /** What follows the question mark; '' without one. */
  readonly query: string;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The client's address: whom anonymous pulls count for. */
  readonly remote: string;
}

export interface RegistryResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const NOTHING = new Uint8Array(0);

/** A response without a body. */
export function emptyResponse(status: number, headers: Record<string, string> = {}): RegistryResponse {
  return { status, headers, body: NOTHING };
}

export function jsonResponse(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): RegistryResponse {
  return {
    status,
    headers: { 'Content-Type': JSON_TYPE, ...headers },
    body: encodeUtf8(JSON.stringify(value)),
  };
}

/** The errors of a request as the specification words them ("Error Codes"). */
export function errorResponse(error: RegistryError): RegistryResponse {
  const { code, message, detail } = error;
  return jsonResponse(error.status, { errors: [{ code, message, detail }] }, { ...error.headers });
}

/** Percent-decoded; throws RegistryError for `%` without two digits, and for what is no UTF-8. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RegistryError('UNSUPPORTED', text, { status: 400, message: 'malformed percent-encoding' });
  }
}

/** The parameters of a query or a form, in their order; one name may come several times. */
export class Parameters {
  readonly #pairs: readonly (readonly [string, string])[];

  /** Throws RegistryError as `decoded` does. */
  constructor(query: string) {
    this.#pairs = query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const plain = pair.replaceAll('+', ' ');
        const at = plain.indexOf('=');
        return at < 0 ? [decoded(plain), ''] : [decoded(plain.slice(0, at)), decoded(plain.slice(at + 1))];
      });
  }

  /** The first of that name, or null. */
  get(name: string): string | null {
    return this.#pairs.find(([key]) => key === name)?.[1] ?? null;
  }

  all(name: string): string[] {
    return this.#pairs.filter(([key]) => key === name).map(([, value]) => value);
  }
}
