/** wget's connections: the last one that stays open serves the next request for the same host. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Sys, sys } from '../../../../linux/index.ts';
import { connectWithin } from '../../../../linux/net/connect.ts';
import { LOOKUP_ERRORS, type Lookup, lookupHost } from '../../../../linux/net/names.ts';
import { formatIpv4, parseIpv4 } from '../../../../network/index.ts';
import { type ResponseHead, staysOpen } from '../http/response.ts';
import { HttpStream } from '../http/stream.ts';
import { type HttpUrl, portOf } from '../http/url.ts';
import { Ended, NETWORK, Transient } from './endings.ts';
import type { Log } from './log.ts';

interface Kept {
  readonly key: string;
  readonly stream: HttpStream;
}

export class Connector {
  readonly #log: Log;
  /** Nanoseconds. */
  readonly #timeout: number;
  #kept: Kept | null = null;
  readonly #found = new Map<string, Lookup>();

  constructor(log: Log, timeout: number) {
    this.#log = log;
    this.#timeout = timeout;
  }

  /** Throws Transient, Ended. */
  *connect(url: HttpUrl): Sys<HttpStream> {
    const key = `${url.host.toLowerCase()}:${portOf(url)}`;
    if (this.#kept !== null) {
      const { key: other, stream } = this.#kept;
      this.#kept = null;
      if (other === key && !(yield* stream.isStale())) {
        yield* this.#log.say(`Reusing existing connection to ${url.host}:${portOf(url)}.\n`);
        return stream;
      }
      yield* stream.close();
    }
    const literal = parseIpv4(url.host) !== null;
    // What was found once is not looked up, nor told, again.
    const known = this.#found.get(url.host);
    const told = !literal && known === undefined;
    if (told) yield* this.#log.say(`Resolving ${url.host} (${url.host})... `);
    const found = known ?? (yield* lookupHost(url.host));
    if (found.kind !== 'found') {
      yield* this.#log.say(`failed: ${LOOKUP_ERRORS[found.kind]}.\n`);
      yield* this.#log.tell(`wget: unable to resolve host address ‘${url.host}’\n`);
      throw new Ended(NETWORK);
    }
    this.#found.set(url.host, found);
    if (told) yield* this.#log.say(`${found.addresses.map(formatIpv4).join(', ')}\n`);
    let last = false;
    for (const address of found.addresses) {
      const where = literal ? url.host : `${url.host} (${url.host})|${formatIpv4(address)}|`;
      yield* this.#log.say(`Connecting to ${where}:${portOf(url)}... `);
      const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
      try {
        yield* connectWithin(fd, { family: 'inet', address, port: portOf(url) }, this.#timeout);
        yield* this.#log.say('connected.\n');
        return new HttpStream(fd);
      } catch (error) {
        yield* sys.close(fd);
        if (!isOsError(error) || error.code === 'EINTR') throw error;
        yield* this.#log.tell(`failed: ${strerror(error.code)}.\n`);
        last = error.code === 'ETIMEDOUT';
      }
    }
    if (last) throw new Transient();
    throw new Ended(NETWORK);
  }

  /** The answer was read. */
  *settle(url: HttpUrl, head: ResponseHead, stream: HttpStream): Sys<void> {
    if (staysOpen(head)) this.#kept = { key: `${url.host.toLowerCase()}:${portOf(url)}`, stream };
    else yield* stream.close();
  }

  *end(): Sys<void> {
    if (this.#kept !== null) yield* this.#kept.stream.close();
  }
}
