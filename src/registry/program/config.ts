/**
 * The configuration of a registry as a program: as much of distribution's configuration reference (version 0.1) as is simulated; what is not
 * is refused by name. Two sections are our own: `auth.token.accounts`, for that registry gives its tokens out itself, and `limits`.
 */
import type { Yaml } from './yaml.ts';
import { parseYaml } from './yaml.ts';

export interface RegistryConfig {
  readonly root: string;
  readonly deletes: boolean;
  /** Where it listens: '' for all addresses. */
  readonly host: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether Location is without the host. */
  readonly relativeUrls: boolean;
  readonly htpasswd: { readonly realm: string; readonly path: string } | null;
  readonly token: {
    readonly realm: string;
    readonly service: string;
    /** The file of those who may log in, and what they may do. */
    readonly accounts: string;
    /** Not of the reference implementation: repositories that there are not are as those that nobody may pull from. */
    readonly hides: boolean;
  } | null;
  readonly limits: {
    readonly anonymous: number | null;
    readonly user: number | null;
    /** Seconds. */
    readonly window: number;
    /** Bytes for each namespace. */
    readonly quota: number | null;
  };
}

export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

const PORT = 5000;
/** Six hours. */
const WINDOW = 21_600;

type Section = { readonly [key: string]: Yaml };

/** A section's fields, of which each has to be a known one. */
function section(value: Yaml | undefined, name: string, known: readonly string[]): Section {
  if (value === undefined || value === null) return {};
  if (typeof value === 'string' || Array.isArray(value)) throw new ConfigError(`${name} has to be a map`);
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw new ConfigError(`${name === '' ? '' : `${name}.`}${key} is not simulated`);
  return value as Section;
}

function text(value: Yaml | undefined, name: string, otherwise?: string): string {
  if (typeof value === 'string') return value;
  if ((value === undefined || value === null) && otherwise !== undefined) return otherwise;
  throw new ConfigError(`${name} has to be a text`);
}

function flag(value: Yaml | undefined, name: string): boolean {
  const given = text(value, name, 'false');
  if (given === 'true' || given === 'false') return given === 'true';
  throw new ConfigError(`${name} has to be true or false`);
}

function count(value: Yaml | undefined, name: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new ConfigError(`${name} has to be a whole number`);
}

/** Throws ConfigError or YamlError. */
export function parseConfig(source: string): RegistryConfig {
  const all = section(parseYaml(source), '', [
    'version',
    'log',
    'storage',
    'http',
    'auth',
    'health',
    'limits',
  ]);
  const version = text(all.version, 'version', '');
  if (version === '') throw new ConfigError('configuration version not provided');
  if (version !== '0.1') throw new ConfigError(`unsupported version: "${version}"`);
  // How it logs is not configured here; what the usual file says is.
  section(all.log, 'log', ['level', 'fields', 'formatter', 'accesslog']);
  section(all.health, 'health', ['storagedriver']);
  const storage = section(all.storage, 'storage', [
    'filesystem',
    'delete',
    'cache',
    'maintenance',
    'redirect',
  ]);
  if (all.storage === undefined) throw new ConfigError('no storage configuration provided');
  const http = section(all.http, 'http', ['addr', 'headers', 'secret', 'net', 'relativeurls']);
  const auth = section(all.auth, 'auth', ['htpasswd', 'token']);
  if (Object.keys(auth).length > 1) throw new ConfigError('must provide exactly one type in auth');
  const limits = section(all.limits, 'limits', ['anonymous', 'user', 'window', 'quota']);
  return {
    root: text(
      section(storage.filesystem, 'storage.filesystem', ['rootdirectory', 'maxthreads']).rootdirectory,
      'storage.filesystem.rootdirectory',
      '/var/lib/registry',
    ),
    deletes: flag(section(storage.delete, 'storage.delete', ['enabled']).enabled, 'storage.delete.enabled'),
    ...address(text(http.addr, 'http.addr', `:${PORT}`)),
    headers: headersOf(http.headers),
    relativeUrls: flag(http.relativeurls, 'http.relativeurls'),
    htpasswd: htpasswdOf(auth.htpasswd),
    token: tokenOf(auth.token),
    limits: {
      anonymous: count(limits.anonymous, 'limits.anonymous'),
      user: count(limits.user, 'limits.user'),
      window: count(limits.window, 'limits.window') ?? WINDOW,
      quota: count(limits.quota, 'limits.quota'),
    },
  };
}

function address(given: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(given) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw new ConfigError(`http.addr: address ${given}: missing port in address`);
  return { host: host === '0.0.0.0' ? '' : host, port: Number(port) };
}

function headersOf(value: Yaml | undefined): Record<string, string> {
  const given =
    value === undefined ? {} : section(value, 'http.headers', Object.keys((value ?? {}) as Section));
  return Object.fromEntries(
    Object.entries(given).map(([name, each]) => {
      const list = Array.isArray(each) ? (each as readonly Yaml[]) : [each];
      return [name, list.map((one) => text(one, `http.headers.${name}`)).join(', ')];
    }),
  );
}

function htpasswdOf(value: Yaml | undefined): RegistryConfig['htpasswd'] {
  if (value === undefined) return null;
  const { realm, path } = section(value, 'auth.htpasswd', ['realm', 'path']);
  return { realm: text(realm, 'auth.htpasswd.realm'), path: text(path, 'auth.htpasswd.path') };
}

function tokenOf(value: Yaml | undefined): RegistryConfig['token'] {
  if (value === undefined) return null;
  const given = section(value, 'auth.token', ['realm', 'service', 'issuer', 'accounts', 'hides']);
  const [realm, service, accounts] = (['realm', 'service', 'accounts'] as const).map((key) =>
    text(given[key], `auth.token.${key}`),
  ) as [string, string, string];
  return { realm, service, accounts, hides: flag(given.hides, 'auth.token.hides') };
}
