/** docker build. Without DOCKER_BUILDKIT=0 the daemon answers in BuildKit's words, which go to standard error. */
import { decodeUtf8, encodeUtf8, fromBase64, goQuote, toHex } from '../../../base/index.ts';
import { type Answer, type CheckResult, SECRETS_HEADER, send } from '../../../container/index.ts';
import { O_CREAT, O_TRUNC, O_WRONLY, readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { InvalidReference, parseTagged } from '../../../oci/index.ts';
import type { Parsed } from '../options.ts';
import { DockerError, messageOf, reach } from './api.ts';
import { contextFromDirectory, contextFromInput, type Sent } from './buildContext.ts';
import { type BuildOutput, buildOutput, putOutput } from './buildOutput.ts';
import type { DockerCommand } from './commands.ts';
import { allLoginsHeader } from './credentials.ts';
import { FlagError, invalid } from './flags.ts';
import { humanSize } from './tables.ts';

const DEPRECATED = `DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
            environment-variable.

`;

type Environment = ReadonlyMap<string, string>;

/** `name=value` pairs; a name alone takes its value from the environment. */
function pairs(given: readonly string[], env: Environment | null): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of given) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    const value = at < 0 ? (env === null ? '' : env.get(name)) : pair.slice(at + 1);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** `id=x,src=path` or `id=x,env=NAME`: id → contents in hexadecimal digits. */
function* secretsOf(given: readonly string[], env: Environment): Sys<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const text of given) {
    const fields = new Map(
      text.split(',').map((field) => [field.split('=', 1)[0]!, field.slice(field.indexOf('=') + 1)]),
    );
    const id = fields.get('id') ?? '';
    if (id === '') throw new DockerError(`ERROR: secret missing "id": ${text}`);
    const source = fields.get('src') ?? fields.get('source');
    const variable = fields.get('env') ?? (source === undefined && env.has(id) ? id : undefined);
    if (variable !== undefined) {
      found[id] = toHex(encodeUtf8(env.get(variable) ?? ''));
      continue;
    }
    try {
      found[id] = toHex(yield* readFile(source ?? id));
    } catch {
      throw new DockerError(`ERROR: failed to stat ${source ?? id}: no such file or directory`);
    }
  }
  return found;
}

/** Values of flags that would need what is not simulated. */
function refuse(parsed: Parsed): void {
  const platform = parsed.value('platform');
  if (platform !== null && !['linux', 'linux/amd64', 'amd64'].includes(platform))
    throw new DockerError(`docker: --platform ${platform} is not simulated on this host.`);
  const progress = parsed.value('progress') ?? 'auto';
  if (['tty', 'rawjson'].includes(progress))
    throw new DockerError(`docker: --progress=${progress} is not simulated on this host.`);
  if (!['auto', 'plain', 'quiet'].includes(progress))
    throw new DockerError(`ERROR: invalid progress mode ${progress}`);
}

function queryOf(
  parsed: Parsed,
  env: Environment,
  sent: Sent,
  buildKit: boolean,
  output: BuildOutput | null,
): string {
  const query: [string, string][] = [
    ...parsed.values('tag').map((tag): [string, string] => ['t', tag]),
    ['buildargs', JSON.stringify(pairs(parsed.values('build-arg'), env))],
    ['labels', JSON.stringify(pairs(parsed.values('label'), null))],
    ['dockerfile', sent.dockerfile],
    ['apart', JSON.stringify(sent.apart)],
    ['target', parsed.value('target') ?? ''],
    ['networkmode', parsed.value('network') ?? 'default'],
    ['nocache', parsed.has('no-cache') ? '1' : '0'],
    ['pull', parsed.has('pull') ? '1' : '0'],
    ['q', parsed.has('quiet') ? '1' : '0'],
    ...(output === null ? [] : [['output', output.type] as [string, string]]),
    ...(parsed.has('check') ? [['check', '1'] as [string, string]] : []),
    ['rm', '1'],
    ['version', buildKit ? '2' : '1'],
  ];
  return query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
}

interface Message {
  readonly stream?: string;
  /** Of an image that comes from its registry. */
  readonly id?: string;
  readonly status?: string;
  readonly progress?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message?: string };
  readonly aux?: { readonly ID?: string };
  readonly check?: CheckResult;
  /** Of --output: an archive in base 64. */
  readonly files?: string;
}

