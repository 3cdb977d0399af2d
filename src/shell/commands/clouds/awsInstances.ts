/** Instances of aws-sim: VMs of this host that boot a copy of an image. */
import { readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { namesIn, orNull } from '../support.ts';
import {
  AWS_REQUIREMENTS,
  type AwsInstance,
  awsError,
  awsImage,
  awsImagePath,
  awsJson,
  settledState,
  awsStore as store,
} from './awsCloud.ts';
import { type CloudCommand, required } from './command.ts';
import { copyDisk } from './disks.ts';
import { isRunning, metadataDisk, startMachine, stopMachine, writeWhole } from './running.ts';

const folderOf = (id: string) => `${store.root}/instances/${id}`;
const domainOf = (id: string) => `aws-${id}`;

function* described({ InstanceId, ImageId }: AwsInstance): Sys<object> {
  const Name = (yield* isRunning(domainOf(InstanceId))) ? 'running' : 'stopped';
  return { InstanceId, ImageId, State: { Name } };
}

function* runInstance(image: string): Sys<void> {
  const state = yield* settledState();
  awsImage(state, image);
  const counted = state.counted + 1;
  const instance = { InstanceId: `i-${String(counted).padStart(17, '0')}`, ImageId: image };
  const folder = folderOf(instance.InstanceId);
  yield* copyDisk(store, awsImagePath(image), `${folder}/disk.raw`);
  const metadata = `#metadata ${AWS_REQUIREMENTS.datasource}\ninstance-id=${instance.InstanceId}\n`;
  yield* writeWhole(`${folder}/metadata`, metadataDisk(metadata));
  yield* startMachine({ domain: domainOf(instance.InstanceId), folder, network: false });
  yield* store.save({ ...state, counted, instances: [...state.instances, instance] });
  yield* writeAll(1, awsJson({ Instances: [yield* described(instance)] }));
}

/** Throws CloudError. */
function* instanceOf(id: string): Sys<AwsInstance> {
  const { instances } = yield* settledState();
  const instance = instances.find(({ InstanceId }) => InstanceId === id);
  if (instance === undefined)
    throw awsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
  return instance;
}

const ID = { argument: 'ID', help: 'the instance, i-…' };

export const awsInstanceCommands: readonly CloudCommand[] = [
  {
    words: 'ec2 run-instances',
    usage: '--image-id ID',
    summary: 'Start an instance of an image. It has no network: ENA is not among the devices here.',
    options: [{ long: 'image-id', argument: 'ID', help: 'what its disk is a copy of' }],
    run: (parsed) => runInstance(required(parsed, 'image-id')),
  },
  {
    words: 'ec2 describe-instances',
    usage: '',
    summary: 'Show the instances.',
    options: [],
    *run() {
      const { instances } = yield* settledState();
      const all: object[] = [];
      for (const instance of instances) all.push(yield* described(instance));
      yield* writeAll(1, awsJson({ Instances: all }));
    },
  },
  {
    words: 'ec2 get-console-output',
    usage: '--instance-id ID',
    summary: 'Show what an instance has said on its serial port.',
    options: [{ long: 'instance-id', ...ID }],
    *run(parsed) {
      const { InstanceId } = yield* instanceOf(required(parsed, 'instance-id'));
      yield* writeAll(
        1,
        (yield* orNull(() => readFile(`${folderOf(InstanceId)}/serial.log`), 'ENOENT')) ?? '',
      );
    },
  },
  {
    words: 'ec2 terminate-instances',
    usage: '--instance-ids ID',
    summary: 'Stop an instance and delete it with its disk.',
    options: [{ long: 'instance-ids', ...ID }],
    *run(parsed) {
      const { InstanceId } = yield* instanceOf(required(parsed, 'instance-ids'));
      yield* stopMachine(domainOf(InstanceId));
      const state = yield* store.state();
      const instances = state.instances.filter((each) => each.InstanceId !== InstanceId);
      yield* store.save({ ...state, instances });
      const folder = folderOf(InstanceId);
      for (const file of yield* namesIn(folder)) yield* sys.unlink(`${folder}/${file}`);
      yield* sys.rmdir(folder);
      const gone = { InstanceId, CurrentState: { Name: 'terminated' } };
      yield* writeAll(1, awsJson({ TerminatingInstances: [gone] }));
    },
  },
];
