/** The daemon's state: images, containers, volumes; in memory for its handlers, and in files that say the same. */
import { isOsError, type Nanos } from '../base/index.ts';
import { MNT_DETACH, type Sys, sys, writeAll } from '../linux/index.ts';
import { BuildCache } from './buildCache.ts';
import { Condition } from './condition.ts';
import { tell } from './containerEvents.ts';
import { ContainerTable } from './containerTable.ts';
import { EventLog } from './events.ts';
import { copyTree, list, makeDirs, removeTree, resolveWithin, statOrNull, writeText } from './files.ts';
import { makeInitLayer, makeLayerDirs, writeIdentityFiles } from './identity.ts';
import { METADATA } from './images/layers.ts';
import { findImage } from './images/references.ts';
import { loadImages, saveReferences } from './images/store.ts';
import {
  CONTAINERD_SOCKET,
  type Container,
  containerPath,
  EngineError,
  type Exec,
  initPath,
  type MountPoint,
  overlayPath,
  type StoredImage,
} from './model.ts';
import { type EngineNetworks, noNetworks } from './networking.ts';
import { isFilled, mountVolume, unmountVolume } from './volumeOptions.ts';
import { dropVolume } from './volumes.ts';

export class Engine {
  readonly containers = new ContainerTable();
  readonly images = new Map<string, StoredImage>();
  readonly execs = new Map<string, Exec>();
  /** Containers between their mounts and their program. */
  readonly starting = new Set<Container>();
  readonly buildCache = new BuildCache();
  networks: EngineNetworks = noNetworks;
  readonly events: EventLog;
  /** Container → the delay before its last restart by its policy. */
  readonly delays = new Map<string, Nanos>();
  /** Containers whose policy has no say after the next end: they were stopped. */
  readonly cancelled = new Set<string>();
  /** Containers between the two halves of `docker restart`. */
  readonly restarting = new Set<string>();
  /** Container → how often it has ended in this life of the daemon. */
  readonly exits = new Map<string, number>();
  /** Container → the number of its health monitor: an older one ends. */
  readonly monitors = new Map<string, number>();
  readonly jobs = new Map<number, () => Sys<void>>();
  /** The daemon is about to end. */
  stopping = false;
  /** All that is to be done before has been done. */
  stopped = false;
  readonly #conditions = new Map<string, Condition>();
  #conditionsMade = 0;
  readonly #nextAddress = () => `\0dockerd/condition/${++this.#conditionsMade}`;
  #jobs = 0;

