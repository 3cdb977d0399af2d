/** Which domain a definition is of. */
import { LibvirtError } from '../errors.ts';
import type { Domain, NamedConfig } from './domain.ts';

/** The one of the same name and UUID. Throws LibvirtError when another has one of them. */
export function knownAs(domains: readonly Domain[], config: NamedConfig): Domain | undefined {
  const same = domains.find((domain) => domain.config.uuid === config.uuid);
  if (same !== undefined && same.config.name !== config.name)
    throw new LibvirtError(
      'failed',
      `domain '${same.config.name}' is already defined with uuid ${config.uuid}`,
    );
  const named = domains.find((domain) => domain.config.name === config.name);
  if (named !== undefined && named !== same)
    throw new LibvirtError('failed', `domain '${config.name}' already exists with uuid ${named.config.uuid}`);
  return same;
}
