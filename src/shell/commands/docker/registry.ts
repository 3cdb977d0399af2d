/** docker pull, push, login, logout. */
import { decodeUtf8 } from '../../../base/index.ts';
import { LineReader, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { familiarText, parseNormalized, parseTagged, referenceText } from '../../../oci/index.ts';
import type { Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { answerTo, api, DockerError } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { authHeader, configPath, HUB_SERVER, removeLogin, storedLogin, storeLogin } from './credentials.ts';
import { showReports } from './progress.ts';
import { pullFor, referenceOf } from './pulling.ts';

type Env = ReadonlyMap<string, string>;

function* pull(parsed: Parsed, env: Env): Sys<number> {
  const [name = ''] = parsed.operands;
  const given = referenceOf(name, parseNormalized);
  const quiet = parsed.has('quiet');
  const all = parsed.has('all-tags');
  if (all && (given.tag !== null || given.digest !== null))
    throw new DockerError("tag can't be used with --all-tags/-a");
  if (!all && !quiet && given.tag === null && given.digest === null)
    yield* writeAll(1, 'Using default tag: latest\n');
  yield* pullFor(env, name, { quiet, platform: parsed.value('platform'), all });
  yield* writeAll(1, `${referenceText(all ? given : referenceOf(name, parseTagged))}\n`);
  return 0;
}

function* push(parsed: Parsed, env: Env): Sys<number> {
  const [name = ''] = parsed.operands;
  const given = referenceOf(name, parseNormalized);
  const all = parsed.has('all-tags');
  if (all && given.tag !== null) throw new DockerError("tag can't be used with --all-tags/-a");
  if (given.digest !== null) throw new DockerError('cannot push a digest reference');
  if (!all && given.tag === null) yield* writeAll(1, 'Using default tag: latest\n');
  const tag = all ? '' : `?tag=${encodeURIComponent(given.tag ?? 'latest')}`;
  const repository = familiarText({ ...given, tag: null });
  const headers = yield* authHeader(env, name);
  const answer = yield* answerTo('POST', `/images/${repository}/push${tag}`, null, 1, headers);
  if (parsed.has('quiet')) {
    const silent = yield* sys.open('/dev/null', 1);
    yield* showReports(answer, silent);
    yield* sys.close(silent);
    yield* writeAll(1, `${referenceText({ ...given, tag: given.tag ?? 'latest' })}\n`);
  } else yield* showReports(answer);
  return 0;
}

/** A line from the terminal; unseen for a password. */
function* asked(prompt: string, hidden: boolean): Sys<string> {
  const before = yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF');
  if (before === null)
    throw new DockerError('Error: Cannot perform an interactive login from a non TTY device');
  yield* writeAll(1, prompt);
  if (hidden) yield* sys.tcsetattr(0, { echo: false });
  try {
    return ((yield* new LineReader(0).nextText()) ?? '').trim();
  } finally {
    if (hidden) {
      yield* sys.tcsetattr(0, before);
      yield* writeAll(1, '\n');
    }
  }
}

function* passwordOf(parsed: Parsed, username: string): Sys<string> {
  const given = parsed.value('password');
  if (parsed.has('password-stdin')) {
    if (given !== null) throw new DockerError('--password and --password-stdin are mutually exclusive');
    if (username === '') throw new DockerError('Must provide --username with --password-stdin');
    const parts: string[] = [];
    for (let part = yield* sys.read(0, 65_536); part.length > 0; part = yield* sys.read(0, 65_536))
      parts.push(decodeUtf8(part));
    return parts.join('').replace(/\r?\n$/, '');
  }
  if (given === null) return '';
  yield* writeAll(2, 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
  return given;
}

function* login(parsed: Parsed, env: Env): Sys<number> {
  const [operand] = parsed.operands;
  const server =
    operand === undefined || ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(operand)
      ? HUB_SERVER
      : operand.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  let username = parsed.value('username') ?? '';
  let password = yield* passwordOf(parsed, username);
  const known = yield* storedLogin(env, server);
  if (username === '' && password === '' && known !== null) {
    yield* writeAll(1, `Authenticating with existing credentials... [Username: ${known.username}]\n`);
    ({ username, password } = known);
  }
  if (username === '') username = yield* asked('Username: ', false);
  if (username === '') throw new DockerError('Error: Non-null Username Required');
  if (password === '') password = yield* asked('Password: ', true);
  if (password === '') throw new DockerError('Error: Password Required');
  const { Status } = (yield* api('POST', '/auth', { username, password, serveraddress: server })) as {
    Status: string;
  };
  yield* storeLogin(env, server, username, password);
  yield* writeAll(
    2,
    `\nWARNING! Your credentials are stored unencrypted in '${configPath(env)}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
  );
  yield* writeAll(1, `${Status}\n`);
  return 0;
}

function* logout(parsed: Parsed, env: Env): Sys<number> {
  const [server = HUB_SERVER] = parsed.operands;
  yield* removeLogin(env, server);
  yield* writeAll(1, `Removing login credentials for ${server}\n`);
  return 0;
}

const trust = {
  ...{ long: 'disable-content-trust', argument: 'bool' },
  help: 'Neither verify nor sign, which is never done (default true)',
};
const quiet = { short: 'q', long: 'quiet', help: 'Do not show the steps' };

export const registryCommands: readonly DockerCommand[] = [
  {
    name: 'pull',
    aliases: ['image pull'],
    usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
    help: 'Get an image from a registry',
    options: [
      { short: 'a', long: 'all-tags', help: 'All of the repository' },
      trust,
      { long: 'platform', argument: 'string', help: 'linux/amd64' },
      quiet,
    ],
    operands: [1, 1],
    run: pull,
  },
  {
    name: 'push',
    aliases: ['image push'],
    usage: '[OPTIONS] NAME[:TAG]',
    help: 'Bring an image to a registry',
    options: [{ short: 'a', long: 'all-tags', help: 'All of the repository' }, trust, quiet],
    operands: [1, 1],
    run: push,
  },
  {
    name: 'login',
    usage: '[OPTIONS] [SERVER]',
    help: 'Log in to a registry',
    options: [
      { short: 'p', long: 'password', argument: 'string', help: 'Password' },
      { long: 'password-stdin', help: 'Take the password from standard input' },
      { short: 'u', long: 'username', argument: 'string', help: 'Username' },
    ],
    operands: [0, 1],
    run: login,
  },
  {
    name: 'logout',
    usage: '[SERVER]',
    help: 'Log out from a registry',
    options: [],
    operands: [0, 1],
    run: logout,
  },
];
