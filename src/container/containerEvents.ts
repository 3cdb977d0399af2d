/** Messages about a container: with its image, name and labels. */
import type { Sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import type { Container, MountPoint } from './model.ts';

export function* tell(
  engine: Engine,
  container: Container,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): Sys<void> {
  const { Image, Labels } = container.Config;
  const all = { ...Labels, ...attributes, image: Image, name: container.Name.slice(1) };
  yield* engine.events.emit('container', action, container.ID, all);
}

/** `mount` or `unmount` of a container's volumes. */
export function* tellVolumes(engine: Engine, container: Container, action: 'mount' | 'unmount'): Sys<void> {
  const volumes = Object.values(container.MountPoints).filter(({ Type }) => Type === 'volume');
  for (const { Name, Destination, RW } of volumes as MountPoint[]) {
    const more: Record<string, string> =
      action === 'mount' ? { destination: Destination, propagation: '', 'read/write': `${RW}` } : {};
    yield* engine.events.emit('volume', action, Name, { container: container.ID, driver: 'local', ...more });
  }
}