/** The stream's messages, one JSON text a line. */
function* eachMessage(answer: Answer, body: (message: Message) => Sys<void>): Sys<void> {
  let rest = '';
  for (let bytes = yield* answer.next(); bytes.length > 0; bytes = yield* answer.next()) {
    const lines = (rest + decodeUtf8(bytes)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') yield* body(JSON.parse(line) as Message);
  }
}

interface Followed {
  readonly id: string;
  /** Of --check. */
  readonly result: CheckResult | null;
  /** Of --output: an archive. */
  readonly files: Uint8Array | null;
}

/** Shows what the daemon tells; the image's id. Throws DockerError for a build that failed. */
function* follow(answer: Answer, buildKit: boolean, quiet: boolean): Sys<Followed> {
  let id = '';
  let result: CheckResult | null = null;
  let files: Uint8Array | null = null;
  let failure: DockerError | null = null;
  let told = '';
  yield* eachMessage(answer, function* (message) {
    const { stream, error, errorDetail, aux, id: what, status, progress, check } = message;
    if (check !== undefined) result = check;
    if (message.files !== undefined) files = fromBase64(message.files);
    if (aux?.ID !== undefined) id = aux.ID;
    if (status !== undefined && progress === undefined && !quiet)
      yield* writeAll(1, `${what === undefined ? '' : `${what}: `}${status}\n`);
    if (stream !== undefined) {
      if (quiet && buildKit) told += stream;
      else yield* writeAll(buildKit ? 2 : 1, stream);
      if (quiet && !buildKit) id = stream.trim();
    }
    if (error === undefined) return;
    const code = errorDetail?.code ?? 1;
    failure = new DockerError(buildKit ? `ERROR: ${error}` : error, buildKit ? 1 : code);
  });
  yield* answer.close();
  if (failure !== null) {
    if (quiet && buildKit) yield* writeAll(2, told);
    throw failure as DockerError;
  }
  return { id, result, files };
}

/** Tags are looked at before all else: by buildx, or, without it, as flags are. Throws DockerError and FlagError. */
function requireTags(tags: readonly string[], buildKit: boolean): void {
  for (const tag of tags) {
    try {
      parseTagged(tag);
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error;
      if (!buildKit) throw invalid('-t, --tag', tag, error.message);
      const what = /lowercase/.test(error.message)
        ? 'repository name must be lowercase'
        : 'invalid reference format';
      throw new DockerError(`ERROR: invalid tag ${goQuote(tag)}: ${what}`);
    }
  }
}

function* build(parsed: Parsed, env: Environment): Sys<number> {
  const buildKit = env.get('DOCKER_BUILDKIT') !== '0';
  if (!buildKit) yield* writeAll(2, DEPRECATED);
  requireTags(parsed.values('tag'), buildKit);
  refuse(parsed);
  const modern = ['check', 'output'].find((flag) => parsed.has(flag));
  if (!buildKit && modern !== undefined) throw new FlagError(`unknown flag: --${modern}`);
  const output = yield* buildOutput(parsed.values('output'));
  const quiet = parsed.has('quiet') || parsed.value('progress') === 'quiet';
  const [path = ''] = parsed.operands;
  const file = parsed.value('file');
  if (/^(https?:\/\/|git@|git:\/\/|github\.com\/)/.test(path))
    throw new DockerError(`docker: a context from a URL (${path}) is not simulated on this host.`);
  const sent: Sent =
    path === '-'
      ? yield* contextFromInput(file)
      : yield* contextFromDirectory(path.replace(/(.)\/+$/, '$1'), file);
  const secrets = yield* secretsOf(parsed.values('secret'), env);
  if (!buildKit && !quiet)
    yield* writeAll(1, `Sending build context to Docker daemon  ${humanSize(sent.archive.length)}\n`);
  const query = queryOf(parsed, env, sent, buildKit, output);
  const headers = {
    'content-type': 'application/x-tar',
    [SECRETS_HEADER]: JSON.stringify(secrets),
    ...(yield* allLoginsHeader(env)),
  };
  const answer = yield* reach(
    (to) => send(to, 'POST', `/build?${query}`, { body: sent.archive, headers }),
    'POST',
    `/build?${query}`,
  );
  if (answer.status >= 400) {
    const refusal = yield* answer.whole();
    yield* answer.close();
    const words = buildKit ? 'ERROR: failed to solve' : 'Error response from daemon';
    throw new DockerError(`${words}: ${messageOf(refusal)}`);
  }
  const { id, result, files } = yield* follow(answer, buildKit, quiet);
  if (result !== null) {
    yield* writeAll(1, result.text);
    if (result.error !== null) throw new DockerError(`ERROR: ${result.error}`);
    return result.status;
  }
  if (output !== null && files !== null) yield* putOutput(output, files);
  const iidfile = parsed.value('iidfile');
  if (iidfile !== null) {
    const fd = yield* sys.open(iidfile, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
    yield* writeAll(fd, id);
    yield* sys.close(fd);
  }
  if (quiet && buildKit) yield* writeAll(1, `${id}\n`);
  return 0;
}

export const building: readonly DockerCommand[] = [
  {
    name: 'build',
    aliases: ['image build', 'builder build', 'buildx build'],
    usage: '[OPTIONS] PATH | URL | -',
    help: 'Build an image from a Dockerfile',
    options: [
      { long: 'build-arg', argument: 'list', help: 'Set build-time variables' },
      { long: 'check', help: 'Only look for what is strange in the Dockerfile' },
      {
        short: 'f',
        long: 'file',
        argument: 'string',
        help: 'Name of the Dockerfile (default: PATH/Dockerfile)',
      },
      { long: 'iidfile', argument: 'string', help: "Write the image's id to a file" },
      { long: 'label', argument: 'list', help: 'Set metadata for the image' },
      { long: 'load', help: 'Put the image among those of the engine, which it always is' },
      { long: 'network', argument: 'string', help: 'Network of RUN: default or none' },
      { long: 'no-cache', help: 'Do every step again' },
      {
        short: 'o',
        long: 'output',
        argument: 'list',
        help: 'Files instead of an image: DIR, type=local,dest=DIR or type=tar,dest=FILE',
      },
      { long: 'platform', argument: 'string', help: 'linux/amd64' },
      { long: 'progress', argument: 'string', help: 'auto, plain or quiet' },
      { long: 'pull', help: 'Ask for newer base images first' },
      { short: 'q', long: 'quiet', help: "Print only the image's id" },
      {
        long: 'rm',
        argument: 'bool',
        help: 'Remove the containers of steps, which is always done',
      },
      { long: 'secret', argument: 'list', help: 'A file that steps may mount: id=ID[,src=PATH]' },
      { short: 't', long: 'tag', argument: 'list', help: 'NAME[:TAG] of the image' },
      { long: 'target', argument: 'string', help: 'The stage to build' },
    ],
    operands: [1, 1],
    run: build,
  },
];
