/** A domain's memory while it runs, by its balloon, and from its next start on. */
import type { Sys } from '../../linux/index.ts';
import { LibvirtError } from '../errors.ts';
import { writeConfig } from './definitions.ts';
import { active, type Domain, type NamedConfig } from './domain.ts';

/** Now, from the next start on, or both. */
export interface Scope {
  readonly live: boolean;
  readonly config: boolean;
}

const PAGE_KIB = 4;

/** Throws LibvirtError, and nothing is changed. `kib` is rounded up to whole pages. */
export function* setMemory(domain: Domain, kib: number, scope: Scope): Sys<void> {
  const { live, config } = resolve(domain, scope);
  requireWhole(kib);
  const currentMemory = Math.ceil(kib / PAGE_KIB) * PAGE_KIB;
  const kept = domain.next ?? domain.config;
  for (const { memory } of [...(live ? [domain.config] : []), ...(config ? [kept] : [])])
    if (currentMemory > memory)
      throw new LibvirtError('argument', 'cannot set memory higher than max memory');
  if (live && !domain.config.balloon)
    throw new LibvirtError(
      'invalid',
      'Unable to change memory of active domain without the balloon device and guest OS balloon driver',
    );
  if (config && !kept.balloon && currentMemory !== kept.memory)
    throw new LibvirtError('config', 'less memory than <memory> needs a <memballoon>');
  if (config) yield* keep(domain, { ...kept, currentMemory });
  if (!live) return;
  yield* domain.machine!.execute('balloon', { value: currentMemory * 1024 });
  domain.config = { ...domain.config, currentMemory };
}

/** Of a domain that is shut off, or from its next start on. */
export function* setMaxMemory(domain: Domain, kib: number, scope: Scope): Sys<void> {
  const { live } = resolve(domain, scope);
  if (live) throw new LibvirtError('invalid', 'cannot resize the maximum memory on an active domain');
  requireWhole(kib);
  const memory = Math.ceil(kib / PAGE_KIB) * PAGE_KIB;
  const kept = domain.next ?? domain.config;
  // Without a balloon a guest has all its memory.
  const currentMemory = kept.balloon ? Math.min(kept.currentMemory, memory) : memory;
  yield* keep(domain, { ...kept, memory, currentMemory });
}

function requireWhole(kib: number): void {
  if (!Number.isSafeInteger(kib) || kib <= 0)
    throw new LibvirtError('argument', `${kib} KiB is no size of memory`);
}

/** Neither said: as it is at this moment. */
function resolve(domain: Domain, { live, config }: Scope): Scope {
  const on = active(domain);
  if (live && !on) throw new LibvirtError('invalid', 'domain is not running');
  const wanted = live || config ? { live, config } : { live: on, config: !on };
  if (wanted.config && !domain.persistent)
    throw new LibvirtError('invalid', 'transient domains do not have any persistent config');
  return wanted;
}

function* keep(domain: Domain, config: NamedConfig): Sys<void> {
  yield* writeConfig(config);
  if (active(domain)) domain.next = config;
  else domain.config = config;
}
