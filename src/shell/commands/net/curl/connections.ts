/** curl's connections: one that stays open serves the next request for the same host. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type SocketAddress, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { connectWithin } from '../../../../linux/net/connect.ts';
import { lookupHost } from '../../../../linux/net/names.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';
import { formatIpv4, parseIpv4 } from '../../../../network/index.ts';
import { HttpStream } from '../http/stream.ts';
import { type HttpUrl, portOf } from '../http/url.ts';
import { CurlError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Progress } from './progress.ts';
import type { Report } from './report.ts';

const MILLISECOND = 1_000_000;
/** The exit status for a name that has no address. */
const NO_HOST = 6;

export interface Connection {
  readonly key: string;
  readonly number: number;
  readonly stream: HttpStream;
  readonly local: Report['local'];
  readonly remote: Report['remote'];
}

export interface Limits {
  /** When the transfer began, in monotonic nanoseconds, and when it has to be over. */
  readonly start: number;
  readonly until: number | null;
}

const endOf = (address: SocketAddress) =>
  address.family === 'inet' ? { address: formatIpv4(address.address), port: address.port } : null;

export class Connections {
  readonly #settings: Settings;
  readonly #idle: Connection[] = [];
  /** Names that were looked up. */
  readonly #found = new Map<string, readonly number[]>();
  #next = 0;
  /** Tells what happens when -v is given. */
  readonly note: (text: string) => Sys<void>;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { verbose } = settings;
    this.note = function* (text) {
      if (verbose) yield* writeAll(2, `* ${text}\n`);
    };
  }

  /** An idle connection to the host of `url`, or a new one. Throws CurlError. */
  *take(url: HttpUrl, limits: Limits, report: Report, progress: Progress): Sys<Connection> {
    const key = this.#settings.unixSocket ?? `${url.host.toLowerCase()}:${portOf(url)}`;
    const at = this.#idle.findIndex((each) => each.key === key);
    if (at >= 0) {
      const [known] = this.#idle.splice(at, 1);
      if (!(yield* known!.stream.isStale())) {
        yield* this.note(`Re-using existing connection #${known!.number} with host ${url.host}`);
        return known!;
      }
      yield* this.note(`Connection ${known!.number} seems to be dead`);
      yield* this.close(known!);
    }
    const number = this.#next++;
    try {
      return yield* this.#open(url, key, number, limits, report);
    } catch (error) {
      if (error instanceof CurlError) {
        yield* this.note(error.message);
        if (error.code !== NO_HOST) yield* progress.end();
        yield* this.note(`Closing connection ${number}`);
      }
      throw error;
    }
  }

  *#open(url: HttpUrl, key: string, number: number, limits: Limits, report: Report): Sys<Connection> {
    const { unixSocket } = this.#settings;
    const { start } = limits;
    const targets: readonly (number | string)[] =
      unixSocket !== null ? [unixSocket] : yield* this.#addresses(url, limits);
    report.times.lookup = (yield* monotonic()) - start;
    for (const target of targets) {
      const stream = yield* this.#try(url, target, limits);
      if (stream === null) continue;
      report.connects++;
      report.times.connect = (yield* monotonic()) - start;
      const shown = typeof target === 'string' ? target : formatIpv4(target);
      yield* this.note(`Connected to ${url.host} (${shown}) port ${portOf(url)} (#${number})`);
      if (typeof target === 'string')
        return { key, number, stream, local: null, remote: { address: target, port: 0 } };
      const local = endOf(yield* sys.getsockname(stream.fd));
      return { key, number, stream, local, remote: { address: formatIpv4(target), port: portOf(url) } };
    }
    const taken = Math.floor(((yield* monotonic()) - start) / MILLISECOND);
    throw new CurlError(
      7,
      `Failed to connect to ${url.host} port ${portOf(url)} after ${taken} ms: Couldn't connect to server`,
    );
  }

  *#addresses(url: HttpUrl, { start, until }: Limits): Sys<readonly number[]> {
    const { resolve, connectTimeout } = this.#settings;
    const key = `${url.host.toLowerCase()}:${portOf(url)}`;
    const given = resolve.get(key);
    const known = given === undefined ? this.#found.get(key) : [parseIpv4(given)!];
    if (known !== undefined) {
      yield* this.note(`Hostname ${url.host} was found in DNS cache`);
      return known;
    }
    const limit = connectTimeout === null ? until : Math.min(start + connectTimeout, until ?? Infinity);
    const found = yield* lookupHost(url.host, limit);
    if (found.kind === 'found') {
      this.#found.set(key, found.addresses);
      return found.addresses;
    }
    const now = yield* monotonic();
    if (limit !== null && now >= limit)
      throw new CurlError(
        28,
        `Resolving timed out after ${Math.floor((now - start) / MILLISECOND)} milliseconds`,
      );
    throw new CurlError(NO_HOST, `Could not resolve host: ${url.host}`);
  }

  /** Null when nobody is there. Throws CurlError 28. */
  *#try(url: HttpUrl, target: number | string, { start, until }: Limits): Sys<HttpStream | null> {
    const { connectTimeout } = this.#settings;
    const local = typeof target === 'string';
    const shown = local ? target : formatIpv4(target);
    yield* this.note(`  Trying ${shown}:${local ? 0 : portOf(url)}...`);
    const fd = yield* local ? sys.socket() : sys.socket({ family: 'inet', type: 'stream' });
    const begun = yield* monotonic();
    const limit = Math.min(until ?? Infinity, connectTimeout === null ? Infinity : start + connectTimeout);
    try {
      if (local) yield* sys.connect(fd, target);
      else {
        const to = { family: 'inet', address: target, port: portOf(url) } as const;
        yield* connectWithin(fd, to, Number.isFinite(limit) ? limit - begun : null);
      }
      return new HttpStream(fd);
    } catch (error) {
      yield* sys.close(fd);
      if (!isOsError(error) || error.code === 'EINTR') throw error;
      const now = yield* monotonic();
      const taken = Math.floor((now - start) / MILLISECOND);
      if (error.code === 'ETIMEDOUT' && now >= limit) {
        if (until !== null && now >= until)
          throw new CurlError(28, `Connection timed out after ${taken} milliseconds`);
        yield* this.note(
          `ipv4 connect timeout after ${Math.floor((limit - begun) / MILLISECOND)}ms, move on!`,
        );
        const where = `${url.host} port ${portOf(url)} after ${taken} ms`;
        throw new CurlError(28, `Failed to connect to ${where}: Timeout was reached`);
      }
      // What fails without a packet fails at once.
      if (local || error.code === 'ENETUNREACH' || error.code === 'EACCES')
        yield* this.note(`Immediate connect fail for ${shown}: ${strerror(error.code)}`);
      else yield* this.note(`connect to ${shown} port ${portOf(url)} failed: ${strerror(error.code)}`);
      return null;
    }
  }

  *keep(connection: Connection, host: string): Sys<void> {
    yield* this.note(`Connection #${connection.number} to host ${host} left intact`);
    this.#idle.push(connection);
  }

  *close(connection: Connection): Sys<void> {
    yield* this.note(`Closing connection ${connection.number}`);
    yield* connection.stream.close();
  }

  *closeAll(): Sys<void> {
    for (const { stream } of this.#idle) yield* stream.close();
  }
}
