/** `registry`: the registry as a program of a simulated host, with the commands of distribution's. */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import { type Program, type ProgramTable, readFile, type Sys, sys, writeAll } from '../../linux/index.ts';
import { formatIpv4, parseIpv4 } from '../../network/index.ts';
import type { RegistryRequest, RegistryResponse } from '../messages.ts';
import { ConfigError, parseConfig, type RegistryConfig } from './config.ts';
import { serveConnection } from './connection.ts';
import { type AccountFiles, RegistryService } from './service.ts';
import { YamlError } from './yaml.ts';

const HELP = `\`registry\`

Usage:
  registry [flags]
  registry [command]

Available Commands:
  garbage-collect \`garbage-collect\` deletes layers not referenced by any manifests
  help            Help about any command
  serve           \`serve\` stores and distributes Docker images

Flags:
  -h, --help=false: help for registry
  -v, --version=false: show the version and exit
`;
const VERSION = 'registry github.com/distribution/distribution/v3 3.0.0';

class Failure extends Error {}

export const registryProgram: Program = function* ({ argv }) {
  const [command, ...rest] = argv.slice(1);
  try {
    if (command === 'serve') return yield* serve(rest);
    if (command === 'garbage-collect') return yield* collect(rest);
    if (command === '--version' || command === '-v') yield* writeAll(1, `${VERSION}\n`);
    else if (command === undefined || ['help', '--help', '-h'].includes(command)) yield* writeAll(1, HELP);
    else throw new Failure(`unknown command "${command}" for "registry"`);
    return 0;
  } catch (error) {
    if (error instanceof Failure || error instanceof ConfigError || error instanceof YamlError) {
      yield* writeAll(2, `${error instanceof Failure ? '' : 'configuration error: '}${error.message}\n`);
      return 1;
    }
    throw error;
  }
};

function* textOf(path: string): Sys<string> {
  try {
    return decodeUtf8(yield* readFile(path));
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Failure(
      `configuration error: open ${path}: ${error.code === 'ENOENT' ? 'no such file or directory' : error.message}`,
    );
  }
}

function* open(args: readonly string[]): Sys<{ config: RegistryConfig; service: RegistryService }> {
  const [path, ...more] = args;
  if (path === undefined) throw new Failure('configuration error: configuration path unspecified');
  if (more.length > 0) throw new Failure(`configuration error: ${more.join(' ')}: one path is enough`);
  const config = parseConfig(yield* textOf(path));
  const texts: AccountFiles = {
    htpasswd: config.htpasswd === null ? null : yield* textOf(config.htpasswd.path),
    accounts: config.token === null ? null : yield* textOf(config.token.accounts),
  };
  return { config, service: yield* RegistryService.open(config, texts) };
}

/** A line of the log, as logrus writes it to a file. */
function* log(level: 'info' | 'fatal', message: string): Sys<void> {
  const { sec } = yield* sys.clock_gettime('realtime');
  const time = `${new Date(sec * 1000).toISOString().slice(0, 19)}Z`;
  yield* writeAll(2, `time="${time}" level=${level} msg=${JSON.stringify(message)}\n`);
}

function* serve(args: readonly string[]): Sys<number> {
  const { config, service } = yield* open(args);
  const listener = yield* sys.socket({ family: 'inet', type: 'stream' });
  const where = `${config.host}:${config.port}`;
  try {
    yield* sys.setsockopt(listener, 'SO_REUSEADDR', 1);
    const address = config.host === '' ? 0 : parseIpv4(config.host);
    if (address === null) throw new Failure(`listen tcp: lookup ${config.host}: no such host`);
    yield* sys.bind(listener, { family: 'inet', address, port: config.port });
    yield* sys.listen(listener);
  } catch (error) {
    if (!isOsError(error)) throw error;
    const why = error.code === 'EADDRINUSE' ? 'address already in use' : error.message;
    yield* log('fatal', `listen tcp ${where}: bind: ${why}`);
    return 1;
  }
  yield* log('info', `listening on ${config.host === '' ? '[::]' : config.host}:${config.port}`);
  yield* sys.sigaction('CHLD', 'ignore');
  yield* sys.sigaction('PIPE', 'ignore');
  for (;;) {
    const client = yield* sys.accept(listener);
    yield* sys.fork(function* () {
      yield* sys.close(listener);
      const peer = yield* sys.getpeername(client);
      const remote = peer.family === 'inet' ? formatIpv4(peer.address) : '';
      yield* serveConnection(client, remote, function* (request) {
        const response = yield* service.answer(request);
        yield* writeAll(1, yield* accessLine(request, response));
        return response;
      });
      return 0;
    });
    yield* sys.close(client);
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Combined log format, as Apache's server has it. */
function* accessLine(request: RegistryRequest, { status, headers, body }: RegistryResponse): Sys<string> {
  const { sec } = yield* sys.clock_gettime('realtime');
  const [date = '', time = ''] = new Date(sec * 1000).toISOString().slice(0, 19).split('T');
  const [year, month, day] = date.split('-');
  const when = `${day}/${months[Number(month) - 1]}/${year}:${time} +0000`;
  const target = request.query === '' ? request.path : `${request.path}?${request.query}`;
  const size = request.method === 'HEAD' ? Number(headers['Content-Length'] ?? 0) : body.length;
  return `${request.remote} - - [${when}] "${request.method} ${target} HTTP/1.1" ${status} ${size} "" "${request.headers['user-agent'] ?? ''}"\n`;
}

function* collect(args: readonly string[]): Sys<number> {
  const flags = new Map([
    ['-d', 'dryRun'],
    ['--dry-run', 'dryRun'],
    ['-m', 'untagged'],
    ['--delete-untagged', 'untagged'],
  ]);
  const given = args.filter((arg) => arg.startsWith('-'));
  for (const flag of given) if (!flags.has(flag)) throw new Failure(`unknown flag: ${flag}`);
  const { service } = yield* open(args.filter((arg) => !arg.startsWith('-')));
  const options = Object.fromEntries(given.map((flag) => [flags.get(flag)!, true]));
  const lines: string[] = [];
  const found = yield* service.collect({
    ...options,
    begin: () => void lines.splice(0),
    mark: (repository, what, digest) =>
      void lines.push(
        what === 'repository' ? `${repository}\n` : `${repository}: marking ${what} ${digest}\n`,
      ),
  });
  const rest = [
    ...found.manifests.map(
      ({ repository, digest }) => `manifest eligible for deletion: ${repository}@${digest}\n`,
    ),
    ...found.blobs.map((digest) => `blob eligible for deletion: ${digest}\n`),
  ];
  const counts = `${found.marked} blobs marked, ${found.blobs.length} blobs and ${found.manifests.length} manifests eligible for deletion\n`;
  yield* writeAll(1, `${lines.join('')}\n${counts}${rest.join('')}`);
  return 0;
}

export const registryPrograms: ProgramTable = new Map([['registry', registryProgram]]);
/** Name → path of the executable. */
export const REGISTRY_PATHS: ReadonlyMap<string, string> = new Map([['registry', '/usr/bin/registry']]);
