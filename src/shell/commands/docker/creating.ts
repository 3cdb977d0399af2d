/** What docker run and docker create ask for: flags → POST /containers/create. */
import { isOsError } from '../../../base/index.ts';
import { type Connection, EngineError, parsePlatform } from '../../../container/index.ts';
import { O_CREAT, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { familiarText, parseTagged } from '../../../oci/index.ts';
import type { Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { DockerError, messageOf, tryApi } from './api.ts';
import { invalid } from './flags.ts';
import { hostConfigOf, volumesOf } from './hostConfig.ts';
import { networkBody } from './networkOptions.ts';
import { pairsOf } from './pairs.ts';
import { pullFor } from './pulling.ts';
import { linesOfFiles, runBody } from './runOptions.ts';

/** Rows and columns of standard output; zeros when it is no terminal. */
export function* terminalSize(): Sys<[number, number]> {
  try {
    const { rows, cols } = yield* sys.tcgetwinsize(1);
    return [rows, cols];
  } catch (error) {
    if (isOsError(error, 'ENOTTY', 'EBADF')) return [0, 0];
    throw error;
  }
}

/** Of --env-file and --env: a name alone takes its value from the client's environment. Throws DockerError with `failure` for a bad file. */
export function* environment(parsed: Parsed, env: ReadonlyMap<string, string>, failure = 125): Sys<string[]> {
  if (!parsed.has('env-file') && !parsed.has('env')) return [];
  const lines = yield* linesOfFiles(parsed, 'env-file', failure);
  return [...lines, ...parsed.values('env')].flatMap((pair) =>
    pair.includes('=') ? [pair] : env.has(pair) ? [`${pair}=${env.get(pair)}`] : [],
  );
}

/** The name of an image with its tag; what is an id remains. Throws DockerError. */
function taggedName(image: string): string {
  if (/^[0-9a-f]{64}$/.test(image)) return image;
  try {
    return familiarText(parseTagged(image));
  } catch (error) {
    throw new DockerError((error as Error).message, 125);
  }
}

/** A DockerError of `work`, in the words of docker `name`. */
export function* told<T>(name: 'run' | 'create', work: () => Sys<T>): Sys<T> {
  try {
    return yield* work();
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    throw new DockerError(
      `docker: ${error.message}\n\nRun 'docker ${name} --help' for more information`,
      error.status === 125 ? 125 : startStatus(error.message),
    );
  }
}

/** The status of what could not be started: as a shell gives it for what cannot be run. */
export function startStatus(message: string): number {
  if (/executable file not found|no such file or directory/.test(message)) return 127;
  return /permission denied|is a directory/.test(message) ? 126 : 125;
}

const STREAMS = ['stdin', 'stdout', 'stderr'];

/** The body of POST /containers/create. Throws DockerError and FlagError for flags that cannot be. */
export function* bodyOf(parsed: Parsed, env: ReadonlyMap<string, string>) {
  const [Image = '', ...Cmd] = parsed.operands;
  const wanted = parsed.value('pull') ?? 'missing';
  if (!['always', 'missing', 'never', ''].includes(wanted)) {
    const why = `invalid pull option: '${wanted}': must be one of "always", "missing" or "never"`;
    throw new DockerError(why, 125);
  }
  const attached = parsed.values('attach').map((text) => {
    if (!STREAMS.includes(text.toLowerCase()))
      throw invalid('-a, --attach', text, 'valid streams are STDIN, STDOUT and STDERR');
    return text.toLowerCase();
  });
  const AttachStdin = parsed.has('interactive') || attached.includes('stdin');
  const AttachStdout = attached.length === 0 || attached.includes('stdout');
  const AttachStderr = attached.length === 0 || attached.includes('stderr');
  const here = yield* sys.getcwd();
  const network = networkBody(parsed);
  const { Binds, Volumes } = volumesOf(parsed, here);
  const Env = yield* environment(parsed, env);
  const labels = parsed.has('label-file') ? yield* linesOfFiles(parsed, 'label-file') : [];
  const run = yield* runBody(parsed);
  if (parsed.has('rm') && !['', 'no'].includes(run.host.RestartPolicy?.Name ?? ''))
    throw new DockerError('conflicting options: cannot specify both --restart and --rm', 125);
  const entrypoint = parsed.value('entrypoint');
  return {
    ExposedPorts: network.ExposedPorts,
    NetworkingConfig: network.NetworkingConfig,
    Image,
    Cmd,
    Volumes,
    Env,
    AttachStdin,
    AttachStdout,
    AttachStderr,
    Entrypoint: entrypoint === null ? undefined : [entrypoint],
    Tty: parsed.has('tty'),
    OpenStdin: parsed.has('interactive'),
    StdinOnce: parsed.has('interactive') && AttachStdin,
    Healthcheck: run.process.Healthcheck,
    StopSignal: run.process.StopSignal,
    StopTimeout: run.process.StopTimeout,
    Hostname: parsed.value('hostname') ?? '',
    User: parsed.value('user') ?? '',
    WorkingDir: parsed.value('workdir') ?? '',
    Labels: pairsOf([...labels, ...parsed.values('label')]),
    HostConfig: {
      ...hostConfigOf(parsed, here, network.host, run.host, Binds),
      ConsoleSize: yield* terminalSize(),
    },
  };
}

/** Of --cidfile. */
function* requireAbsent(path: string): Sys<void> {
  if ((yield* orNull(() => sys.stat(path), 'ENOENT', 'ENOTDIR')) !== null)
    throw new DockerError(
      `container ID file found, make sure the other container isn't running or delete ${path}`,
      125,
    );
}

function requirePlatformName(platform: string): void {
  try {
    parsePlatform(platform);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new DockerError(`error parsing specified platform: ${error.message}`);
  }
}

/** Creates a container, and gets its image when that is not there; its id. More may follow on `connection`. */
export function* create(
  parsed: Parsed,
  env: ReadonlyMap<string, string>,
  body: object,
  connection: Connection | null = null,
): Sys<string> {
  const cidfile = parsed.value('cidfile');
  if (cidfile !== null) yield* requireAbsent(cidfile);
  const [image = ''] = parsed.operands;
  const tagged = taggedName(image);
  const quiet = parsed.has('quiet');
  const name = parsed.value('name');
  const platform = parsed.value('platform');
  if (platform) requirePlatformName(platform);
  const pull = parsed.value('pull') || 'missing';
  const query: string[] = [];
  if (name !== null) query.push(`name=${encodeURIComponent(name)}`);
  if (platform !== null) query.push(`platform=${encodeURIComponent(platform)}`);
  if (pull === 'always') yield* pullFor(env, image, { quiet, platform, out: 2 });
  const path = `/containers/create?${query.join('&')}`;
  let response = yield* tryApi('POST', path, body, connection);
  if (response.status === 404 && pull === 'missing') {
    if (!quiet) yield* writeAll(2, `Unable to find image '${tagged}' locally\n`);
    yield* pullFor(env, image, { quiet, platform, out: 2 });
    response = yield* tryApi('POST', path, body, connection);
  }
  if (response.status >= 400) throw new DockerError(`Error response from daemon: ${messageOf(response)}`, 1);
  const { Id, Warnings } = response.body as { Id: string; Warnings: readonly string[] | null };
  const warnings = (Warnings ?? []).map((warning) => `WARNING: ${warning}\n`).join('');
  if (warnings !== '') yield* writeAll(2, warnings);
  if (cidfile !== null) {
    const fd = yield* sys.open(cidfile, O_WRONLY | O_CREAT, 0o644);
    yield* writeAll(fd, Id);
    yield* sys.close(fd);
  }
  return Id;
}
