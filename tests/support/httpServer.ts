/**
 * A server of HTTP that answers with the bytes of a table, as a program of a simulated host and (realHttpServer.py) as a process, and what
 * the real curl 7.88.1 says of it. `OPTIONS` requests are not read before the connection is closed, which resets it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { concatBytes, decodeUtf8, encodeUtf8, isOsError } from '../../src/base/index.ts';
import { type Fd, type Program, type Sys, sys, writeAll } from '../../src/linux/index.ts';

interface Answer {
  readonly raw: string;
  /** The request itself is the answer's body. */
  readonly echo?: boolean;
  /** Seconds until the next request or the end. */
  readonly wait?: number;
  readonly close?: boolean;
}

const text = (head: string, body = '') => `HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

export const TABLE: Readonly<Record<string, Answer>> = {
  '/': { raw: text('200 OK\r\nServer: test\r\nContent-Type: text/plain', 'hello\n') },
  '/echo': { raw: '', echo: true },
  '/chunked': {
    raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=y\r\n world\n\r\n0\r\nX-Trailer: 1\r\n\r\n',
  },
  '/old': { raw: 'HTTP/1.0 200 OK\r\n\r\nold\n', close: true },
  '/redirect': { raw: text('302 Found\r\nLocation: /', 'moved') },
  '/relative/here': { raw: text('303 See Other\r\nLocation: ../echo?from=here') },
  '/loop': { raw: text('301 Moved Permanently\r\nLocation: /loop') },
  '/away': { raw: text('307 Temporary Redirect\r\nLocation: http://other.test:8000/echo') },
  '/short': { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', close: true },
  '/short-chunk': { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', close: true },
  '/empty': { raw: '', close: true },
  '/silent': { raw: '', wait: 3, close: true },
  '/slow': { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', wait: 3, close: true },
  '/none': { raw: 'HTTP/1.1 204 No Content\r\n\r\n' },
  '/busy': { raw: text('503 Service Unavailable', 'busy\n') },
  '/ssh': { raw: 'SSH-2.0-OpenSSH\r\n', close: true },
  '/secret': { raw: text('401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"', 'no\n') },
  '/dir/file.txt': { raw: text('200 OK\r\nConnection: close', 'content\n'), close: true },
};
const OTHER: Answer = { raw: text('404 Not Found', 'none\n') };

/** Null at the end. */
function* readRequest(fd: Fd, before: string): Sys<{ asked: string; rest: string } | null> {
  let data = before;
  const more = function* (): Sys<boolean> {
    const piece = yield* sys.read(fd, 65_536);
    data += decodeUtf8(piece);
    return piece.length > 0;
  };
  while (!data.includes('\r\n\r\n')) if (!(yield* more())) return null;
  const end = data.indexOf('\r\n\r\n') + 4;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(data.slice(0, end))?.[1] ?? 0);
  if (/\r\nexpect: /i.test(data.slice(0, end))) yield* writeAll(fd, 'HTTP/1.1 100 Continue\r\n\r\n');
  while (data.length < end + length) if (!(yield* more())) return null;
  return { asked: data.slice(0, end + length), rest: data.slice(end + length) };
}

function* serve(fd: Fd): Sys<number> {
  yield* sys.poll([{ fd, events: 'in' }], null);
  const begin = decodeUtf8(yield* sys.read(fd, 5));
  if (begin === 'OPTIO') return 0;
  let rest = begin;
  for (;;) {
    const got = yield* readRequest(fd, rest);
    if (got === null) return 0;
    rest = got.rest;
    const [method = '', path = ''] = got.asked.split(' ');
    const answer = TABLE[path.split('?')[0]!] ?? OTHER;
    let bytes = encodeUtf8(answer.raw);
    if (answer.echo === true) {
      const body = encodeUtf8(got.asked);
      const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
      bytes = concatBytes([encodeUtf8(head), body]);
    }
    if (method === 'HEAD') bytes = encodeUtf8(`${decodeUtf8(bytes).split('\r\n\r\n')[0]}\r\n\r\n`);
    yield* writeAll(fd, bytes);
    if (answer.wait !== undefined) yield* sys.nanosleep(answer.wait * 1_000_000_000);
    if (answer.close === true) return 0;
  }
}

/** `http-server PORT|PATH` */
export const httpServer: Program = function* ({ argv }) {
  const place = argv[1]!;
  const inet = /^\d+$/.test(place);
  const fd = yield* inet ? sys.socket({ family: 'inet', type: 'stream' }) : sys.socket();
  yield* sys.bind(fd, inet ? { family: 'inet', address: 0, port: Number(place) } : place);
  yield* sys.listen(fd, 9);
  yield* sys.sigaction('PIPE', 'ignore');
  for (;;) {
    const connection = yield* sys.accept(fd);
    yield* sys.fork(function* () {
      try {
        return yield* serve(connection);
      } catch (error) {
        if (!isOsError(error)) throw error;
        return 1;
      }
    });
    yield* sys.close(connection);
  }
};

export const HOSTS = '127.0.0.1 localhost\n10.0.0.1 web.test web other.test\n';
const SERVER = fileURLToPath(new URL('realHttpServer.py', import.meta.url));

export const askRealCurl = (script: string) => askReal(script, 'curl', /^curl 7\.88\.1 /);
export const askRealWget = (script: string) => askReal(script, 'wget', /^GNU Wget 1\.21\.3 /);

/** What the real tool answers in a network namespace of its own with such a server on 10.0.0.1:8000; null where that cannot be. */
function askReal(script: string, tool: string, version: RegExp): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'virtbook-http-'));
  try {
    writeFileSync(join(dir, 'table.json'), JSON.stringify(TABLE));
    writeFileSync(join(dir, 'hosts'), HOSTS);
    writeFileSync(join(dir, 'nothing'), '');
    const setup = `ip link set lo up; ip addr add 10.0.0.1/24 dev lo
