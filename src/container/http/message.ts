/** Requests and answers as the daemon's handlers see them, and what HTTP/1.1 (RFC 9110, RFC 9112) names in them. */

export interface Request {
  readonly method: string;
  /** Without the version in front. */
  readonly path: string;
  /** Of the API, `1.47`. */
  readonly version: string;
  /** The first value of each name. */
  readonly query: ReadonlyMap<string, string>;
  /** All values of a name, in their order. */
  readonly queryValues: (name: string) => readonly string[];
  /** Names in small letters; several of a name are joined by commas. */
  readonly headers: Headers;
  /** Parsed JSON, or the bytes of what says that it is something else; null when there is none. */
  readonly body: unknown;
}

export interface Response {
  readonly status: number;
  /** To be sent as JSON; bytes are an archive, if `headers` do not say otherwise. */
  readonly body: unknown;
  /** Besides those that every answer has; as a client sees them, with names in small letters. */
  readonly headers?: Headers;
}

export type Headers = Readonly<Record<string, string>>;

export const TAR = 'application/x-tar';
export const JSON_TYPE = 'application/json';

export const reasons: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'UPGRADED',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
};

/** A request that cannot be read: what is said before the connection is closed. */
export class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message = '') {
    super(message);
    this.status = status;
  }
}

/** Whether a value of a query stands for yes, as the daemon reads it. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
}

/** Whether a list of words in a header has `word`, which is in small letters. */
export function hasToken(value: string | undefined, word: string): boolean {
  if (value === undefined) return false;
  return value === word || value.split(',').some((token) => token.trim().toLowerCase() === word);
}
