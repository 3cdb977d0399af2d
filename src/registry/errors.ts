/** What a registry refuses, by the codes of the distribution specification 1.1, "Error Codes". */

/** Each code's status, unless a case has its own, and its message as the reference implementation words it. */
const codes = {
  BLOB_UNKNOWN: [404, 'blob unknown to registry'],
  BLOB_UPLOAD_INVALID: [400, 'blob upload invalid'],
  BLOB_UPLOAD_UNKNOWN: [404, 'blob upload unknown to registry'],
  DIGEST_INVALID: [400, 'provided digest did not match uploaded content'],
  MANIFEST_BLOB_UNKNOWN: [400, 'blob unknown to registry'],
  MANIFEST_INVALID: [400, 'manifest invalid'],
  MANIFEST_UNKNOWN: [404, 'manifest unknown'],
  NAME_INVALID: [400, 'invalid repository name'],
  NAME_UNKNOWN: [404, 'repository name not known to registry'],
  SIZE_INVALID: [400, 'provided length did not match content length'],
  UNAUTHORIZED: [401, 'authentication required'],
  DENIED: [403, 'requested access to the resource is denied'],
  UNSUPPORTED: [405, 'the operation is unsupported'],
  TOOMANYREQUESTS: [429, 'too many requests'],
} as const satisfies Record<string, readonly [number, string]>;

export type RegistryErrorCode = keyof typeof codes;

interface Special {
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client's mistake, or what it may not do. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode;
  readonly status: number;
  /** JSON that helps the client; undefined leaves it out. */
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RegistryErrorCode, detail: unknown, special: Special = {}) {
    super(special.message ?? codes[code][1]);
    this.code = code;
    this.status = special.status ?? codes[code][0];
    this.detail = detail;
    this.headers = special.headers ?? {};
  }
}
