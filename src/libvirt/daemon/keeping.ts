/** What libvirtd keeps of a domain besides its definition: that it is to start with the host, and a state to go on with at its next start. */
import { isOsError } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { LibvirtError } from '../errors.ts';
import { CONFIG_PATH, configPath } from './definitions.ts';
import { active, type Domain } from './domain.ts';
import type { Domains } from './domains.ts';
import { removeIfThere } from './files.ts';

/** A link to the definition of each domain that starts with the host. */
const AUTOSTART_PATH = `${CONFIG_PATH}/autostart`;
const SAVE_PATH = '/var/lib/libvirt/qemu/save';

const linkPath = ({ config }: Domain) => `${AUTOSTART_PATH}/${config.name}.xml`;
const savePath = ({ config }: Domain) => `${SAVE_PATH}/${config.name}.save`;

/** What `virsh dominfo` tells of it. */
export interface Kept {
  readonly autostart: boolean;
  readonly managedSave: boolean;
}

function* isThere(path: string): Sys<boolean> {
  try {
    yield* sys.lstat(path);
    return true;
  } catch (error) {
    if (isOsError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

function* makeDirectory(path: string): Sys<void> {
  try {
    yield* sys.mkdir(path, 0o700);
  } catch (error) {
    if (!isOsError(error, 'EEXIST')) throw error;
  }
}

export function* keptOf(domain: Domain): Sys<Kept> {
  return { autostart: yield* isThere(linkPath(domain)), managedSave: yield* isThere(savePath(domain)) };
}

/** Throws LibvirtError for a domain that is there only until it ends. */
export function* setAutostart(domain: Domain, on: boolean): Sys<void> {
  if (!domain.persistent) throw new LibvirtError('invalid', 'cannot set autostart for transient domain');
  if (!on) return yield* removeIfThere(linkPath(domain));
  if ((yield* keptOf(domain)).autostart) return;
  yield* makeDirectory(AUTOSTART_PATH);
  yield* sys.symlink(configPath(domain.config.name), linkPath(domain));
}

/** Starts those that are to start with the host; `failed` is told of one that does not. */
export function* startMarked(
  domains: Domains,
  failed: (domain: Domain, why: string) => Sys<void>,
): Sys<void> {
  for (const domain of domains.all) {
    if (active(domain) || !(yield* keptOf(domain)).autostart) continue;
    try {
      yield* startKept(domains, domain, { paused: false, forceBoot: false });
    } catch (error) {
      if (!(error instanceof LibvirtError) && !isOsError(error)) throw error;
      yield* failed(domain, error.message);
    }
  }
}

/** Writes its state to a place of libvirtd's own and ends it; its next start goes on from there. */
export function* managedSave(domains: Domains, domain: Domain): Sys<void> {
  if (!active(domain)) throw new LibvirtError('invalid', 'domain is not running');
  if (!domain.persistent) throw new LibvirtError('invalid', 'cannot do managed save for transient domain');
  yield* makeDirectory(SAVE_PATH);
  yield* domains.save(domain, savePath(domain));
}

/** Whether there was one. */
export function* removeManagedSave(domain: Domain): Sys<boolean> {
  if (!(yield* keptOf(domain)).managedSave) return false;
  yield* sys.unlink(savePath(domain));
  return true;
}

/** Starts it: where it was saved, if it was, or with `forceBoot` from the beginning. A state that cannot be used stays. */
export function* startKept(
  domains: Domains,
  domain: Domain,
  { paused, forceBoot }: { readonly paused: boolean; readonly forceBoot: boolean },
): Sys<void> {
  if (active(domain)) throw new LibvirtError('invalid', 'domain is already running');
  if (forceBoot) yield* removeManagedSave(domain);
  if (!(yield* keptOf(domain)).managedSave) return yield* domains.start(domain, paused);
  yield* domains.restore(savePath(domain), paused);
  yield* removeIfThere(savePath(domain));
}

/** Before a definition goes. Throws LibvirtError where a state is kept, unless it is to go with it. */
export function* forget(domain: Domain, withManagedSave: boolean): Sys<void> {
  const { managedSave: kept } = yield* keptOf(domain);
  if (kept && !withManagedSave)
    throw new LibvirtError('invalid', 'Refusing to undefine while domain managed save image exists');
  if (kept) yield* removeManagedSave(domain);
  yield* removeIfThere(linkPath(domain));
}
