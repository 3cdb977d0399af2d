/** Getting a file with wget: requests, their answers, and where those lead. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Fd, O_CREAT, O_TRUNC, O_WRONLY, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';
import { type Parsed, UsageError } from '../../options.ts';
import { orNull } from '../../support.ts';
import { bodyLength, fieldOf, type ResponseHead, readBody, readHead } from '../http/response.ts';
import { type Fault, HttpFault, type HttpStream } from '../http/stream.ts';
import { authorityOf, type HttpUrl, parseUrl, resolveUrl, urlText } from '../http/url.ts';
import { Connector } from './connector.ts';
import { AUTHENTICATION, Ended, FILE_ERROR, GENERIC, NETWORK, SERVER_ERROR, Transient } from './endings.ts';
import { Log, timeText } from './log.ts';
import { Bar, Dots } from './progress.ts';
import { rateText, sizeText } from './text.ts';

const SECOND = 1_000_000_000;

function faultText(fault: Fault): string {
  switch (fault.kind) {
    case 'timeout':
      return 'Read error (Connection timed out) in headers.';
    case 'failed':
      return `Read error (${strerror(fault.error.code)}) in headers.`;
    case 'foreign':
      return '200 No headers, assuming HTTP/0.9';
    default:
      return 'No data received.';
  }
}

/** Gets files, one URL after the other. */
export class Wget {
  readonly #parsed: Parsed;
  readonly #columns: number | null;
  readonly #body: Uint8Array | null;
  readonly #timeout: number;
  readonly #log: Log;
  readonly #connector: Connector;
  readonly #tries: number;
  readonly #output: Fd | null;

  constructor(
    parsed: Parsed,
    columns: number | null,
    given: { readonly body: Uint8Array | null; readonly output: Fd | null },
  ) {
    this.#parsed = parsed;
    this.#columns = columns;
    this.#body = given.body;
    this.#output = given.output;
    this.#timeout = numberOf(parsed, 'timeout', 900) * SECOND;
    this.#log = new Log(parsed.has('quiet'), !parsed.has('quiet') && !parsed.has('no-verbose'));
    this.#connector = new Connector(this.#log, this.#timeout);
    const tries = numberOf(parsed, 'tries', 20);
    this.#tries = tries === 0 ? Number.POSITIVE_INFINITY : tries;
  }

