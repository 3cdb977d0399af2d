/** Who one is at registries: ~/.docker/config.json, as docker keeps it. */
import { decodeUtf8, encodeUtf8, fromBase64, JsonError, parseJson, toBase64 } from '../../../base/index.ts';
import { O_CREAT, O_TRUNC, O_WRONLY, readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { parseNormalized } from '../../../oci/index.ts';
import { orNull } from '../support.ts';
import { DockerError } from './api.ts';

type Env = ReadonlyMap<string, string>;

/** What Docker Hub is called there. */
export const HUB_SERVER = 'https://index.docker.io/v1/';

interface Config {
  auths?: Record<string, { auth?: string }>;
}

const folderOf = (env: Env): string => env.get('DOCKER_CONFIG') ?? `${env.get('HOME') ?? ''}/.docker`;
export const configPath = (env: Env): string => `${folderOf(env)}/config.json`;

function* readConfig(env: Env): Sys<Config> {
  const bytes = yield* orNull(() => readFile(configPath(env)));
  if (bytes === null) return {};
  try {
    return parseJson(decodeUtf8(bytes)) as Config;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new DockerError(`Error loading config file: ${configPath(env)}: ${error.message}`);
  }
}

function* writeConfig(env: Env, config: Config): Sys<void> {
  yield* orNull(() => sys.mkdir(folderOf(env), 0o700), 'EEXIST');
  const fd = yield* sys.open(configPath(env), O_WRONLY | O_CREAT | O_TRUNC, 0o600);
  yield* writeAll(fd, encodeUtf8(JSON.stringify(config, null, '\t')));
  yield* sys.close(fd);
}

/** The server that a name's registry is kept under. */
export const serverOf = (domain: string): string => (domain === 'docker.io' ? HUB_SERVER : domain);

/** Null when one is not logged in there. */
export function* storedLogin(env: Env, server: string): Sys<{ username: string; password: string } | null> {
  const { auths = {} } = yield* readConfig(env);
  const pair = decodeUtf8(fromBase64(auths[server]?.auth ?? '') ?? new Uint8Array(0));
  const colon = pair.indexOf(':');
  return colon < 0 ? null : { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

export function* storeLogin(env: Env, server: string, username: string, password: string): Sys<void> {
  const config = yield* readConfig(env);
  const auth = toBase64(encodeUtf8(`${username}:${password}`));
  yield* writeConfig(env, { ...config, auths: { ...config.auths, [server]: { auth } } });
}

export function* removeLogin(env: Env, server: string): Sys<void> {
  const config = yield* readConfig(env);
  if (config.auths?.[server] === undefined) return;
  const { [server]: _, ...auths } = config.auths;
  yield* writeConfig(env, { ...config, auths });
}

const inHeader = (value: unknown): string =>
  toBase64(encodeUtf8(JSON.stringify(value)))
    .replaceAll('+', '-')
    .replaceAll('/', '_');

/** The header that goes with a build: all one is logged in to, of which it may need any. */
export function* allLoginsHeader(env: Env): Sys<Record<string, string>> {
  const { auths = {} } = yield* readConfig(env);
  const logins: Record<string, unknown> = {};
  for (const server of Object.keys(auths)) {
    const login = yield* storedLogin(env, server);
    if (login !== null) logins[server] = { ...login, serveraddress: server };
  }
  return { 'X-Registry-Config': inHeader(logins) };
}

/** The header that goes with a request about an image. */
export function* authHeader(env: Env, image: string): Sys<Record<string, string>> {
  let domain: string;
  try {
    ({ domain } = parseNormalized(image));
  } catch (error) {
    throw new DockerError((error as Error).message);
  }
  const server = serverOf(domain);
  const login = yield* storedLogin(env, server);
  const value = login === null ? {} : { ...login, serveraddress: server };
  return { 'X-Registry-Auth': inHeader(value) };
}
