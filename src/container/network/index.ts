/** The engine's networks on a host with a network stack: importing this file provides them. */
import '../distribution/connecting.ts';
import { provideEngineNetworks } from '../networking.ts';
import { DockerNetworks } from './dockerNetworks.ts';

provideEngineNetworks(function* (engine) {
  return new DockerNetworks(engine);
});