  /** The exit status. */
  *fetch(text: string): Sys<number> {
    const first = parseUrl(text);
    if (first === null) {
      yield* this.#log.tell(`${text}: Invalid host name.\n`);
      return GENERIC;
    }
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1] ?? 'http';
    if (first.scheme !== 'http') {
      yield* this.#log.tell(
        first.scheme === 'https'
          ? `${text}: HTTPS support not compiled in.\n`
          : `${text}: Unsupported scheme ‘${scheme}’.\n`,
      );
      return GENERIC;
    }
    const most = numberOf(this.#parsed, 'max-redirect', 20);
    // Wherever it leads, the file is named as it was asked for.
    const name = this.#name(first);
    let url: HttpUrl = first;
    try {
      for (let redirects = 0; ; redirects++) {
        const next: HttpUrl | null = yield* this.#patiently(url, name);
        if (next === null) return 0;
        if (redirects >= most) {
          yield* this.#log.tell(`${most} redirections exceeded.\n`);
          return SERVER_ERROR;
        }
        url = next;
      }
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      return error.status;
    }
  }

  #name({ target }: HttpUrl): string {
    const name = target.slice(
      target.lastIndexOf('/', target.indexOf('?') < 0 ? undefined : target.indexOf('?')) + 1,
    );
    return name === '' || name.startsWith('?') ? `index.html${name}` : name;
  }

  /** Tries until it goes well. */
  *#patiently(url: HttpUrl, name: string): Sys<HttpUrl | null> {
    if (this.#parsed.has('spider'))
      yield* this.#log.say('Spider mode enabled. Check if remote file exists.\n');
    for (let count = 1; ; count++) {
      const again = count === 1 ? '' : `(try:${`${count}`.padStart(2)})  `;
      yield* this.#log.say(`--${yield* timeText()}--  ${again}${urlText(url)}\n`);
      try {
        return yield* this.#once(url, name);
      } catch (error) {
        if (!(error instanceof Transient)) throw error;
        if (count >= this.#tries) {
          yield* this.#log.say('Giving up.\n\n');
          throw new Ended(NETWORK);
        }
        yield* this.#log.say('Retrying.\n\n');
        yield* sys.nanosleep(Math.min(count, 10) * SECOND);
      }
    }
  }

  #request(url: HttpUrl): string {
    const parsed = this.#parsed;
    const method =
      parsed.value('method') ?? (this.#body !== null ? 'POST' : parsed.has('spider') ? 'HEAD' : 'GET');
    const own = parsed.values('header');
    const names = own.map((line) => line.split(':')[0]!.toLowerCase());
    const lines = [
      `Host: ${authorityOf(url)}`,
      `User-Agent: ${parsed.value('user-agent') ?? 'Wget/1.21.3'}`,
      'Accept: */*',
      'Accept-Encoding: identity',
      'Connection: Keep-Alive',
      ...(this.#body === null
        ? []
        : ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${this.#body.length}`]),
    ].filter((line) => !names.includes(line.split(':')[0]!.toLowerCase()));
    return `${method} ${url.target} HTTP/1.1\r\n${[...lines, ...own].join('\r\n')}\r\n\r\n`;
  }

  /** Where an answer leads; null when the file is there. Throws Transient, Ended. */
  *#once(url: HttpUrl, name: string): Sys<HttpUrl | null> {
    const stream = yield* this.#connector.connect(url);
    const request = this.#request(url);
    yield* this.#log.say('HTTP request sent, awaiting response... ');
    let head: ResponseHead;
    try {
      yield* stream.write(request);
      if (this.#body !== null) yield* stream.write(this.#body);
      do head = yield* readHead(stream, (yield* monotonic()) + this.#timeout);
      while (head.status < 200);
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      yield* stream.close();
      yield* this.#log.say(`${faultText(error.fault)}\n`);
      throw new Transient();
    }
    if (this.#parsed.has('server-response'))
      yield* this.#log.tell(`\n${head.text.replaceAll('\r', '').trimEnd().replace(/^/gm, '  ')}\n`);
    else yield* this.#log.say(`${head.status} ${head.reason}\n`);
    const next = yield* this.#judge(url, head, stream, request);
    if (next !== null) return next;
    yield* this.#save(url, head, stream, name, request);
    return null;
  }

  /** Reads what nobody wants. */
  *#skip(head: ResponseHead, stream: HttpStream, request: string): Sys<void> {
    const length = bodyLength(head, request.split(' ')[0]!);
    const until = (yield* monotonic()) + this.#timeout;
    yield* readBody(stream, length, { until, deliver: nothing, onRead: nothing, trailer: nothing });
  }

  *#judge(url: HttpUrl, head: ResponseHead, stream: HttpStream, request: string): Sys<HttpUrl | null> {
    const { status, reason } = head;
    const location = fieldOf(head, 'location');
    if (status >= 300 && status < 400 && location !== null) {
      yield* this.#skip(head, stream, request);
      yield* this.#connector.settle(url, head, stream);
      yield* this.#log.say(`Location: ${location} [following]\n`);
      const next = resolveUrl(url, location);
      if (next === null || next.scheme !== 'http') {
        yield* this.#log.tell(`${location}: Unsupported scheme.\n`);
        throw new Ended(GENERIC);
      }
      return next;
    }
    const spider = this.#parsed.has('spider');
    if (status < 400) {
      if (!spider) return null;
      const length = fieldOf(head, 'content-length');
      yield* this.#log.say(`${this.#lengthText(head, length === null ? null : Number(length))}`);
      yield* this.#log.say('Remote file exists.\n\n');
      yield* stream.close();
      throw new Ended(0);
    }
    yield* stream.close();
    if (status === 401) {
      yield* this.#log.tell('\nUsername/Password Authentication Failed.\n');
      throw new Ended(AUTHENTICATION);
    }
    if (spider) {
      yield* this.#log.tell('Remote file does not exist -- broken link!!!\n\n');
      throw new Ended(SERVER_ERROR);
    }
    if (!this.#log.verbose) yield* this.#log.tell(`${urlText(url)}:\n`);
    yield* this.#log.tell(`${yield* timeText()} ERROR ${status}: ${reason}.\n`);
    yield* this.#log.say('\n');
    throw new Ended(SERVER_ERROR);
  }

  #lengthText(head: ResponseHead, total: number | null): string {
    const type = fieldOf(head, 'content-type')?.split(';')[0];
    const kind = type === undefined ? '' : ` [${type}]`;
    if (total === null) return `Length: unspecified${kind}\n`;
    return `Length: ${total}${total >= 1024 ? ` (${sizeText(total, 0)})` : ''}${kind}\n`;
  }

  /** A name that is free: with .1, .2 and so on. */
  *#freeName(name: string): Sys<string> {
    const folder = this.#parsed.value('directory-prefix');
    const path = folder === null ? name : `${folder.replace(/\/$/, '')}/${name}`;
    if (folder !== null) yield* orNull(() => sys.mkdir(folder, 0o777), 'EEXIST');
    for (let number = 0; ; number++) {
      const candidate = number === 0 ? path : `${path}.${number}`;
      if ((yield* orNull(() => sys.stat(candidate), 'ENOENT')) === null) return candidate;
    }
  }

  *#save(url: HttpUrl, head: ResponseHead, stream: HttpStream, name: string, request: string): Sys<void> {
    const given = this.#parsed.value('output-document');
    const file = given ?? (yield* this.#freeName(name));
    const shown = given === '-' ? '‘STDOUT’' : `‘${file}’`;
    const length = bodyLength(head, request.split(' ')[0]!);
    const total = typeof length === 'number' && head.status !== 204 ? length : null;
    let fd = this.#output;
    try {
      fd ??= yield* sys.open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* this.#log.tell(
        `${file}: ${strerror(error.code)}\n\nCannot write to ‘${file}’ (${strerror(error.code)}).\n`,
      );
      throw new Ended(FILE_ERROR);
    }
    const empty = head.status === 204;
    if (!empty) yield* this.#log.say(`${this.#lengthText(head, total)}Saving to: ${shown}\n`);
    const start = yield* monotonic();
    const base = file.slice(file.lastIndexOf('/') + 1);
    const progress =
      this.#columns === null
        ? new Dots(start, total)
        : new Bar(start, total, given === '-' ? '-' : base, this.#columns);
    const shows = this.#log.verbose && !empty;
    if (shows) yield* progress.begin();
    let done = 0;
    let fault: Fault | null = null;
    try {
      yield* readBody(stream, length, {
        until: start + this.#timeout,
        *deliver(piece) {
          done += piece.length;
          yield* writeAll(fd!, piece);
          if (shows) yield* progress.update(piece.length);
        },
        onRead: nothing,
        trailer: nothing,
      });
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      fault = error.fault;
    }
    if (shows) yield* progress.end();
    if (this.#output === null) yield* sys.close(fd);
    const taken = (yield* monotonic()) - start;
    yield* this.#conclude(url, { shown, file, done, total, taken }, fault);
    yield* this.#connector.settle(url, head, stream);
  }

  *#conclude(
    url: HttpUrl,
    saved: {
      readonly shown: string;
      readonly file: string;
      readonly done: number;
      readonly total: number | null;
      readonly taken: number;
    },
    fault: Fault | null,
  ): Sys<void> {
    const { shown, file, done, total, taken } = saved;
    const head = `${yield* timeText()} (${rateText(done, taken)}) - `;
    if (fault !== null) {
      const why =
        fault.kind === 'short'
          ? `Connection closed at byte ${done}. `
          : `Read error at byte ${done}${total === null ? '' : `/${total}`} (Connection timed out). `;
      yield* this.#log.say(`${head}${why}`);
      throw new Transient();
    }
    const size = total === null ? `[${done}]` : `[${done}/${total}]`;
    if (this.#log.verbose)
      yield* this.#log.say(`${head}${file === '-' ? 'written to stdout' : `${shown} saved`} ${size}\n\n`);
    else yield* this.#log.tell(`${yield* timeText()} URL:${urlText(url)} ${size} -> "${file}" [1]\n`);
  }

  end(): Sys<void> {
    return this.#connector.end();
  }
}

function* nothing(): Sys<void> {}

function numberOf(parsed: Parsed, key: string, usual: number): number {
  const text = parsed.value(key);
  if (text === null) return usual;
  if (text === 'inf' && key === 'tries') return 0;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${key}: Invalid number ‘${text}’.`);
  return Number(text);
}
