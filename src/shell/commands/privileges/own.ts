/** What a process can find out about its own privileges. */
import {
  CAPABILITIES,
  type Capability,
  type CapabilitySet,
  type CapabilitySets,
  capabilitySet,
  type Sys,
  sys,
} from '../../../linux/index.ts';

function* chosen(is: (capability: Capability) => Sys<number>): Sys<CapabilitySet> {
  const names: Capability[] = [];
  for (const name of CAPABILITIES) if ((yield* is(name)) === 1) names.push(name);
  return capabilitySet(...names);
}

/** All five sets. */
export function* ownSets(): Sys<CapabilitySets> {
  return {
    ...(yield* sys.capget(0)),
    bounding: yield* chosen((name) => sys.prctl('PR_CAPBSET_READ', name)),
    ambient: yield* chosen((name) => sys.prctl('PR_CAP_AMBIENT_IS_SET', name)),
  };
}

/** Makes one effective for what is to be done; the sets as they were before. EPERM when it is not permitted. */
export function* raise(
  name: Capability,
): Sys<Pick<CapabilitySets, 'permitted' | 'effective' | 'inheritable'>> {
  const before = yield* sys.capget(0);
  yield* sys.capset({ ...before, effective: before.effective | capabilitySet(name) });
  return before;
}
