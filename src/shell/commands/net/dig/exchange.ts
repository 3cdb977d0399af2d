/** Questions to name servers, one at a time, as dig(1) and host(1) ask them. */
import { concatBytes, isOsError, OsError } from '../../../../base/index.ts';
import { type Sys, sys } from '../../../../linux/index.ts';
import { connectWithin } from '../../../../linux/net/connect.ts';
import { monotonic, randomId } from '../../../../linux/net/resolver.ts';
import { buildDns, type DnsMessage, formatIpv4, parseDns } from '../../../../network/index.ts';

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly recursion: boolean;
  readonly edns: boolean;
  readonly tcp: boolean;
  readonly port: number;
  /** Nanoseconds for one try, and how many. */
  readonly timeout: number;
  readonly tries: number;
}

export interface Answer {
  readonly message: DnsMessage;
  readonly bytes: Uint8Array;
  readonly server: number;
  /** Nanoseconds from the question to the answer. */
  readonly time: number;
  readonly tcp: boolean;
}

/** No server answered. `printed`: whether something stood before it that belongs to an answer. */
export class NoServers extends Error {
  /** It did not even come to sending something. */
  readonly unsent: boolean;

  constructor(unsent: boolean) {
    super('no servers could be reached');
    this.unsent = unsent;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'timed out',
  ECONNRESET: 'connection reset',
};

const OPT = 41;
const COOKIE = 10;

/** A pseudo record behind the message: how long an answer may be, and eight bytes that it repeats (RFC 6891, RFC 7873). */
function* withOpt(message: Uint8Array): Sys<Uint8Array> {
  const cookie: number[] = [];
  while (cookie.length < 8) {
    const word = yield* randomId();
    cookie.push(word >> 8, word & 255);
  }
  const out = concatBytes([
    message,
    Uint8Array.from([0, 0, OPT, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, 12, 0, COOKIE, 0, 8, ...cookie]),
  ]);
  out[11] = 1;
  return out;
}

function* queryBytes(question: Question, id: number): Sys<Uint8Array> {
  const message = buildDns({
    id,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: question.recursion,
    recursionAvailable: false,
    rcode: 0,
    questions: [{ name: question.name, type: question.type }],
    answers: [],
    authorities: [],
    additionals: [],
  });
  return question.edns ? yield* withOpt(message) : message;
}

/** Null when the time is over. Throws OsError. */
function* receive(
  fd: number,
  id: number,
  until: number,
): Sys<{ message: DnsMessage; bytes: Uint8Array } | null> {
  for (;;) {
    const wait = until - (yield* monotonic());
    if (wait <= 0) return null;
    const [ready] = yield* sys.poll([{ fd, events: 'in' }], wait);
    if (!ready!.in) return null;
    const { data } = yield* sys.recvmsg(fd, 65_536);
    const message = parseDns(data);
    if (message?.response === true && message.id === id) return { message, bytes: data };
  }
}

/** Two bytes of length stand before each message (RFC 1035, 4.2.2). */
function* receiveByTcp(
  fd: number,
  id: number,
  until: number,
): Sys<{ message: DnsMessage; bytes: Uint8Array } | null> {
  let data: Uint8Array = new Uint8Array(0);
  for (;;) {
    const length = data.length < 2 ? null : (data[0]! << 8) | data[1]!;
    if (length !== null && data.length >= length + 2) {
      const bytes = data.slice(2, length + 2);
      const message = parseDns(bytes);
      return message?.response === true && message.id === id ? { message, bytes } : null;
    }
    const wait = until - (yield* monotonic());
    const [ready] = yield* sys.poll([{ fd, events: 'in' }], Math.max(0, wait));
    if (!ready!.in) return null;
    const part = yield* sys.read(fd, 65_536);
    if (part.length === 0) throw new OsError('ECONNRESET');
    data = concatBytes([data, part]);
  }
}

/** One try with one server; null when it says nothing in time. Throws OsError. */
function* ask(question: Question, server: number): Sys<Answer | null> {
  const { port, tcp, timeout } = question;
  const id = yield* randomId();
  const query = yield* queryBytes(question, id);
  const fd = yield* sys.socket({ family: 'inet', type: tcp ? 'stream' : 'dgram' });
  try {
    const begun = yield* monotonic();
    const to = { family: 'inet', address: server, port } as const;
    if (tcp) {
      yield* connectWithin(fd, to, timeout);
      yield* sys.write(fd, concatBytes([Uint8Array.from([query.length >> 8, query.length & 255]), query]));
    } else {
      yield* sys.connect(fd, to);
      yield* sys.sendto(fd, query, null);
    }
    const got = yield* (tcp ? receiveByTcp : receive)(fd, id, begun + timeout);
    return got === null ? null : { ...got, server, time: (yield* monotonic()) - begun, tcp };
  } finally {
    yield* sys.close(fd);
  }
}

/** Asks one server after the other until one answers; `tell` hears of those that do not. Throws NoServers. */
export function* exchange(
  question: Question,
  servers: readonly number[],
  tell: (line: string) => Sys<void>,
): Sys<Answer> {
  const dead = new Set<number>();
  let unsent = true;
  for (let round = 0; round < question.tries; round++)
    for (const server of servers) {
      if (dead.has(server)) continue;
      const place = `${formatIpv4(server)}#${question.port}`;
      try {
        const answer = yield* ask(question, server);
        unsent = false;
        if (answer === null) {
          yield* tell(`;; communications error to ${place}: timed out`);
          continue;
        }
        if (!answer.message.truncated || question.tcp) return answer;
        yield* tell(';; Truncated, retrying in TCP mode.');
        return yield* exchange({ ...question, tcp: true }, [server], tell);
      } catch (error) {
        if (!isOsError(error) || error.code === 'EINTR') throw error;
        dead.add(server);
        const words = WORDS[error.code] ?? error.code;
        const full = `${place}(${formatIpv4(server)}) for ${question.name === '' ? '.' : question.name}`;
        if (question.tcp) yield* tell(`;; Connection to ${full} failed: ${words}.`);
        else if (error.code === 'ENETUNREACH') yield* tell(`;; UDP setup with ${full} failed: ${words}.`);
        else {
          unsent = false;
          yield* tell(`;; communications error to ${place}: ${words}`);
        }
      }
    }
  throw new NoServers(unsent);
}
