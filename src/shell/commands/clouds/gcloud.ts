/** gcloud-sim: a small part of Google Cloud's command line, for a cloud that is simulated on this host. */
import { writeAll } from '../../../linux/index.ts';
import { type CloudClient, type CloudCommand, CloudError } from './command.ts';
import { gcloudStore as store } from './gcloudCloud.ts';
import { imageCommands } from './gcloudImages.ts';
import { instanceCommands } from './gcloudInstances.ts';
import { sizeText } from './link.ts';
import { copy, list } from './storage.ts';

const storageCommands: readonly CloudCommand[] = [
  {
    words: 'storage cp',
    usage: 'SOURCE DESTINATION',
    summary: 'Copy a file to gs://BUCKET/OBJECT, or an object to a file.',
    options: [],
    *run({ operands }) {
      const { from, to, bytes, seconds } = yield* copy(store, operands);
      yield* writeAll(
        1,
        `Copying ${from} to ${to}\n  Completed files 1/1 | ${sizeText(bytes)} in ${seconds.toFixed(2)} s\n`,
      );
    },
  },
  {
    words: 'storage ls',
    usage: '[gs://BUCKET[/NAME]]',
    summary: 'List buckets, or what is stored in one.',
    options: [],
    *run({ operands: [address, more] }) {
      if (more !== undefined) throw new CloudError('one address at a time');
      yield* list(
        store,
        address,
        ({ key }, bucket) => `gs://${bucket}/${key}\n`,
        (bucket) => `gs://${bucket}/\n`,
      );
    },
  },
];

export const gcloudSim: CloudClient = {
  name: 'gcloud-sim',
  summary:
    'A cloud that is simulated on this host, with the import rules of Google Cloud and a small part of its command line.',
  commands: [...storageCommands, ...imageCommands, ...instanceCommands],
  usageStatus: 2,
  errorStatus: 1,
  complaint: ({ words }, message) => `ERROR: (gcloud-sim.${words.replaceAll(' ', '.')}) ${message}`,
};
