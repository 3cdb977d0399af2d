/** The daemon's state: images, containers, volumes; in memory for its handlers, and in files that say the same. */
import { isOsError } from '../base/index.ts';
import { MNT_DETACH, type Pid, type Sys, sys } from '../linux/index.ts';
import type { ImageConfig } from '../oci/index.ts';
import { chainIds } from '../oci/index.ts';
import { BuildCache } from './buildCache.ts';
import { copyTree, list, makeDirs, readText, removeTree, statOrNull, timestamp, writeText } from './files.ts';
import { makeInitLayer, writeIdentityFiles } from './identity.ts';
import {
  type Container,
  containerPath,
  DOCKER_ROOT,
  EngineError,
  type Exec,
  initPath,
  overlayPath,
  type StoredImage,
  volumePath,
} from './model.ts';
import { type EngineNetworks, noNetworks } from './networking.ts';
import { failureStatus } from './rootfs.ts';

const METADATA = `${DOCKER_ROOT}/image/overlay2`;

export class Engine {
  readonly containers = new Map<string, Container>();
  readonly images = new Map<string, StoredImage>();
  readonly execs = new Map<string, Exec>();
  readonly buildCache = new BuildCache();
  networks: EngineNetworks = noNetworks;

  /** Reads what lies below /var/lib/docker. */
  *load(): Sys<void> {
    yield* this.buildCache.load();
    const folder = `${METADATA}/imagedb/content/sha256`;
    for (const hex of yield* list(folder)) {
      const config = JSON.parse((yield* readText(`${folder}/${hex}`))!) as ImageConfig;
      const cacheIds: string[] = [];
      for (const chainId of chainIds(config.rootfs.diff_ids)) {
        cacheIds.push((yield* readText(`${METADATA}/layerdb/${chainId.replace(':', '/')}/cache-id`))!);
      }
      this.images.set(`sha256:${hex}`, { id: `sha256:${hex}`, config, cacheIds, references: [] });
    }
    const references = JSON.parse((yield* readText(`${METADATA}/repositories.json`)) ?? '{}') as Record<
      string,
      string
    >;
    for (const [reference, id] of Object.entries(references)) this.images.get(id)?.references.push(reference);
  }

  *saveReferences(): Sys<void> {
    const all: Record<string, string> = {};
    for (const image of this.images.values())
      for (const reference of image.references) all[reference] = image.id;
    yield* writeText(`${METADATA}/repositories.json`, JSON.stringify(all));
  }

  /** By reference (`:latest` assumed), id or unambiguous start of an id. */
  findImage(name: string): StoredImage | null {
    const tagged = /:[^/]+$/.test(name) ? name : `${name}:latest`;
    const plain = tagged.replace(/^(docker\.io\/)?(library\/)?/, '');
    for (const image of this.images.values()) if (image.references.includes(plain)) return image;
    const hex = name.replace(/^sha256:/, '');
    if (!/^[0-9a-f]{4,64}$/.test(hex)) return null;
    return [...this.images.values()].find((image) => image.id.startsWith(`sha256:${hex}`)) ?? null;
  }

