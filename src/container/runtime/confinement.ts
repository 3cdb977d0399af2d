/** What a process gives up before its program begins: capabilities(7). */
import { CAPABILITIES, type Capability, capabilitySet, type Sys, sys } from '../../linux/index.ts';
import type { SpecProcess } from './spec.ts';

const known: ReadonlySet<string> = new Set(CAPABILITIES);
const isKnown = (name: string): name is Capability => known.has(name);

/** Names that are none, each once: runc warns of them and goes on without. */
export function unknownCapabilities({ capabilities = {} }: SpecProcess): string[] {
  const unknown = new Set<string>();
  for (const names of Object.values(capabilities))
    for (const name of names) if (!isKnown(name)) unknown.add(name);
  return [...unknown].sort();
}

/** Runs `become`, which changes the user, and leaves the process with no more capabilities than config.json says. */
export function* applyCapabilities({ capabilities }: SpecProcess, become: () => Sys<void>): Sys<void> {
  if (capabilities === undefined) return yield* become();
  const setOf = (names: readonly string[] = []) => capabilitySet(...names.filter(isKnown));
  // Narrowing what can ever be had takes a capability that another user does not keep.
  const before = yield* sys.capget(0);
  yield* sys.capset({ ...before, bounding: setOf(capabilities.bounding) });
  yield* sys.prctl('PR_SET_KEEPCAPS', 1);
  yield* become();
  yield* sys.prctl('PR_SET_KEEPCAPS', 0);
  yield* sys.capset({
    permitted: setOf(capabilities.permitted),
    effective: setOf(capabilities.effective),
    inheritable: setOf(capabilities.inheritable),
    ambient: setOf(capabilities.ambient),
  });
}
