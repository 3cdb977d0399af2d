/** A registry over a folder of a simulated host: one request at a time, its changes on the disk before it is answered. */
import { encodeUtf8 } from '../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../linux/index.ts';
import type { Collected, CollectOptions } from '../collect.ts';
import { jsonResponse, type RegistryRequest, type RegistryResponse } from '../messages.ts';
import { Registry, type RegistryOptions } from '../registry.ts';
import { basicCredentials, Htpasswd, parseAccounts } from './accounts.ts';
import type { RegistryConfig } from './config.ts';
import { ContentsNeeded, MirrorFiles } from './mirrorFiles.ts';

/** The words of a public registry for a limit that is reached. */
const LIMIT_MESSAGE =
  'You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit';

/** Texts of the files that the configuration names; null for one that it does not. */
export interface AccountFiles {
  readonly htpasswd: string | null;
  readonly accounts: string | null;
}

export class RegistryService {
  readonly #config: RegistryConfig;
  readonly #files: MirrorFiles;
  readonly #registry: Registry;
  readonly #htpasswd: Htpasswd | null;
  /** Both ends of a pipe with one byte in it: who has that may work. */
  readonly #turn: readonly [Fd, Fd];
  /** Of the request that is answered. */
  #now = 0;
  #ids: string[] = [];
  #used = 0;

  private constructor(
    config: RegistryConfig,
    files: MirrorFiles,
    texts: AccountFiles,
    turn: readonly [Fd, Fd],
  ) {
    this.#config = config;
    this.#files = files;
    this.#turn = turn;
    this.#htpasswd = texts.htpasswd === null ? null : new Htpasswd(texts.htpasswd);
    this.#registry = new Registry({
      files,
      now: () => this.#now,
      newId: () => this.#ids[this.#used++]!,
      deletes: config.deletes,
      pullLimits: limitsOf(config),
      ...(config.limits.quota !== null && { quota: config.limits.quota }),
      ...(config.token !== null && {
        access: {
          ...config.token,
          ...parseAccounts(texts.accounts ?? ''),
          secret: encodeUtf8(`secret of ${config.token.service}`),
        },
      }),
    });
  }

  /** Throws ConfigError for accounts that cannot be read. */
  static *open(config: RegistryConfig, texts: AccountFiles): Sys<RegistryService> {
    const files = new MirrorFiles(config.root);
    yield* files.load();
    const turn = yield* sys.pipe();
    yield* writeAll(turn[1], '.');
    return new RegistryService(config, files, texts, turn);
  }

  *answer(request: RegistryRequest): Sys<RegistryResponse> {
    const response = this.#refused(request) ?? (yield* this.#work(() => this.#registry.answer(request)));
    const headers: Record<string, string> = { ...this.#config.headers, ...response.headers };
    const { host } = request.headers;
    if (headers.Location?.startsWith('/') && host !== undefined && !this.#config.relativeUrls)
      headers.Location = `http://${host}${headers.Location}`;
    return { ...response, headers };
  }

  *collect(options: CollectOptions): Sys<Collected> {
    return yield* this.#work(() => this.#registry.collect(options));
  }

  *#work<T>(work: () => T): Sys<T> {
    yield* sys.read(this.#turn[0], 1);
    try {
      this.#now = (yield* sys.clock_gettime('realtime')).sec;
      this.#ids = [yield* randomHex(), yield* randomHex()];
      for (;;) {
        this.#used = 0;
        try {
          return work();
        } catch (error) {
          if (!(error instanceof ContentsNeeded)) throw error;
          yield* this.#files.fetch(error.path);
        }
      }
    } finally {
      yield* this.#files.flush();
      yield* writeAll(this.#turn[1], '.');
    }
  }

  /** Null: whoever asks may. */
  #refused({ headers }: RegistryRequest): RegistryResponse | null {
    if (this.#htpasswd === null) return null;
    const given = basicCredentials(headers.authorization);
    if (given !== null && this.#htpasswd.knows(given.user, given.password)) return null;
    const refusal = jsonResponse(
      401,
      { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required', detail: null }] },
      {
        'Docker-Distribution-Api-Version': 'registry/2.0',
        'WWW-Authenticate': `Basic realm="${this.#config.htpasswd!.realm}"`,
        'X-Content-Type-Options': 'nosniff',
      },
    );
    return { ...refusal, headers: { ...refusal.headers, 'Content-Length': `${refusal.body.length}` } };
  }
}

function limitsOf({
  limits: { anonymous, user, window },
}: RegistryConfig): NonNullable<RegistryOptions['pullLimits']> {
  const limit = (pulls: number | null) => (pulls === null ? null : { pulls, window });
  return { anonymous: limit(anonymous), user: limit(user), message: LIMIT_MESSAGE };
}

function* randomHex(): Sys<string> {
  const bytes = yield* sys.getrandom(16);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
