/** Wires all rooms below together from a scenario and a seed. */
export { createWorld } from './createWorld.ts';
export { BASE_REFERENCE, baseImage, buildImages } from './images.ts';
export {
  type CableSpec,
  DEFAULT_EPOCH,
  type DeviceSpec,
  type HostSpec,
  type HypervisorSpec,
  type ImageConfigSpec,
  type ImageSpec,
  type NetworkSpec,
  type RegistrySpec,
  type Scenario,
  ScenarioError,
} from './scenario.ts';
export { oopsText, World } from './world.ts';
