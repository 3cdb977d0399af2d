/** getent(1): entries of the system's databases, as its library finds them. */

import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys, writeAll } from '../../../linux/index.ts';
import { lookupHost, namesOf } from '../../../linux/net/names.ts';
import { formatIpv4, parseIpv4 } from '../../../network/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { linesOf, orNull } from '../support.ts';

/** getent(1), EXIT STATUS. */
const NOT_FOUND = 2;

function* fileLines(path: string): Sys<string[]> {
  const bytes = yield* orNull(() => readFile(path), 'ENOENT', 'EACCES');
  return bytes === null ? [] : linesOf(decodeUtf8(bytes));
}

const hostLine = (address: number, names: readonly string[]) =>
  `${formatIpv4(address).padEnd(15)} ${names.join(' ')}\n`;

function* hosts(key: string): Sys<string> {
  const address = parseIpv4(key);
  if (address !== null) {
    const names = yield* namesOf(address);
    return names.length === 0 ? '' : hostLine(address, names);
  }
  const found = yield* lookupHost(key);
  if (found.kind !== 'found') return '';
  return found.addresses.map((each) => hostLine(each, [found.name, ...found.aliases])).join('');
}

function* allHosts(): Sys<string> {
  const lines = yield* fileLines('/etc/hosts');
  return lines
    .map((line) => {
      const [first = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
      const address = parseIpv4(first);
      return address === null ? '' : hostLine(address, names);
    })
    .join('');
}

/** Each address by the types of sockets that one could open to it. */
function* addresses(key: string): Sys<string> {
  const found = yield* lookupHost(key);
  if (found.kind !== 'found') return '';
  return found.addresses
    .flatMap((address, i) =>
      ['STREAM', 'DGRAM', 'RAW'].map((type, j) => {
        const name = i === 0 && j === 0 ? found.name : '';
        return `${formatIpv4(address).padEnd(15)} ${type.padEnd(6)} ${name}\n`;
      }),
    )
    .join('');
}

/** Lines of a file whose first field, or third as a number, is the key. */
const accounts = (path: string) =>
  function* (key: string | null): Sys<string> {
    const lines = yield* fileLines(path);
    const wanted = lines.filter((line) => {
      const [name, , id] = line.split(':');
      return key === null || name === key || (/^\d+$/.test(key) && id === key);
    });
    return wanted.map((line) => `${line}\n`).join('');
  };

const DATABASES: Readonly<Record<string, (key: string | null) => Sys<string>>> = {
  ahosts: (key) => (key === null ? allHosts() : addresses(key)),
  ahostsv4: (key) => (key === null ? allHosts() : addresses(key)),
  group: accounts('/etc/group'),
  hosts: (key) => (key === null ? allHosts() : hosts(key)),
  passwd: accounts('/etc/passwd'),
};

export const getentCommand: CommandSpec = {
  name: 'getent',
  usage: 'DATABASE [KEY]...',
  summary: 'Show entries of the databases hosts, ahosts, ahostsv4, passwd and group.',
  options: [],
  *run(parsed) {
    const [database, ...keys] = parsed.operands;
    if (database === undefined) throw new UsageError('wrong number of arguments');
    const read = Object.hasOwn(DATABASES, database) ? DATABASES[database] : undefined;
    if (read === undefined) throw new UsageError(`Unknown database: ${database}`);
    let status = 0;
    for (const key of keys.length === 0 ? [null] : keys) {
      const text = yield* read(key);
      if (text === '') status = NOT_FOUND;
      yield* writeAll(1, text);
    }
    return status;
  },
};
