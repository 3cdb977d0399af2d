/** curl(1): HTTP from a command line, as curl 7.88 on a host that has no TLS. */
import { isOsError } from '../../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { orNull } from '../../support.ts';
import { parseUrl } from '../http/url.ts';
import { Connections } from './connections.ts';
import { BAD_URL, CurlError } from './errors.ts';
import { curlOptions, type Settings, settingsOf } from './options.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import { emptyReport, type Report } from './report.ts';
import { type Payload, readPayload, withQuery } from './request.ts';
import { Transfer } from './transfer.ts';
import { writeOut } from './writeOut.ts';

const VERSION = `\
curl 7.88.1 libcurl/7.88.1
Protocols: http
Features: UnixSockets
`;

/** The file that -O writes; null when the URL ends in none. */
function remoteName(target: string): string | null {
  const path = target.split('?')[0]!;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === '' ? null : name;
}

class Command {
  readonly #settings: Settings;
  readonly #connections: Connections;
  readonly #terminal: boolean;
  readonly #heads: Output | null;

  constructor(settings: Settings, terminal: boolean) {
    this.#settings = settings;
    this.#terminal = terminal;
    this.#connections = new Connections(settings);
    const heads = settings.parsed.value('dump-header');
    this.#heads =
      heads === null
        ? null
        : new Output(heads === '-' ? null : heads, { direct: terminal, silent: settings.silent });
  }

  *run(urls: readonly string[], payload: Payload | null): Sys<number> {
    let status = 0;
    for (const [key, address] of this.#settings.resolve)
      yield* this.#connections.note(`Added ${key}:${address} to DNS cache`);
    for (const [i, url] of urls.entries()) status = yield* this.#one(url, i, payload);
    const unwritten = this.#heads === null ? null : yield* this.#end(this.#heads, status === 0);
    if (unwritten !== null && status === 0) status = unwritten.code;
    yield* this.#connections.closeAll();
    return status;
  }

  /** One URL: its exit status. */
  *#one(text: string, index: number, payload: Payload | null): Sys<number> {
    const { parsed, silent, maxTime, verbose } = this.#settings;
    const start = yield* monotonic();
    const report = emptyReport(text);
    let output: Output | null = null;
    let error: CurlError | null = null;
    try {
      const path = this.#file(text, index);
      const direct = (path === null && this.#terminal) || parsed.has('no-buffer');
      output = new Output(path, { direct, silent });
      report.file = path ?? '';
      const toTerminal = path === null && this.#terminal;
      const shown = !silent && !parsed.has('no-progress-meter') && !toTerminal;
      const progress = new Progress(shown, start);
      yield* progress.update();
      const parsedUrl = parseUrl(text);
      if (parsedUrl === null) throw BAD_URL;
      report.scheme = parsedUrl.scheme;
      const asQuery = parsed.has('get');
      const url = asQuery ? { ...parsedUrl, target: withQuery(parsedUrl.target, payload) } : parsedUrl;
      const transfer = new Transfer({
        settings: this.#settings,
        connections: this.#connections,
        output,
        heads: this.#heads,
        report,
        progress,
        countsData: verbose && !toTerminal,
        limits: { start, until: maxTime === null ? null : start + maxTime },
      });
      yield* transfer.run(url, asQuery ? null : payload);
    } catch (failure) {
      if (!(failure instanceof CurlError)) throw failure;
      error = failure;
    }
    yield* this.#tell(report, error, start);
    if (output !== null) {
      const unwritten = yield* this.#end(output, error === null);
      error ??= unwritten;
    }
    const format = parsed.value('write-out');
    if (format !== null) yield* writeOut(format, { ...report, error });
    return error?.code ?? 0;
  }

  /** The last bytes may find no place: what is said of that, or null. */
  *#end(output: Output, whole: boolean): Sys<CurlError | null> {
    try {
      yield* output.end(whole);
      return null;
    } catch (failure) {
      if (!(failure instanceof CurlError)) throw failure;
      yield* this.#complain(failure);
      return failure;
    }
  }

  *#tell(report: Report, error: CurlError | null, start: number): Sys<void> {
    const total = (yield* monotonic()) - start;
    report.times.total = total;
    report.downSpeed = Progress.speed(report.downloaded, total);
    report.upSpeed = Progress.speed(report.uploaded, total);
    if (error !== null) yield* this.#complain(error);
  }

  *#complain({ code, message }: CurlError): Sys<void> {
    const { silent, parsed } = this.#settings;
    if (!silent || parsed.has('show-error')) yield* writeAll(2, `curl: (${code}) ${message}\n`);
  }

  /** Throws CurlError. */
  #file(url: string, index: number): string | null {
    const { parsed } = this.#settings;
    const given = parsed.order.filter((key) => key === 'output' || key === 'remote-name');
    const kind = given[index];
    if (kind === undefined) return null;
    if (kind === 'output') {
      const name = parsed.values('output')[given.slice(0, index).filter((key) => key === 'output').length]!;
      return name === '-' ? null : name;
    }
    const name = remoteName(parseUrl(url)?.target ?? '/');
    if (name === null) throw new CurlError(23, 'Failed writing received data to disk/application');
    return name;
  }
}

function* run(parsed: Parsed, env: ReadonlyMap<string, string>): Sys<number> {
  if (parsed.has('version')) {
    yield* writeAll(1, VERSION);
    return 0;
  }
  const urls = [...parsed.values('url'), ...parsed.operands];
  if (urls.length === 0) {
    // What was asked for is found without a URL only where nothing was.
    const hint = "curl: try 'curl --help' or 'curl --manual' for more information\n";
    yield* writeAll(2, `${parsed.order.length === 0 ? '' : 'curl: no URL specified!\n'}${hint}`);
    return 2;
  }
  const globbed = urls.find((url) => /[[\]{}]/.test(url));
  if (globbed !== undefined && !parsed.has('globoff'))
    throw new UsageError(
      `several URLs in one ("${globbed}") are not simulated: give -g to mean it literally`,
    );
  const proxy = ['http_proxy', 'all_proxy', 'ALL_PROXY'].find((name) => (env.get(name) ?? '') !== '');
  if (proxy !== undefined) throw new UsageError(`proxies (${proxy}) are not simulated`);
  const cookie = parsed.values('cookie').find((text) => !text.includes('='));
  if (cookie !== undefined) throw new UsageError(`cookies from a file ("${cookie}") are not simulated`);
  if (parsed.has('user') && !parsed.value('user')!.includes(':'))
    throw new UsageError('asking for a password is not simulated: give USER:PASSWORD');
  const settings = settingsOf(parsed);
  const payload = yield* readPayload(settings);
  if (payload !== null && settings.head && !parsed.has('get'))
    throw new UsageError('You can only select one HTTP request method!');
  const terminal = (yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF')) !== null;
  // What cannot be written is told, and ends nobody.
  yield* sys.sigaction('PIPE', 'ignore');
  return yield* new Command(settings, terminal).run(urls, payload);
}

export const curlCommand: CommandSpec = {
  name: 'curl',
  usage: '[OPTION]... URL...',
  summary: 'Ask an HTTP server, and write what it answers.',
  options: curlOptions,
  usageStatus: 2,
  *run(parsed, { env }) {
    try {
      return yield* run(parsed, env);
    } catch (error) {
      if (isOsError(error, 'EAFNOSUPPORT'))
        throw new UsageError('this host has no network: give --unix-socket');
      throw error;
    }
  },
};
