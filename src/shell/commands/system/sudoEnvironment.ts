/** The environment of a command run by sudo(8): env_reset of sudoers(5), with its secure_path. */
import type { Account } from '../support.ts';

/** Where sudo looks for commands, whatever PATH its user has. */
export const SECURE_PATH = '/usr/local/bin:/usr/bin:/usr/sbin';

/** env_keep as it is without a line in sudoers. */
const kept = new Set([
  'COLORS',
  'DISPLAY',
  'HOSTNAME',
  'LS_COLORS',
  'PS1',
  'PS2',
  'TERM',
  'XAUTHORITY',
  'XAUTHORIZATION',
]);
/** env_check: kept when neither `%` nor `/` is in the value. */
const checked = /^(COLORTERM|LANG|LANGUAGE|LC_[A-Z]+|LINGUAS|TZ)$/;

/** What `caller` keeps of `env` as `target`, and what tells the command for whom it runs. */
export function resetEnvironment(
  env: ReadonlyMap<string, string>,
  run: { caller: Account; gid: number; target: Account; shell: string; command: string },
): Map<string, string> {
  const { caller, gid, target, shell, command } = run;
  const keeps = ([name, value]: readonly [string, string]) =>
    kept.has(name) || (checked.test(name) && !/[%/]/.test(value));
  return new Map([
    ...[...env].filter(keeps),
    ['PATH', SECURE_PATH],
    ['MAIL', `/var/mail/${target.name}`],
    ['LOGNAME', target.name],
    ['USER', target.name],
    ['HOME', target.home],
    ['SHELL', shell],
    ['SUDO_COMMAND', command],
    ['SUDO_USER', caller.name],
    ['SUDO_UID', `${caller.uid}`],
    ['SUDO_GID', `${gid}`],
  ]);
}
