/** Who may do what: bearer tokens for a registry, and the service that gives them out (distribution's spec/auth/token and spec/auth/scope). */
import { decodeUtf8, fromBase64 } from '../base/index.ts';
import { RegistryError } from './errors.ts';
import { jsonResponse, Parameters, type RegistryRequest, type RegistryResponse } from './messages.ts';
import { type Claims, type Grant, readToken, sameText, signToken } from './tokens.ts';

export type Action = 'pull' | 'push' | 'delete';
const actions: readonly Action[] = ['pull', 'push', 'delete'];

export interface AccessRule {
  /** A repository's name, `team/*` for all below it, `*` for all there are (and the list of them). */
  readonly repository: string;
  readonly actions: readonly Action[];
}

export interface User {
  readonly name: string;
  readonly password: string;
  readonly access: readonly AccessRule[];
}

export interface AccessOptions {
  /** Where clients get tokens: the URL of this registry's /token. */
  readonly realm: string;
  readonly service: string;
  /** Signs tokens. */
  readonly secret: Uint8Array;
  /** Seconds that a token is valid; 300 without it. */
  readonly lifetime?: number;
  readonly users: readonly User[];
  /** What those who do not log in may do. */
  readonly anonymous: readonly AccessRule[];
  /** Repositories that there are not are as those that nobody may pull from, as at Docker Hub: nobody is told which there are. */
  readonly hides?: boolean;
}

/** Somebody whose token was checked. */
export interface Visitor {
  /** '' for those who did not log in. */
  readonly user: string;
  readonly may: (repository: string, action: Action) => boolean;
}

/** A registry without access control. */
export const anybody: Visitor = { user: '', may: () => true };

const CATALOG: Grant = { type: 'registry', name: 'catalog', actions: ['*'] };

function covers({ repository }: AccessRule, name: string): boolean {
  if (repository === '*' || repository === name) return true;
  return repository.endsWith('/*') && name.startsWith(repository.slice(0, -1));
}

/** Whether rules let somebody do all of that with a repository. */
function allows(rules: readonly AccessRule[], { name, actions: wanted }: Grant): boolean {
  return wanted.every((action) =>
    rules.some((rule) => covers(rule, name) && rule.actions.some((each) => each === action)),
  );
}

export class AccessControl {
  readonly #options: AccessOptions;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #isKnown: (repository: string) => boolean;

  constructor(
    options: AccessOptions,
    now: () => number,
    newId: () => string,
    isKnown: (repository: string) => boolean,
  ) {
    this.#options = options;
    this.#now = now;
    this.#newId = newId;
    this.#isKnown = isKnown;
  }

  /**
   * The sender of a request that needs `needed`, and can do without `wished`. Throws RegistryError UNAUTHORIZED with the challenge that says
   * where to get a token: also when a better one would hold what is wished.
   */
  visitor(request: RegistryRequest, needed: readonly Grant[], wished: readonly Grant[] = []): Visitor {
    const all = [...needed, ...wished];
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer === undefined) throw this.#challenge(all, null);
    const claims = readToken(bearer, this.#options.secret);
    if (claims === null || !this.#isValid(claims)) throw this.#challenge(all, 'invalid_token');
    const has = ({ type, name, actions: wanted }: Grant): boolean =>
      wanted.every((action) =>
        claims.access.some(
          (each) => each.type === type && each.name === name && each.actions.includes(action),
        ),
      );
    const rules = this.#rulesOf(claims.sub);
    const lacks = (grant: Grant): boolean => !has(grant) && allows(rules, grant);
    if (!needed.every(has) || wished.some(lacks)) throw this.#challenge(all, 'insufficient_scope');
    return {
      user: claims.sub,
      may: (name, action) => has({ type: 'repository', name, actions: [action] }),
    };
  }

  #rulesOf(user: string): readonly AccessRule[] {
    return this.#options.users.find(({ name }) => name === user)?.access ?? this.#options.anonymous;
  }

