/** md5sum(1), sha1sum(1), sha224sum(1), sha256sum(1), sha384sum(1), sha512sum(1), cksum(1). */
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { isOsError, strerror } from '../../../base/index.ts';
import { READ_SIZE, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { bytesFromText } from '../../text.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain, eachInput } from '../support.ts';
import { eachLine, openInput, PieceWriter } from './lineTools.ts';

interface Algorithm {
  /** As `--tag` names it. */
  readonly tag: string;
  readonly create: () => { update(bytes: Uint8Array): unknown; digest(): Uint8Array };
  readonly bits: number;
}

const algorithms: Readonly<Record<string, Algorithm>> = {
  md5sum: { tag: 'MD5', create: () => md5.create(), bits: 128 },
  sha1sum: { tag: 'SHA1', create: () => sha1.create(), bits: 160 },
  sha224sum: { tag: 'SHA224', create: () => sha224.create(), bits: 224 },
  sha256sum: { tag: 'SHA256', create: () => sha256.create(), bits: 256 },
  sha384sum: { tag: 'SHA384', create: () => sha384.create(), bits: 384 },
  sha512sum: { tag: 'SHA512', create: () => sha512.create(), bits: 512 },
};

function* digestOf(fd: number, { create }: Algorithm): Sys<string> {
  const hash = create();
  for (;;) {
    const bytes = yield* sys.read(fd, READ_SIZE);
    if (bytes.length === 0) return bytesToHex(hash.digest());
    hash.update(bytes);
    // A core hashes about 400 MB a second.
    yield* sys.compute(Math.ceil(bytes.length * 2.5));
  }
}

/** A name with a backslash or a line end in it is escaped, and the line then starts with a backslash. */
function escaped(name: string): { mark: string; name: string } {
  if (!/[\\\n\r]/.test(name)) return { mark: '', name };
  const forms: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
  return { mark: '\\', name: name.replace(/[\\\n\r]/g, (char) => forms[char]!) };
}

function unescaped(name: string): string {
  return name.replace(/\\([\\nr])/g, (_, char: string) => ({ n: '\n', r: '\r' })[char] ?? char);
}

function digestCommand(name: string, algorithm: Algorithm): CommandSpec {
  return {
    name,
    usage: '[OPTION]... [FILE]...',
    summary: `Print or check ${algorithm.tag} digests.`,
    options: [
      { short: 'b', long: 'binary', help: 'put a star before the names' },
      { short: 'c', long: 'check', help: 'read digests from FILEs and check them' },
      { long: 'ignore-missing', help: 'with -c: do not mind files that are not there' },
      { long: 'quiet', help: 'with -c: say nothing of files that are right' },
      { long: 'status', help: 'with -c: say nothing, the exit status tells' },
      { long: 'strict', help: 'with -c: fail for lines that are malformed' },
      { long: 'tag', help: `lines as ${algorithm.tag} (FILE) = DIGEST` },
      { short: 't', long: 'text', help: 'two blanks before the names, as usual' },
      { short: 'w', long: 'warn', help: 'with -c: tell of lines that are malformed' },
      { short: 'z', long: 'zero', help: 'lines end in NUL, names stay as they are' },
    ],
    *run(parsed) {
      const checks = parsed.has('check');
      for (const key of ['ignore-missing', 'quiet', 'status', 'strict', 'warn']) {
        if (parsed.has(key) && !checks) {
          throw new UsageError(`the --${key} option is meaningful only when verifying checksums`);
        }
      }
      if (checks && parsed.has('tag')) {
        throw new UsageError('the --tag option is meaningless when verifying checksums');
      }
      if (checks) return yield* new Check(name, algorithm, parsed).run();
      return yield* eachInput(name, parsed.operands, function* (fd, file) {
        const digest = yield* digestOf(fd, algorithm);
        const shown = parsed.has('zero') ? { mark: '', name: file } : escaped(file);
        const star =
          parsed.order.findLast((key) => key === 'binary' || key === 'text') === 'binary' ? '*' : ' ';
        const line = parsed.has('tag')
          ? `${shown.mark}${algorithm.tag} (${shown.name}) = ${digest}`
          : `${shown.mark}${digest} ${star}${shown.name}`;
        yield* writeAll(1, bytesFromText(`${line}${parsed.has('zero') ? '\0' : '\n'}`));
      });
    },
  };
}

interface Entry {
  readonly digest: string;
  readonly file: string;
}

/** Reads lists of digests and compares. */
class Check {
  readonly #name: string;
  readonly #algorithm: Algorithm;
  readonly #parsed: Parsed;
  #mismatched = 0;
  #unreadable = 0;
  #malformed = 0;
  #formed = 0;
  #verified = 0;
  #failed = false;

  constructor(name: string, algorithm: Algorithm, parsed: Parsed) {
    this.#name = name;
    this.#algorithm = algorithm;
    this.#parsed = parsed;
  }

  *run(): Sys<number> {
    const lists = this.#parsed.operands.length === 0 ? ['-'] : this.#parsed.operands;
    for (const list of lists) yield* this.#list(list);
    return this.#failed ? 1 : 0;
  }

  *#list(list: string): Sys<void> {
    this.#mismatched = this.#unreadable = this.#malformed = this.#formed = this.#verified = 0;
    const out = new PieceWriter();
    let number = 0;
    const shown = list === '-' ? "'standard input'" : list;
    const check = this;
    const status = yield* eachLine(this.#name, [list], out, function* ({ text }) {
      number++;
      if (text.startsWith('#')) return;
      const entry = check.#entryOf(text);
      if (entry !== null) yield* check.#verify(entry);
      else {
        check.#malformed++;
        if (!check.#parsed.has('warn')) return;
        yield* complain(
          check.#name,
          `${shown}: ${number}: improperly formatted ${check.#algorithm.tag} checksum line`,
        );
      }
    });
    if (status !== 0) this.#failed = true;
    else yield* this.#report(shown);
  }

  #entryOf(line: string): Entry | null {
    const { bits, tag } = this.#algorithm;
    const quoted = line.startsWith('\\');
    const rest = quoted ? line.slice(1) : line.trimStart();
    const digest = `[0-9a-fA-F]{${bits / 4}}`;
    const plain = new RegExp(`^(${digest}) [ *](.+)$`, 's').exec(rest);
    const tagged = new RegExp(`^${tag} ?\\((.+)\\) ?= ?(${digest})$`, 's').exec(rest);
    const [hex, file] =
      plain !== null ? [plain[1]!, plain[2]!] : tagged !== null ? [tagged[2]!, tagged[1]!] : [];
    if (hex === undefined || file === undefined) return null;
    return { digest: hex.toLowerCase(), file: quoted ? unescaped(file) : file };
  }

  *#verify({ digest, file }: Entry): Sys<void> {
    this.#formed++;
    const silent = this.#parsed.has('status');
    let found: string | null = null;
    try {
      const fd = yield* openInput(file);
      found = yield* digestOf(fd, this.#algorithm);
      if (fd !== 0) yield* sys.close(fd);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code === 'ENOENT' && this.#parsed.has('ignore-missing')) return;
      yield* complain(this.#name, `${file}: ${strerror(error.code)}`);
      this.#unreadable++;
      if (!silent) yield* this.#line(file, 'FAILED open or read');
      return;
    }
    this.#verified++;
    if (found !== digest) {
      this.#mismatched++;
      if (!silent) yield* this.#line(file, 'FAILED');
    } else if (!silent && !this.#parsed.has('quiet')) yield* this.#line(file, 'OK');
  }

  *#line(file: string, result: string): Sys<void> {
    // Here a backslash alone needs no escape.
    const { mark, name } = /[\n\r]/.test(file) ? escaped(file) : { mark: '', name: file };
    yield* writeAll(1, bytesFromText(`${mark}${name}: ${result}\n`));
  }

  *#report(list: string): Sys<void> {
    if (this.#formed === 0) {
      this.#failed = true;
      yield* complain(this.#name, `${list}: no properly formatted checksum lines found`);
      return;
    }
    const warn = (count: number, one: string, many: string) =>
      count === 0 || this.#parsed.has('status')
        ? null
        : complain(this.#name, `WARNING: ${count} ${count === 1 ? one : many}`);
    const warnings = [
      warn(this.#malformed, 'line is improperly formatted', 'lines are improperly formatted'),
      warn(this.#unreadable, 'listed file could not be read', 'listed files could not be read'),
      warn(this.#mismatched, 'computed checksum did NOT match', 'computed checksums did NOT match'),
    ];
    for (const warning of warnings) if (warning !== null) yield* warning;
    if (this.#parsed.has('ignore-missing') && this.#verified === 0) {
      this.#failed = true;
      yield* complain(this.#name, `${list}: no file was verified`);
    }
    if (this.#mismatched + this.#unreadable > 0 || (this.#malformed > 0 && this.#parsed.has('strict')))
      this.#failed = true;
  }
}

/** POSIX cksum's polynomial. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

const cksum: CommandSpec = {
  name: 'cksum',
  usage: '[FILE]...',
  summary: 'Print the POSIX checksum and the size of each FILE.',
  options: [],
  *run(parsed) {
    return yield* eachInput('cksum', parsed.operands, function* (fd, file) {
      let crc = 0;
      let size = 0;
      const add = (byte: number) => {
        crc = ((crc << 8) ^ CRC_TABLE[((crc >>> 24) ^ byte) & 255]!) >>> 0;
      };
      for (;;) {
        const bytes = yield* sys.read(fd, READ_SIZE);
        if (bytes.length === 0) break;
        for (const byte of bytes) add(byte);
        size += bytes.length;
      }
      // The length follows the bytes, lowest byte first, without leading zeros.
      for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) add(rest % 256);
      const name = parsed.operands.length === 0 ? '' : ` ${file}`;
      yield* writeAll(1, bytesFromText(`${~crc >>> 0} ${size}${name}\n`));
    });
  },
};

export const digestCommands: readonly CommandSpec[] = [
  cksum,
  ...Object.entries(algorithms).map(([name, algorithm]) => digestCommand(name, algorithm)),
];
