/** Instances of gcloud-sim: VMs of this host that boot a copy of an image, with a disk that has their metadata. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { namesIn, orNull } from '../support.ts';
import { asCaller } from './caller.ts';
import { type CloudCommand, CloudError, oneOperand, required } from './command.ts';
import { copyDisk } from './disks.ts';
import {
  GCLOUD_NAME,
  GCLOUD_REQUIREMENTS,
  type GcloudInstance,
  gcloudStore as store,
  table,
} from './gcloudCloud.ts';
import { imagePath } from './gcloudImages.ts';
import { isRunning, metadataDisk, startMachine, stopMachine, writeWhole } from './running.ts';

const folderOf = (name: string) => `${store.root}/instances/${name}`;
const serialLog = (name: string) => `${folderOf(name)}/serial.log`;
const domainOf = (name: string) => `gcloud-${name}`;

const KEY_LINE = /^([a-z_][a-z0-9_-]*):(ssh-\S+ [A-Za-z0-9+/=]+(?: [^\n]*)?)\n?$/;

/** `USER KEY` from the file of `--metadata-from-file=ssh-keys=FILE`, which the caller must be able to read. */
function* keyOf(option: string | null): Sys<string | null> {
  if (option === null) return null;
  const path = /^ssh-keys=(.+)$/.exec(option)?.[1];
  if (path === undefined)
    throw new CloudError(`--metadata-from-file=${option} is not simulated: ssh-keys=FILE is`);
  const text = yield* asCaller(path, function* () {
    return decodeUtf8((yield* readFile(path)).subarray(0, 4096));
  });
  const match = KEY_LINE.exec(text);
  if (match === null)
    throw new CloudError(
      `${path}: ssh-keys is one line USER:KEY, where KEY is a public key: ssh-ed25519 AAAA… NAME`,
    );
  return `${match[1]} ${match[2]!.trimEnd()}`;
}

function metadataOf({ id, key }: GcloudInstance): string {
  const lines = [`#metadata ${GCLOUD_REQUIREMENTS.datasource}`, `instance-id=${id}`];
  if (key !== null) lines.push(`ssh-key=${key}`);
  lines.push('address=dhcp');
  return `${lines.join('\n')}\n`;
}

function* create(name: string, image: string, keyFile: string | null): Sys<void> {
  if (!GCLOUD_NAME.test(name))
    throw new CloudError(`'${name}' is no name: small letters, digits and -, a letter first`);
  const state = yield* store.state();
  if (state.instances.some((instance) => instance.name === name))
    throw new CloudError(`The resource 'instances/${name}' already exists`);
  if (!state.images.some((each) => each.name === image))
    throw new CloudError(`The resource 'images/${image}' was not found`);
  const key = yield* keyOf(keyFile);
  const counted = state.counted + 1;
  const instance: GcloudInstance = {
    name,
    id: `${4_711_000_000 + counted}`,
    image,
    key,
  };
  const folder = folderOf(name);
  yield* copyDisk(store, imagePath(image), `${folder}/disk.raw`);
  yield* writeWhole(`${folder}/metadata`, metadataDisk(metadataOf(instance)));
  yield* startMachine({ domain: domainOf(name), folder, network: true });
  yield* store.save({ ...state, counted, instances: [...state.instances, instance] });
  const rows = [[name, image, 'RUNNING']];
  yield* writeAll(1, `Created [instances/${name}].\n${table(['NAME', 'IMAGE', 'STATUS'], rows)}`);
}

/** What the network gave an instance, as it said on its console; empty until then. */
function* addressOf(name: string): Sys<string> {
  const log = yield* orNull(() => readFile(serialLog(name)), 'ENOENT');
  return /^dhcp: (\d+(?:\.\d+){3})\//m.exec(log === null ? '' : decodeUtf8(log))?.[1] ?? '';
}

function* rowsOf(instances: readonly GcloudInstance[]): Sys<string> {
  const rows: string[][] = [];
  for (const { name, image } of instances)
    rows.push([
      name,
      image,
      yield* addressOf(name),
      (yield* isRunning(domainOf(name))) ? 'RUNNING' : 'TERMINATED',
    ]);
  return table(['NAME', 'IMAGE', 'INTERNAL_IP', 'STATUS'], rows);
}

/** Throws CloudError. */
function* instanceOf(name: string): Sys<GcloudInstance> {
  const { instances } = yield* store.state();
  const instance = instances.find((each) => each.name === name);
  if (instance === undefined) throw new CloudError(`The resource 'instances/${name}' was not found`);
  return instance;
}

export const instanceCommands: readonly CloudCommand[] = [
  {
    words: 'compute instances create',
    usage: 'NAME --image=IMAGE [--metadata-from-file=ssh-keys=FILE]',
    summary: 'Make an instance of an image and start it.',
    options: [
      { long: 'image', argument: 'IMAGE', help: 'what its disk is a copy of' },
      {
        long: 'metadata-from-file',
        argument: 'ssh-keys=FILE',
        help: 'who may log in: a line USER:KEY with a public key',
      },
    ],
    run: (parsed) =>
      create(oneOperand(parsed, 'NAME'), required(parsed, 'image'), parsed.value('metadata-from-file')),
  },
  {
    words: 'compute instances list',
    usage: '',
    summary: 'List the instances.',
    options: [],
    *run() {
      const { instances } = yield* store.state();
      if (instances.length === 0) return yield* writeAll(2, 'Listed 0 items.\n');
      yield* writeAll(1, yield* rowsOf(instances));
    },
  },
  {
    words: 'compute instances get-serial-port-output',
    usage: 'NAME',
    summary: 'Show what an instance has said on its serial port.',
    options: [],
    *run(parsed) {
      const { name } = yield* instanceOf(oneOperand(parsed, 'NAME'));
      const log = yield* orNull(() => readFile(serialLog(name)), 'ENOENT');
      yield* writeAll(1, log ?? '');
    },
  },
  {
    words: 'compute instances delete',
    usage: 'NAME',
    summary: 'Stop an instance and delete it with its disk.',
    options: [],
    *run(parsed) {
      const { name } = yield* instanceOf(oneOperand(parsed, 'NAME'));
      yield* stopMachine(domainOf(name));
      const state = yield* store.state();
      yield* store.save({ ...state, instances: state.instances.filter((each) => each.name !== name) });
      for (const file of yield* namesIn(folderOf(name))) yield* sys.unlink(`${folderOf(name)}/${file}`);
      yield* sys.rmdir(folderOf(name));
      yield* writeAll(2, `Deleted [instances/${name}].\n`);
    },
  },
];
