/** One URL's transfer: a request, its answer, and the requests that follow when it leads elsewhere. */
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';
import { bodyLength, fieldOf, type ResponseHead, readBody, readHead, staysOpen } from '../http/response.ts';
import { HttpFault } from '../http/stream.ts';
import { type HttpUrl, portOf, resolveUrl, urlText } from '../http/url.ts';
import type { Connection, Connections, Limits } from './connections.ts';
import { BAD_URL, CurlError, faultError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';
import type { Report } from './report.ts';
import { buildRequest, type CurlRequest, type Payload } from './request.ts';

const MILLISECOND = 1_000_000;
/** How long the server's leave for a body is waited for. */
const LEAVE = 1000 * MILLISECOND;

export interface Place {
  readonly settings: Settings;
  readonly connections: Connections;
  readonly output: Output;
  /** Where heads go, besides; null: nowhere. */
  readonly heads: Output | null;
  readonly report: Report;
  readonly progress: Progress;
  /** Whether -v tells how many bytes came: not on a terminal, which shows them. */
  readonly countsData: boolean;
  readonly limits: Limits;
}

export class Transfer {
  readonly #place: Place;
  /** -v has told of data, and not yet of anything else. */
  #told = false;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Throws CurlError. */
  *run(first: HttpUrl, payload: Payload | null): Sys<void> {
    const { settings, report, connections, limits } = this.#place;
    let url = first;
    let body = payload;
    for (;;) {
      requireHttp(url);
      report.effective = urlText(url);
      const trusted = url.host === first.host && portOf(url) === portOf(first);
      const next = yield* this.#exchange(url, body, trusted);
      if (next === null) return;
      if (report.redirects >= settings.mostRedirects) {
        yield* connections.note(`Maximum (${settings.mostRedirects}) redirects followed`);
        throw new CurlError(47, `Maximum (${settings.mostRedirects}) redirects followed`);
      }
      report.redirects++;
      report.times.redirect = (yield* monotonic()) - limits.start;
      const target = resolveUrl(url, next.location);
      if (target === null) throw BAD_URL;
      yield* connections.note(`Issue another request to this URL: '${urlText(target)}'`);
      if (body !== null && (next.status === 303 || (next.status < 303 && body.kind !== 'upload'))) {
        if (settings.method === null) yield* connections.note('Switch from POST to GET');
        body = null;
      }
      url = target;
    }
  }

  *#exchange(
    url: HttpUrl,
    payload: Payload | null,
    trusted: boolean,
  ): Sys<{ location: string; status: number } | null> {
    const { settings, connections, limits, report, progress } = this.#place;
    progress.down = progress.up = 0;
    progress.downTotal = null;
    progress.upTotal = payload === null ? null : payload.bytes.length;
    this.#told = false;
    const connection = yield* connections.take(url, limits, report, progress);
    report.local = connection.local;
    report.remote = connection.remote;
    const user = settings.parsed.value('user') ?? url.user;
    if (user !== null) yield* connections.note(`Server auth using Basic with user '${user.split(':')[0]}'`);
    report.times.pretransfer = (yield* monotonic()) - limits.start;
    const request = buildRequest({ url, settings, payload, trusted });
    report.method = request.method;
    try {
      const head = yield* this.#ask(connection, request);
      const next = yield* this.#answer(connection, url, request, head);
      yield* progress.end();
      if (staysOpen(head)) yield* connections.keep(connection, url.host);
      else yield* connections.close(connection);
      return next;
    } catch (error) {
      const failure = error instanceof HttpFault ? yield* this.#told28(error) : error;
      if (!(failure instanceof CurlError)) throw failure;
      if (failure.code !== 23 || !(error instanceof CurlError)) yield* connections.note(failure.message);
      else yield* connections.note('Failure writing output to destination');
      yield* progress.end();
      yield* connections.close(connection);
      throw failure;
    }
  }

  *#told28({ fault }: HttpFault): Sys<CurlError> {
    const { progress, limits } = this.#place;
    const taken = Math.floor(((yield* monotonic()) - limits.start) / MILLISECOND);
    const { down, downTotal } = progress;
    const of = downTotal === null ? `${down} bytes received` : `${down} out of ${downTotal} bytes received`;
    return faultError(fault, `Operation timed out after ${taken} milliseconds with ${of}`);
  }

  *#verbose(sign: '>' | '<', text: string): Sys<void> {
    if (!this.#place.settings.verbose) return;
    this.#told = false;
    const lines = text.split('\n').slice(0, -1);
    yield* writeAll(2, lines.map((line) => `${sign} ${line}\n`).join(''));
  }

  *#data(sign: '{' | '}', count: number): Sys<void> {
    const { settings, countsData } = this.#place;
    if (!settings.verbose || !countsData || this.#told || count === 0) return;
    this.#told = true;
    yield* writeAll(2, `${sign} [${count} bytes data]\n`);
  }

  /** Sends the request and reads the head of the last answer to it. Throws HttpFault. */
  *#ask(connection: Connection, request: CurlRequest): Sys<ResponseHead> {
    const { stream } = connection;
    const { report, limits, connections } = this.#place;
    yield* stream.write(request.head);
    report.requestBytes += request.head.length;
    yield* this.#verbose('>', request.head);
    if (request.expects) {
      const [ready] = yield* sys.poll([{ fd: stream.fd, events: 'in' }], LEAVE);
      if (ready!.in) {
        const head = yield* this.#head(connection);
        if (head.status >= 200) return head;
      } else yield* connections.note('Done waiting for 100-continue');
    }
    const { body } = request;
    if (body !== null && body.length > 0) yield* this.#send(connection, body, request.expects);
    for (;;) {
      const head = yield* this.#head(connection);
      if (head.status >= 200 || head.status === 101) {
        report.times.start = (yield* monotonic()) - limits.start;
        return head;
      }
    }
  }

  *#send({ stream }: Connection, body: Uint8Array, apart: boolean): Sys<void> {
    const { report, connections, progress } = this.#place;
    yield* this.#data('}', Math.min(body.length, 65_536));
    yield* stream.write(body);
    report.requestBytes += body.length;
    report.uploaded += body.length;
    progress.up = body.length;
    yield* progress.update();
    if (apart) yield* connections.note('We are completely uploaded and fine');
  }

  /** A head, told and written where it is wanted. */
  *#head({ stream }: Connection): Sys<ResponseHead> {
    const { limits, report, output, heads, settings, connections } = this.#place;
    const head = yield* readHead(stream, limits.until);
    report.headerBytes += head.text.length;
    const [first = '', ...fields] = head.text.split(/(?<=\n)/);
    if (head.version === '1.0' && !staysOpen(head))
      yield* connections.note('HTTP 1.0, assume close after body');
    yield* this.#verbose('<', first);
    for (const line of fields) {
      // The line that ends the head is not told after 100, nor where -f ends it all.
      const ends = head.status === 100 || (head.status >= 400 && settings.parsed.has('fail'));
      if (ends && line.trim() === '') continue;
      if (/^www-authenticate:/i.test(line) && head.status === 401 && settings.parsed.has('user'))
        yield* connections.note('Authentication problem. Ignoring this.');
      yield* this.#verbose('<', line);
    }
    const include = settings.parsed.has('include') || settings.head;
    if (include) yield* output.write(head.text);
    if (heads !== null) yield* heads.write(head.text);
    return head;
  }

  /** The body; and where the answer leads to, when that is to be followed. */
  *#answer(
    connection: Connection,
    url: HttpUrl,
    request: CurlRequest,
    head: ResponseHead,
  ): Sys<{ location: string; status: number } | null> {
    const { settings, report, progress, output, connections, limits } = this.#place;
    const { parsed } = settings;
    report.status = head.status;
    report.version = head.version;
    report.contentType = fieldOf(head, 'content-type') ?? '';
    const location = fieldOf(head, 'location');
    const leads = location !== null && head.status >= 300 && head.status < 400;
    const follows = leads && parsed.has('location');
    const target = leads ? resolveUrl(url, location) : null;
    report.redirectUrl = target === null || follows ? '' : urlText(target);
    const asksHead = settings.head || request.method === 'HEAD';
    const method = settings.head ? 'HEAD' : request.method === 'HEAD' ? 'GET' : request.method;
    const length = bodyLength(head, method);
    const told = fieldOf(head, 'content-length');
    if (told !== null && /^\d+$/.test(told) && head.status !== 204) progress.downTotal = Number(told);
    const failed = head.status >= 400 && (parsed.has('fail') || parsed.has('fail-with-body'));
    const error = new CurlError(22, `The requested URL returned error: ${head.status}`);
    if (failed && parsed.has('fail')) throw error;
    if (follows && length !== 0) yield* connections.note('Ignoring the response-body');
    const place = this;
    if (!asksHead || length !== 0)
      yield* readBody(connection.stream, length, {
        until: limits.until,
        *onRead(count) {
          yield* place.#data('{', count);
        },
        *deliver(piece) {
          progress.down += piece.length;
          if (!follows) {
            report.downloaded += piece.length;
            yield* output.write(piece);
          }
          yield* progress.update();
        },
        *trailer(line) {
          if (parsed.has('include')) yield* output.write(line);
        },
      });
    if (failed) throw error;
    return follows ? { location, status: head.status } : null;
  }
}

function requireHttp({ scheme }: HttpUrl): void {
  if (scheme !== 'http') throw new CurlError(1, `Protocol "${scheme}" not supported or disabled in libcurl`);
}