  /** By name, id or start of an id. 404 when there is none. */
  findContainer(name: string): Container {
    const plain = name.replace(/^\//, '');
    const all = [...this.containers.values()];
    const exact = all.find((container) => container.Name === `/${plain}` || container.ID === plain);
    const found = exact ?? all.find((container) => plain !== '' && container.ID.startsWith(plain));
    if (found === undefined) throw new EngineError(404, `No such container: ${plain}`);
    return found;
  }

  *save(container: Container): Sys<void> {
    yield* writeText(`${containerPath(container.ID)}/config.v2.json`, JSON.stringify(container));
  }

  /** Directories of a new container, and its place in the layer database. */
  *createFiles(container: Container): Sys<void> {
    const layer = overlayPath(container.MountId);
    yield* makeInitLayer(container.MountId, this.#imageLayers(container));
    for (const dir of ['diff', 'work', 'merged']) yield* makeDirs(`${layer}/${dir}`);
    yield* writeText(`${layer}/lower`, this.#lowers(container).join(':'));
    const mounts = `${METADATA}/layerdb/mounts/${container.ID}`;
    yield* makeDirs(mounts);
    yield* writeText(`${mounts}/mount-id`, container.MountId);
    yield* makeDirs(containerPath(container.ID));
    yield* this.save(container);
  }

  /** Directories below the container's own, top first. */
  #lowers(container: Container): string[] {
    return [`${initPath(container.MountId)}/diff`, ...this.#imageLayers(container)];
  }

  #imageLayers(container: Container): string[] {
    const image = this.images.get(container.Image);
    return [...(image?.cacheIds ?? [])].reverse().map((id) => `${overlayPath(id)}/diff`);
  }

  /** The container's tree at overlay2/<id>/merged, as overlayfs makes it; volumes are filled at their first use. */
  *mountLayers(container: Container): Sys<void> {
    const layer = overlayPath(container.MountId);
    yield* this.mountOverlay(container);
    yield* writeIdentityFiles(container, yield* this.networks.identity(container));
    for (const point of Object.values(container.MountPoints)) {
      if (point.Type !== 'volume' || (yield* list(point.Source)).length > 0) continue;
      const inImage = `${layer}/merged${point.Destination}`;
      if ((yield* statOrNull(inImage)) !== null) yield* copyTree(inImage, point.Source);
    }
  }

  *mountOverlay(container: Container): Sys<void> {
    const layer = overlayPath(container.MountId);
    const options = `lowerdir=${this.#lowers(container).join(':')},upperdir=${layer}/diff,workdir=${layer}/work`;
    yield* sys.mount('overlay', `${layer}/merged`, 'overlay', 0, options);
  }

  *unmountLayers(container: Container): Sys<void> {
    try {
      yield* sys.umount(`${overlayPath(container.MountId)}/merged`, MNT_DETACH);
    } catch (error) {
      if (!isOsError(error, 'EINVAL')) throw error;
    }
  }

  /** `message` is empty when the program runs; a container of `--rm` whose program does not is removed. */
  *started(container: Container, pid: Pid, message: string): Sys<void> {
    const { State } = container;
    container.StopRequested = false;
    if (message !== '') yield* this.networks.release(container);
    if (message === '') {
      Object.assign(State, {
        Status: 'running',
        Running: true,
        Pid: pid,
        ExitCode: 0,
        Error: '',
        StartedAt: yield* timestamp(),
      });
    } else {
      Object.assign(State, {
        Status: 'created',
        Running: false,
        Pid: 0,
        ExitCode: failureStatus(message),
        Error: message,
      });
      if (container.HostConfig.AutoRemove) {
        yield* this.unmountLayers(container);
        yield* this.remove(container, true);
        return;
      }
    }
    yield* this.save(container);
  }

  /** The program is over; tells whether the restart policy wants it again. */
  *exited(container: Container, code: number): Sys<boolean> {
    const { State, HostConfig } = container;
    yield* this.networks.release(container);
    Object.assign(State, {
      Status: 'exited',
      Running: false,
      Pid: 0,
      ExitCode: code,
      FinishedAt: yield* timestamp(),
    });
    const { Name, MaximumRetryCount } = HostConfig.RestartPolicy;
    const wanted =
      Name === 'always' ||
      Name === 'unless-stopped' ||
      (Name === 'on-failure' &&
        code !== 0 &&
        (MaximumRetryCount === 0 || container.RestartCount < MaximumRetryCount));
    const again = wanted && !container.StopRequested;
    if (again) {
      container.RestartCount++;
      State.Status = 'restarting';
    }
    if (!again && HostConfig.AutoRemove) yield* this.remove(container, true);
    else yield* this.save(container);
    return again;
  }

  /** Takes a stopped container with its layer away, and with `volumes` what only it used. */
  *remove(container: Container, volumes: boolean): Sys<void> {
    this.containers.delete(container.ID);
    yield* removeTree(overlayPath(container.MountId));
    yield* removeTree(initPath(container.MountId));
    yield* removeTree(containerPath(container.ID));
    yield* removeTree(`${METADATA}/layerdb/mounts/${container.ID}`);
    if (!volumes) return;
    for (const point of Object.values(container.MountPoints))
      if (point.Anonymous) yield* removeTree(volumePath(point.Name));
  }

  /** Names of containers that mount the volume. */
  usersOf(volume: string): Container[] {
    return [...this.containers.values()].filter((container) =>
      Object.values(container.MountPoints).some((point) => point.Type === 'volume' && point.Name === volume),
    );
  }
}
