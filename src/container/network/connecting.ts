/** docker network connect and disconnect: what cannot be. */
import { type Container, EngineError } from '../model.ts';
import { type EndpointSettings, sharedWith } from '../networking.ts';
import { requireEndpoint } from './asking.ts';
import { emptyEndpoint } from './settings.ts';
import type { Network } from './types.ts';

function requireOwnNetwork({ HostConfig }: Container, network: Network): void {
  if (sharedWith(HostConfig.NetworkMode) !== null)
    throw new EngineError(
      400,
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  if (HostConfig.NetworkMode === 'host' || network.record.Name === 'host')
    throw new EngineError(
      400,
      'container cannot be disconnected from host network or connected to host network',
    );
}

/** Puts the network among those that the container is to be connected to. Throws EngineError. */
export function addToSettings(
  container: Container,
  network: Network,
  asked: Partial<EndpointSettings> | null,
): void {
  const { Name } = network.record;
  const { NetworkSettings } = container;
  const running = NetworkSettings.SandboxKey !== '';
  requireOwnNetwork(container, network);
  const others = Object.keys(NetworkSettings.Networks).filter((other) => other !== Name);
  if (Name === 'none' || others.includes('none'))
    throw new EngineError(
      400,
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
  requireEndpoint(asked);
  if (network.endpoints.has(container.ID) || (!running && Name in NetworkSettings.Networks))
    throw new EngineError(
      403,
      `endpoint with name ${container.Name.slice(1)} already exists in network ${Name}`,
    );
  NetworkSettings.Networks[Name] = emptyEndpoint(asked);
}

/** Throws EngineError when the container cannot leave the network. */
export function requireConnected(container: Container, network: Network): void {
  requireOwnNetwork(container, network);
  const { Name } = network.record;
  if (!(Name in container.NetworkSettings.Networks))
    throw new EngineError(403, `container ${container.ID} is not connected to network ${Name}`);
}
