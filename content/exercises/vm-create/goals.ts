/** The terminal goals: looked at in the host's files, its processes and what libvirtd keeps, whatever route led there. */
import { decodeUtf8, type Goal, type World } from '../../../src/exercise/index.ts';
import { backingFileOf, isDiskError, MemoryStore } from '../../../src/exercise/virtualization.ts';
import { BASE, baseImage, DEFINITIONS, IMAGES, OLD_VMS } from './world.ts';

const HOST = 'bluebox';
const HOME = '/home/student';

const viewOf = (world: World) => world.host(HOST).view;

/** `path` as the file `from` means it. */
function resolve(path: string, from: string): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : `${from}/../`}${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Whether the file is an image over the base image, says in which format that is, and is no copy of it. */
function isOverlay(world: World, path: string): boolean {
  const bytes = viewOf(world).readFile(path);
  if (bytes === null || bytes.length >= baseImage().length / 2) return false;
  try {
    const backing = backingFileOf(MemoryStore.of(bytes), 'qcow2');
    return backing !== null && resolve(backing.file, path) === BASE && backing.format === 'raw';
  } catch (error) {
    if (isDiskError(error)) return false;
    throw error;
  }
}

function newOverlays(world: World): string[] {
  const old = new Set([BASE, ...OLD_VMS.map((name) => `${IMAGES}/${name}.qcow2`)]);
  return [IMAGES, HOME]
    .flatMap((folder) => (viewOf(world).readdir(folder) ?? []).map(({ name }) => `${folder}/${name}`))
    .filter((path) => !old.has(path) && isOverlay(world, path));
}

interface Defined {
  readonly name: string;
  readonly disks: readonly string[];
  readonly macs: readonly string[];
}

const attributes = (xml: string, pattern: RegExp) => [...xml.matchAll(pattern)].map(([, value]) => value!);

/** The domains that libvirtd keeps, as it has written them down. */
function definedDomains(world: World): Defined[] {
  return (viewOf(world).readdir(DEFINITIONS) ?? [])
    .filter(({ name }) => name.endsWith('.xml'))
    .map(({ name: file }) => {
      const xml = decodeUtf8(viewOf(world).readFile(`${DEFINITIONS}/${file}`) ?? new Uint8Array());
      return {
        name: file.slice(0, -'.xml'.length),
        disks: attributes(xml, /<source file='([^']*)'/g),
        macs: attributes(xml, /<mac address='([^']*)'/g),
      };
    });
}

function isRunning(world: World, name: string): boolean {
  const emulated = viewOf(world)
    .processes()
    .some(({ argv, exit }) => exit === null && argv.some((word) => word.startsWith(`guest=${name},`)));
  if (!emulated) return false;
  const states = world.trace.since(0, 'domain.state');
  return states.findLast(({ detail }) => detail.domain === name)?.detail.state === 'running';
}

/** A domain besides the three that is defined and runs from an overlay over the base image. */
function newVm(world: World): Defined | undefined {
  return definedDomains(world).find(
    ({ name, disks }) =>
      !OLD_VMS.includes(name) && isRunning(world, name) && disks.some((disk) => isOverlay(world, disk)),
  );
}

/** What comparing came to, for the file as it was then: comparing 8 MiB at each key would be felt. */
const compared = new WeakMap<World, { readonly stamp: string; readonly same: boolean }>();

function baseUnchanged(world: World): boolean {
  const stat = viewOf(world).stat(BASE);
  if (stat === null) return false;
  const stamp = JSON.stringify([stat.ino, stat.size, stat.mtime, stat.ctime]);
  let last = compared.get(world);
  if (last?.stamp !== stamp) {
    const [bytes, base] = [viewOf(world).readFile(BASE), baseImage()];
    const same = bytes !== null && bytes.length === base.length && bytes.every((byte, i) => byte === base[i]);
    last = { stamp, same };
    compared.set(world, last);
  }
  return last.same;
}

const overlay: Goal = {
  id: 'overlay',
  title: 'A new image lies over base.raw, and is no copy of it',
  points: 5,
  feedback: `No new image in ${IMAGES} names base.raw as its backing file, with the format raw. qemu-img create takes the backing file with -b and its format with -F; qemu-img info shows both.`,
  holds: (world) => newOverlays(world).length > 0,
};

const running: Goal = {
  id: 'running',
  title: 'A new VM with that disk is defined, and runs',
  points: 6,
  feedback:
    'virsh list must show a fourth VM as running, defined from a description (virsh define) whose disk is the new image. Defining is not starting.',
  holds: (world) => newVm(world) !== undefined,
};

const address: Goal = {
  id: 'address',
  title: 'It has a network card with a MAC address of its own',
  points: 4,
  feedback:
    'The new VM needs an interface whose MAC address no other VM has: compare virsh domiflist of all. Who copies a description copies its address, too; without one in it libvirt makes one up.',
  holds(world) {
    const vm = newVm(world);
    if (vm === undefined || vm.macs.length === 0) return false;
    const others = definedDomains(world).filter(({ name }) => name !== vm.name);
    return vm.macs.every((mac) => others.every(({ macs }) => !macs.includes(mac)));
  },
};

const unchanged: Goal = {
  id: 'unchanged',
  title: 'The new VM runs, and base.raw and the three other VMs are as they were',
  points: 5,
  feedback: `While the new VM runs, ${BASE} must be byte for byte what it was (sha256sum), and ${OLD_VMS.join(', ')} must still be running. What a VM writes belongs into its own overlay; nothing may be committed into the base image while others lie over it.`,
  holds: (world) =>
    newVm(world) !== undefined && OLD_VMS.every((name) => isRunning(world, name)) && baseUnchanged(world),
};

export const goals: readonly Goal[] = [overlay, running, address, unchanged];
