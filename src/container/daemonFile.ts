/** /etc/docker/daemon.json, which is read when something in it matters: who edits it need not restart the daemon. */
import { JsonError, parseJson } from '../base/index.ts';
import type { Sys } from '../linux/index.ts';
import { readText } from './files.ts';
import { requireLog } from './logOptions.ts';
import { EngineError, type LogConfig, MIN_API_VERSION } from './model.ts';

const DAEMON_FILE = '/etc/docker/daemon.json';

/** Nobody has asked for less than Docker itself has ever let one: its configuration has the same bound. */
const OLDEST = '1.12';

/** All that is set. Throws EngineError for a file that is no JSON, or no object of it. */
function* settings(): Sys<Readonly<Record<string, unknown>>> {
  const text = yield* readText(DAEMON_FILE);
  if (text === null || text.trim() === '') return {};
  try {
    const all = parseJson(text) ?? {};
    if (typeof all === 'object' && !Array.isArray(all)) return all as Record<string, unknown>;
    throw unusable(`json: cannot unmarshal ${kindOf(all)} into Go value of type map[string]interface {}`);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw unusable(error.message);
  }
}

/** As Go's encoding/json names it. */
const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

const unusable = (why: string): EngineError =>
  new EngineError(500, `unable to configure the Docker daemon with file ${DAEMON_FILE}: ${why}`);
const invalid = (key: string): EngineError => unusable(`invalid ${key}`);

/** `insecure-registries`: those that are spoken to in plain. Throws EngineError. */
export function* insecureRegistries(): Sys<string[]> {
  const list = (yield* settings())['insecure-registries'] ?? [];
  if (!Array.isArray(list)) throw invalid('insecure-registries');
  return list.map(String);
}

/** `log-driver` and `log-opts`: what a container has that asks for nothing else. Throws EngineError. */
export function* defaultLog(): Sys<LogConfig> {
  const all = yield* settings();
  const Type = all['log-driver'] ?? 'json-file';
  const Config = all['log-opts'] ?? {};
  if (typeof Type !== 'string') throw unreadable(Type, 'log-driver', 'string');
  if (Config === null || typeof Config !== 'object' || Array.isArray(Config))
    throw unreadable(Config, 'log-opts', 'map[string]string');
  const wrong = Object.values(Config).find((value) => typeof value !== 'string');
  if (wrong !== undefined) throw unreadable(wrong, 'log-opts', 'string');
  requireLog({ Type, Config: Config as Record<string, string> });
  return { Type, Config: Config as Record<string, string> };
}

/** A value of another kind than the key has, in the words of Go's encoding/json. */
function unreadable(value: unknown, key: string, wanted: string): EngineError {
  return unusable(
    `json: cannot unmarshal ${kindOf(value)} into Go struct field Config.${key} of type ${wanted}`,
  );
}

/** `min-api-version`: the oldest version of the API that clients may speak. Throws EngineError. */
export function* minApiVersion(): Sys<string> {
  const version = (yield* settings())['min-api-version'] ?? MIN_API_VERSION;
  if (typeof version !== 'string' || !/^1\.\d+$/.test(version) || compareVersions(version, OLDEST) < 0)
    throw invalid('min-api-version');
  return version;
}

/** Less than zero when `a` is the older of two versions. */
export function compareVersions(a: string, b: string): number {
  const parts = a.split('.');
  const others = b.split('.');
  for (let i = 0; i < parts.length || i < others.length; i++) {
    const difference = Number(parts[i] ?? 0) - Number(others[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