mount --bind ${dir}/hosts /etc/hosts; mount --bind ${dir}/nothing /etc/resolv.conf; mount -t tmpfs tmpfs /srv
python3 ${SERVER} ${dir}/table.json 8000 & python3 ${SERVER} ${dir}/table.json 8001 & cd /srv
for port in 8000 8001; do until (exec 3<>/dev/tcp/10.0.0.1/$port); do sleep 0.05; done; done
${tool} --version`;
    const output = execFileSync('unshare', ['-n', '-m', 'bash', '-c', `${setup}\n${script}\nkill %1 %2`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      // wget's quotation marks are those of the locale.
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      timeout: 40_000,
    });
    return version.test(output) ? output : null;
  } catch {
    return null;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Times, and what of curl's own memory is in its words, differ each time. */
export function withoutTimes(output: string): string {
  return output
    .replace(/^\* (Found bundle for host.*|Can not multiplex.*|Please rewind output.*)\n/gm, '')
    .replace(/after \d+ ms/g, 'after N ms')
    .replace(/after \d+ milliseconds/g, 'after N milliseconds')
    .replace(/^(.*?\r[ \d]{3} .{5} {2}[ \d]{3} .{5} {2}[ \d]{3} .{5} {2}).*?((?=\r)|$)/gm, '$1…')
    .replace(/\r([ \d]{3} .{5} {2}[ \d]{3} .{5} {2}[ \d]{3} .{5} {2})[^\n\r…]*?\d(?=[\n*c]|$)/g, '\r$1…');
}

/** As a machine is slow, the real curl's meter says the same once more, when a second begins within a transfer. */
export const withoutRepeats = (text: string): string =>
  text.replace(/\r([ \d]{3} .{5} {2}[ \d]{3} .{5} {2}[ \d]{3} .{5} {2})[^\n\r]*(?=\r\1)/g, '');
