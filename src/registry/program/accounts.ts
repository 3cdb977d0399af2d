/** Who may use a registry: htpasswd(1) files, and our own file of accounts for registries that give out tokens. */
import { sha1 } from '@noble/hashes/legacy.js';
import { encodeUtf8, equalBytes, fromBase64 } from '../../base/index.ts';
import type { AccessOptions, AccessRule, Action, User } from '../access.ts';
import { ConfigError } from './config.ts';

/** `user:{SHA}…`, as `htpasswd -s` writes it. The bcrypt that the real registry asks for is not simulated. */
export class Htpasswd {
  readonly #hashes = new Map<string, Uint8Array>();

  /** Throws ConfigError. */
  constructor(text: string) {
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const colon = line.indexOf(':');
      const hash = /^\{SHA\}(\S+)$/.exec(line.slice(colon + 1).trim())?.[1];
      const bytes = hash === undefined ? null : fromBase64(hash);
      if (colon < 1 || bytes === null)
        throw new ConfigError(`htpasswd: line ${i + 1}: only {SHA} passwords are simulated (htpasswd -s)`);
      this.#hashes.set(line.slice(0, colon), bytes);
    }
  }

  knows(user: string, password: string): boolean {
    const hash = this.#hashes.get(user);
    return hash !== undefined && equalBytes(hash, sha1(encodeUtf8(password)));
  }
}

const actionsOf = (text: string, line: number): Action[] =>
  text.split(',').map((action) => {
    if (action === 'pull' || action === 'push' || action === 'delete') return action;
    throw new ConfigError(`accounts: line ${line}: there is no action ${action}`);
  });

/**
 * Lines of `NAME PASSWORD REPOSITORY=ACTION,ACTION…`; the name `-` and no password stand for those who do not log in. Throws ConfigError.
 */
export function parseAccounts(text: string): Pick<AccessOptions, 'users' | 'anonymous'> {
  const users: User[] = [];
  let anonymous: readonly AccessRule[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    const [name = ''] = words;
    if (name === '') continue;
    const rules = words.slice(name === '-' ? 1 : 2).map((rule): AccessRule => {
      const [repository = '', actions = ''] = rule.split('=');
      return { repository, actions: actionsOf(actions, i + 1) };
    });
    if (name === '-') anonymous = rules;
    else if (words[1] === undefined)
      throw new ConfigError(`accounts: line ${i + 1}: ${name} has no password`);
    else users.push({ name, password: words[1], access: rules });
  }
  return { users, anonymous };
}

/** The name and password of Basic credentials (RFC 7617); null for what is none. */
export function basicCredentials(header: string | undefined): { user: string; password: string } | null {
  const bytes = fromBase64(/^Basic +(\S+)$/i.exec(header ?? '')?.[1] ?? '?');
  if (bytes === null) return null;
  const pair = String.fromCharCode(...bytes);
  const colon = pair.indexOf(':');
  return colon < 0 ? null : { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
