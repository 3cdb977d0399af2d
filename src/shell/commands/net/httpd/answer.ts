/** What httpd answers: a file below its home, or a page that says why not. */
import { concatBytes, encodeUtf8, isOsError } from '../../../../base/index.ts';
import { fileTypeOf, readFile, type Stat, type Sys, sys } from '../../../../linux/index.ts';
import { type HttpRequest, parseRequest, plainPath } from './request.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

const REASONS: Readonly<Record<number, readonly [string, string]>> = {
  200: ['OK', ''],
  206: ['Partial Content', ''],
  302: ['Found', ''],
  400: ['Bad Request', 'Unsupported method'],
  403: ['Forbidden', ''],
  404: ['Not Found', 'The requested URL was not found'],
  408: ['Request Timeout', 'No request appeared within 60 seconds'],
  501: ['Not Implemented', 'The requested method is not recognized'],
};

/** By the end of the name; others are sent without a type. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\.html?$/, 'text/html'],
  [/\.(txt|h|c|cc|cpp)$/, 'text/plain'],
  [/\.jpe?g$/, 'image/jpeg'],
  [/\.gif$/, 'image/gif'],
  [/\.png$/, 'image/png'],
  [/\.svg$/, 'image/svg+xml'],
  [/\.css$/, 'text/css'],
  [/\.js$/, 'application/javascript'],
  [/\.wav$/, 'audio/wav'],
  [/\.mp3$/, 'audio/mpeg'],
  [/\.mpe?g$/, 'video/mpeg'],
];

/** RFC 9110, 5.6.7. */
const dateText = (seconds: number) => new Date(seconds * 1000).toUTCString();

function* head(status: number, lines: readonly string[]): Sys<string> {
  const { sec } = yield* sys.clock_gettime('realtime');
  const all = [
    `HTTP/1.1 ${status} ${REASONS[status]![0]}`,
    `Date: ${dateText(sec)}`,
    'Connection: close',
    ...lines,
  ];
  return `${all.join('\r\n')}\r\n\r\n`;
}

/** A page that says why there is nothing else. */
export function* refusal(status: number): Sys<HttpAnswer> {
  const [reason, why] = REASONS[status]!;
  const title = `${status} ${reason}`;
  const body = `<HTML><HEAD><TITLE>${title}</TITLE></HEAD>\n<BODY><H1>${title}</H1>\n${why}\n</BODY></HTML>\n`;
  return { status, bytes: encodeUtf8(`${yield* head(status, ['Content-type: text/html'])}${body}`) };
}

function* moved(path: string): Sys<HttpAnswer> {
  const lines = ['Content-type: text/html', `Location: ${path}/`];
  return { status: 302, bytes: encodeUtf8(yield* head(302, lines)) };
}

function* file(path: string, stat: Stat, { method, range }: HttpRequest): Sys<HttpAnswer> {
  const whole = yield* readFile(path);
  const { mtime } = stat;
  const partial = range !== null && range.first < whole.length;
  const first = partial ? range.first : 0;
  const last = partial ? Math.min(range.last ?? whole.length - 1, whole.length - 1) : whole.length - 1;
  const body = whole.subarray(first, last + 1);
  const type = TYPES.find(([pattern]) => pattern.test(path))?.[1];
  const status = partial ? 206 : 200;
  const text = yield* head(status, [
    ...(type === undefined ? [] : [`Content-type: ${type}`]),
    ...(partial ? [`Content-Range: bytes ${first}-${last}/${whole.length}`] : []),
    'Accept-Ranges: bytes',
    `Last-Modified: ${dateText(mtime.sec)}`,
    `ETag: "${mtime.sec.toString(16)}-${whole.length.toString(16)}"`,
    `Content-Length: ${body.length}`,
  ]);
  return { status, bytes: concatBytes([encodeUtf8(text), ...(method === 'HEAD' ? [] : [body])]) };
}

/** The answer to a request's head; paths are below the working directory. */
export function* answer(text: string): Sys<HttpAnswer> {
  const request = parseRequest(text);
  const path = request === null ? null : plainPath(request.path);
  if (request === null || path === null) return yield* refusal(400);
  if (request.method !== 'GET' && request.method !== 'HEAD') return yield* refusal(501);
  const local = `.${path}${path.endsWith('/') ? 'index.html' : ''}`;
  try {
    const stat = yield* sys.stat(local);
    const type = fileTypeOf(stat.mode);
    if (type === 'dir') return yield* moved(path);
    if (type !== 'file') return yield* refusal(404);
    return yield* file(local, stat, request);
  } catch (error) {
    if (!isOsError(error)) throw error;
    return yield* refusal(isOsError(error, 'EACCES') ? 403 : 404);
  }
}
