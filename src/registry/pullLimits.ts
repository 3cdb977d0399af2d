/**
 * How many manifests one may pull in a window of time, as a public registry limits it: a GET of a manifest counts, a HEAD does not, and
 * headers say what is left (Docker's documentation, "Docker Hub usage and limits"; draft-ietf-httpapi-ratelimit-headers-00).
 */
import { RegistryError } from './errors.ts';

export interface PullLimit {
  readonly pulls: number;
  /** Seconds. */
  readonly window: number;
}

export interface PullLimitOptions {
  /** For each address; null sets none. */
  readonly anonymous: PullLimit | null;
  /** For each user. */
  readonly user: PullLimit | null;
  /** What is said when nothing is left. */
  readonly message?: string;
}

/** Whom pulls count for. */
export interface Puller {
  /** '' for those who did not log in. */
  readonly user: string;
  readonly remote: string;
}

export class PullLimits {
  readonly #options: PullLimitOptions;
  readonly #now: () => number;
  /** Times of the pulls that still count, oldest first. */
  readonly #pulls = new Map<string, number[]>();

  constructor(options: PullLimitOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  #limit({ user }: Puller): PullLimit | null {
    return user === '' ? this.#options.anonymous : this.#options.user;
  }

  /** No user's name has a slash in front. */
  #key({ user, remote }: Puller): string {
    return user === '' ? `/${remote}` : user;
  }

  #counted(puller: Puller, { window }: PullLimit): number[] {
    const key = this.#key(puller);
    const times = (this.#pulls.get(key) ?? []).filter((time) => time > this.#now() - window);
    if (times.length === 0) this.#pulls.delete(key);
    else this.#pulls.set(key, times);
    return times;
  }

  /** Throws RegistryError TOOMANYREQUESTS when nothing is left. */
  admit(puller: Puller): void {
    const limit = this.#limit(puller);
    if (limit === null) return;
    const times = this.#counted(puller, limit);
    if (times.length < limit.pulls) return;
    const wait = (times[0] ?? this.#now()) + limit.window - this.#now();
    throw new RegistryError(
      'TOOMANYREQUESTS',
      { pulls: limit.pulls, seconds: limit.window },
      {
        message:
          this.#options.message ?? `the limit of ${limit.pulls} pulls in ${limit.window} seconds is reached`,
        headers: { 'Retry-After': `${wait}`, ...this.headers(puller) },
      },
    );
  }

  count(puller: Puller): void {
    const limit = this.#limit(puller);
    if (limit === null) return;
    this.#pulls.set(this.#key(puller), [...this.#counted(puller, limit), this.#now()]);
  }

  headers(puller: Puller): Record<string, string> {
    const limit = this.#limit(puller);
    if (limit === null) return {};
    const left = Math.max(0, limit.pulls - this.#counted(puller, limit).length);
    return {
      'ratelimit-limit': `${limit.pulls};w=${limit.window}`,
      'ratelimit-remaining': `${left};w=${limit.window}`,
      'docker-ratelimit-source': puller.user === '' ? puller.remote : puller.user,
    };
  }
}
