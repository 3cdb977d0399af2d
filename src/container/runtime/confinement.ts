/** What a process gives up before its program begins: capabilities(7). */
import { CAPABILITIES, type Capability, capabilitySet, type Sys, sys } from '../../linux/index.ts';
import type { SpecProcess } from './spec.ts';

/** Runs `become`, which changes the user, and leaves the process with no more capabilities than config.json says. */
export function* applyCapabilities({ capabilities }: SpecProcess, become: () => Sys<void>): Sys<void> {
  if (capabilities === undefined) return yield* become();
  const names = (list: readonly string[] | undefined) => (list ?? []) as Capability[];
  const bounding = new Set(names(capabilities.bounding));
  for (const capability of CAPABILITIES)
    if (!bounding.has(capability)) yield* sys.prctl('PR_CAPBSET_DROP', capability);
  yield* sys.prctl('PR_SET_KEEPCAPS', 1);
  yield* become();
  yield* sys.prctl('PR_SET_KEEPCAPS', 0);
  yield* sys.capset({
    permitted: capabilitySet(...names(capabilities.permitted)),
    effective: capabilitySet(...names(capabilities.effective)),
    inheritable: capabilitySet(...names(capabilities.inheritable)),
  });
  for (const capability of names(capabilities.ambient)) yield* sys.prctl('PR_CAP_AMBIENT_RAISE', capability);
}