  constructor() {
    this.events = new EventLog(new Condition(this.#nextAddress));
  }

  /** Reads what lies below /var/lib/docker. */
  *load(): Sys<void> {
    yield* this.buildCache.load();
    yield* loadImages(this.images);
  }

  *saveReferences(): Sys<void> {
    yield* saveReferences(this.images);
  }

  /** By name (`:latest` assumed), id or unambiguous start of an id. */
  findImage(name: string): StoredImage | null {
    return findImage(this.images, name);
  }

  /** The container of exactly this name; null when there is none. */
  named(name: string): Container | null {
    return this.containers.named(name);
  }

  /** By name, id or start of an id. 404 when there is none. */
  findContainer(name: string): Container {
    const plain = name.replace(/^\//, '');
    const exact = this.containers.get(plain) ?? this.named(plain);
    if (exact !== null) return exact;
    for (const container of this.containers.values())
      if (plain !== '' && container.ID.startsWith(plain)) return container;
    throw new EngineError(404, `No such container: ${plain}`);
  }

  *save(container: Container): Sys<void> {
    yield* writeText(`${containerPath(container.ID)}/config.v2.json`, JSON.stringify(container));
  }

  /** Directories of a new container, and its place in the layer database. */
  *createFiles(container: Container): Sys<void> {
    const layer = overlayPath(container.MountId);
    yield* makeInitLayer(container.MountId, this.#imageLayers(container));
    yield* makeLayerDirs(layer, this.#lowers(container));
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

  /** The container's tree at overlay2/<id>/merged, as overlayfs makes it. */
  *mountLayers(container: Container): Sys<void> {
    yield* this.mountOverlay(container);
    yield* writeIdentityFiles(container, yield* this.networks.identity(container));
    for (const { NeedsMount, Name } of Object.values(container.MountPoints))
      if (NeedsMount) yield* mountVolume(Name);
  }

  /**
   * A new container's volumes that are empty get what the image has at their place (moby's populateVolumes()). Throws EngineError, and OsError
   * where a volume's directory is gone.
   */
  *fillVolumes(container: Container): Sys<void> {
    const points = Object.values(container.MountPoints).filter(
      ({ Type, NoCopy, Subpath }) => Type === 'volume' && !NoCopy && !Subpath,
    );
    if (points.length === 0) return;
    const merged = `${overlayPath(container.MountId)}/merged`;
    yield* this.mountOverlay(container);
    try {
      for (const point of points) {
        const inImage = yield* resolveWithin(merged, point.Destination, 255);
        if (inImage === null || (yield* statOrNull(`${merged}/${inImage}`)) === null) continue;
        yield* this.#fill(point, `${merged}/${inImage}`);
      }
    } finally {
      yield* this.unmountVolumes(container);
      yield* this.unmountLayers(container);
    }
  }

  *#fill({ NeedsMount, Name, Source }: MountPoint, from: string): Sys<void> {
    if (NeedsMount) {
      if (!(yield* isFilled(Name))) return;
      try {
        yield* mountVolume(Name);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        throw new EngineError(error.status, `failed to populate volume: ${error.message}`);
      }
    }
    if ((yield* list(Source)).length === 0) yield* copyTree(from, Source);
  }

  /** Of a container that has ended, or never ran: volumes that were mounted for it alone. */
  *unmountVolumes(container: Container): Sys<void> {
    for (const { NeedsMount, Name } of Object.values(container.MountPoints)) {
      const others = this.usersOf(Name).filter((user) => user !== container);
      // One that starts counts on what it has mounted.
      if (NeedsMount && !others.some((user) => this.starting.has(user))) yield* unmountVolume(Name, others);
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

  /** Whoever waits for something of the container's is to look at it again. */
  *changed(container: Container): Sys<void> {
    const condition = this.#conditions.get(container.ID);
    if (condition !== undefined) yield* condition.notify();
  }

  conditionOf({ ID }: Container): Condition {
    let condition = this.#conditions.get(ID);
    if (condition === undefined) {
      condition = new Condition(this.#nextAddress);
      this.#conditions.set(ID, condition);
    }
    return condition;
  }

  /** Runs `job` in a process of its own, child of the daemon's main one, as `go` does in a goroutine. */
  *background(job: () => Sys<void>): Sys<void> {
    const number = ++this.#jobs;
    this.jobs.set(number, job);
    const fd = yield* sys.socket();
    yield* sys.connect(fd, CONTAINERD_SOCKET);
    yield* writeAll(fd, `job ${number}\n`);
    yield* sys.close(fd);
  }

  /** Takes a stopped container with its layer away, and with `volumes` what only it used. */
  *remove(container: Container, volumes: boolean): Sys<void> {
    const { ID, MountId } = container;
    container.State.Dead = true;
    this.containers.remove(container);
    yield* removeTree(overlayPath(MountId));
    yield* removeTree(initPath(MountId));
    yield* removeTree(containerPath(ID));
    yield* removeTree(`${METADATA}/layerdb/mounts/${ID}`);
    for (const { Anonymous, Name } of Object.values(container.MountPoints)) {
      if (!volumes || !Anonymous || this.usersOf(Name).length > 0) continue;
      yield* dropVolume(this, Name);
    }
    yield* tell(this, container, 'destroy');
    yield* this.changed(container);
    this.#conditions.delete(ID);
    for (const known of [this.delays, this.exits, this.monitors]) known.delete(ID);
  }

  /** Names of containers that mount the volume. */
  usersOf(volume: string): Container[] {
    return [...this.containers.values()].filter((container) =>
      Object.values(container.MountPoints).some((point) => point.Type === 'volume' && point.Name === volume),
    );
  }
}
