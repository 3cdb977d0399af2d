/** Decisions of a host's hypervisor that somebody else's functions make: learner code. What is left out the hypervisor decides itself. */
import type { Forward, MapBlock, PickVcpu, ReportPolicyFault, Translate } from '../../hypervisor/index.ts';
import type { BridgePolicy } from '../../network/index.ts';

export interface HostPolicies {
  /** With it each VM has its RAM in one run of host frames, set aside at its start: VMs started one after the other are neighbours. */
  readonly translate?: Translate;
  readonly pickVcpu?: PickVcpu;
  /** For disks that are a slice of an image: asked with sectors of the whole image as the volume. */
  readonly mapBlock?: MapBlock;
  /** In place of the bridges that VMs' taps are plugged into: one switch for all of them, which the host itself is not on. */
  readonly forward?: Forward;
  /** Learns and forwards for the bridges that the host's `network` section has made. */
  readonly bridge?: BridgePolicy;
  /** Hears when one of them threw, or answered what cannot be done. */
  readonly onFault?: ReportPolicyFault;
  /** Told of a listener that is to be called when the functions have changed. */
  readonly onChange?: (changed: () => void) => void;
}