  #isValid({ iss, aud, nbf, exp }: Claims): boolean {
    const { service } = this.#options;
    return iss === service && aud === service && nbf <= this.#now() && this.#now() < exp;
  }

  #challenge(needed: readonly Grant[], error: string | null): RegistryError {
    const { realm, service } = this.#options;
    const scope = needed.map((each) => `${each.type}:${each.name}:${each.actions.join(',')}`).join(' ');
    const header = [
      `realm="${realm}"`,
      `service="${service}"`,
      ...(scope === '' ? [] : [`scope="${scope}"`]),
      ...(error === null ? [] : [`error="${error}"`]),
    ].join(',');
    const detail = needed.length === 0 ? undefined : needed;
    return new RegistryError('UNAUTHORIZED', detail, { headers: { 'WWW-Authenticate': `Bearer ${header}` } });
  }

  /** GET or POST of the token service. */
  answerToken(request: RegistryRequest): RegistryResponse {
    const isForm = request.method === 'POST';
    const parameters = new Parameters(isForm ? decodeUtf8(request.body) : request.query);
    const user = isForm ? this.#fromForm(parameters) : this.#fromHeader(request);
    const service = parameters.get('service') ?? this.#options.service;
    if (service !== this.#options.service)
      throw new RegistryError(
        'DENIED',
        { service },
        { status: 400, message: 'that service is not served here' },
      );
    const scopes = parameters.all('scope').flatMap((text) => text.split(' '));
    const access = scopes.flatMap((scope) => this.#granted(scope, user?.access ?? this.#options.anonymous));
    const now = this.#now();
    const lifetime = this.#options.lifetime ?? 300;
    const token = signToken(
      {
        iss: service,
        sub: user?.name ?? '',
        aud: service,
        iat: now,
        nbf: now,
        exp: now + lifetime,
        jti: this.#newId(),
        access,
      },
      this.#options.secret,
    );
    const issued = new Date(now * 1000).toISOString();
    return jsonResponse(200, { token, access_token: token, expires_in: lifetime, issued_at: issued });
  }

  #fromHeader({ headers }: RegistryRequest): User | null {
    if (headers.authorization === undefined) return null;
    const basic = /^Basic +(\S+)$/i.exec(headers.authorization)?.[1];
    const pair = decodeUtf8(fromBase64(basic ?? '') ?? new Uint8Array(0));
    const colon = pair.indexOf(':');
    return this.#login(pair.slice(0, Math.max(0, colon)), pair.slice(colon + 1));
  }

  #fromForm(form: Parameters): User {
    const kind = form.get('grant_type');
    if (kind !== 'password')
      throw new RegistryError(
        'UNSUPPORTED',
        { grant_type: kind },
        { status: 400, message: 'the grant type is unsupported; it must be password' },
      );
    return this.#login(form.get('username') ?? '', form.get('password') ?? '');
  }

  #login(name: string, password: string): User {
    const user = this.#options.users.find((each) => each.name === name);
    if (user !== undefined && sameText(user.password, password)) return user;
    const header = `Basic realm="${this.#options.service}"`;
    throw new RegistryError(
      'UNAUTHORIZED',
      { user: name },
      { message: 'incorrect username or password', headers: { 'WWW-Authenticate': header } },
    );
  }

  /** What of a scope `type:name:action,action` the rules allow; `*` asks for all of it. */
  #granted(scope: string, rules: readonly AccessRule[]): Grant[] {
    const [, type, name, wanted] = /^([a-z]+)(?:\([a-z]+\))?:(.+):([a-z*,]*)$/.exec(scope) ?? [];
    if (type === CATALOG.type && name === CATALOG.name)
      return rules.some((rule) => rule.repository === '*' && rule.actions.includes('pull')) ? [CATALOG] : [];
    if (type !== 'repository' || name === undefined || wanted === undefined) return [];
    const asked = wanted.split(',');
    const allowed = actions.filter(
      (action) =>
        (asked.includes(action) || asked.includes('*')) && allows(rules, { type, name, actions: [action] }),
    );
    // Who may push may make it.
    const hidden = this.#options.hides === true && !allowed.includes('push') && !this.#isKnown(name);
    return allowed.length === 0 || hidden ? [] : [{ type, name, actions: allowed }];
  }
}

/** What a request for the list of all repositories needs. */
export const catalogGrants: readonly Grant[] = [CATALOG];
