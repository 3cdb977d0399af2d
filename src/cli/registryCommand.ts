/** `virtbook registry`: a registry that docker, podman and skopeo push to and pull from, on loopback. */
import { randomBytes } from 'node:crypto';
import {
  type AccessOptions,
  MemoryFiles,
  Registry,
  type RegistryEvent,
  type User,
} from '../registry/index.ts';
import { CommandError } from './commandError.ts';
import { FolderFiles } from './folderFiles.ts';
import { serveRegistry } from './registryServer.ts';

interface Options {
  readonly port: string;
  readonly data?: string;
  readonly user: readonly string[];
  readonly anonymousPull?: true;
  readonly quota?: string;
  readonly pullLimit?: string;
  readonly collect?: true;
  readonly untagged?: true;
  readonly dryRun?: true;
}

/** Seconds of the window that pulls are counted in, as Docker Hub has it: six hours. */
const WINDOW = 21_600;
/** Seconds after which an upload that nobody finished is given up: a week. */
const UPLOAD_AGE = 604_800;

const now = (): number => Math.floor(Date.now() / 1000);

export async function registryCommand(options: Options): Promise<void> {
  const port = count(options.port, '--port', 65_535);
  const make = registryMaker(options, (line) => process.stdout.write(line));
  if (options.collect) collect(make(''), options);
  else await serve(port, make);
}

/**
 * What makes the registry of these options once its address is known; what it does goes to `print`, a line each. Throws CommandError for options
 * that are wrong.
 */
export function registryMaker(
  options: Omit<Options, 'port'>,
  print: (line: string) => void,
): (url: string) => Registry {
  if (options.anonymousPull && options.user.length === 0)
    throw new CommandError('--anonymous-pull is about a registry with users: give --user NAME:PASSWORD too.');
  const limit =
    options.pullLimit === undefined
      ? null
      : { pulls: count(options.pullLimit, '--pull-limit', Number.MAX_SAFE_INTEGER), window: WINDOW };
  const quota =
    options.quota === undefined ? undefined : count(options.quota, '--quota', Number.MAX_SAFE_INTEGER);
  const users = options.user.map(parseUser);
  const { data } = options;
  const files = data === undefined ? new MemoryFiles() : attempt(() => new FolderFiles(data));
  return (url) =>
    new Registry({
      files,
      now,
      newId: () => randomBytes(16).toString('hex'),
      pullLimits: { anonymous: limit, user: limit },
      ...(quota !== undefined && { quota }),
      ...(users.length > 0 && { access: accessOf(users, options.anonymousPull ?? false, url) }),
      report: (event) => print(`${lineOf(event)}\n`),
    });
}

async function serve(port: number, make: (url: string) => Registry): Promise<void> {
  const server = await serveRegistry(port, make).catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error;
    throw new CommandError(`port ${port}: cannot be listened on (${error.code})`);
  });
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address?.port}/v2/\n`);
}

function collect(registry: Registry, { data, untagged, dryRun }: Options): void {
  if (data === undefined)
    throw new CommandError('--collect needs --data: a registry in memory has just begun.');
  const found = registry.collect({
    untagged: untagged ?? false,
    dryRun: dryRun ?? false,
    uploadsBefore: now() - UPLOAD_AGE,
  });
  for (const { repository, digest } of found.manifests)
    process.stdout.write(`manifest eligible for deletion: ${repository}@${digest}\n`);
  for (const digest of found.blobs) process.stdout.write(`blob eligible for deletion: ${digest}\n`);
  for (const { repository, id } of found.uploads)
    process.stdout.write(`upload eligible for deletion: ${repository} ${id}\n`);
  process.stdout.write(
    `${found.marked} blobs marked, ${found.blobs.length} blobs (${found.bytes} bytes) and ${found.manifests.length} manifests ${dryRun ? 'eligible for deletion' : 'deleted'}\n`,
  );
}

/** Users of the command line may do everything. */
function parseUser(text: string): User {
  const colon = text.indexOf(':');
  if (colon < 1) throw new CommandError(`--user ${text}: NAME:PASSWORD is needed.`);
  const access = [{ repository: '*', actions: ['pull', 'push', 'delete'] as const }];
  return { name: text.slice(0, colon), password: text.slice(colon + 1), access };
}

function accessOf(users: readonly User[], anonymousPull: boolean, url: string): AccessOptions {
  return {
    realm: `${url}/token`,
    service: 'virtbook',
    secret: randomBytes(32),
    users,
    anonymous: anonymousPull ? [{ repository: '*', actions: ['pull'] }] : [],
  };
}

function lineOf({ type, repository, ...rest }: RegistryEvent): string {
  return [type, repository, ...Object.values(rest).flat()].join(' ');
}

function count(text: string, option: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= most) return value;
  throw new CommandError(`${option} ${text}: a whole number up to ${most} is needed.`);
}

/** A folder that cannot be made, in one line. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new CommandError((error as Error).message);
  }
}
