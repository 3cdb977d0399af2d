/** aws-sim: a small part of Amazon's command line, for a cloud that is simulated on this host. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import { calendar, pad } from '../support.ts';
import { settledState, awsStore as store } from './awsCloud.ts';
import { exportCommands } from './awsExports.ts';
import { importCommands } from './awsImports.ts';
import { awsInstanceCommands } from './awsInstances.ts';
import type { CloudClient, CloudCommand } from './command.ts';
import { sizeText } from './link.ts';
import { copy, list } from './storage.ts';

/** Whoever looks at the storage finds the exports there that are done. */
function* settled(body: () => Sys<void>): Sys<void> {
  yield* settledState();
  yield* body();
}

const storageCommands: readonly CloudCommand[] = [
  {
    words: 's3 ls',
    usage: '[s3://BUCKET[/PREFIX]]',
    summary: 'List buckets, or what is stored in one.',
    options: [],
    run: ({ operands: [address] }) =>
      settled(() =>
        list(
          store,
          address,
          ({ key, size, seconds }) => `${when(seconds)} ${String(size).padStart(10)} ${key}\n`,
          (bucket) => `${when(0)} ${bucket}\n`,
        ),
      ),
  },
  {
    words: 's3 cp',
    usage: 'SOURCE DESTINATION',
    summary: 'Copy an object s3://BUCKET/KEY to a file, or a file to an object.',
    options: [],
    run: ({ operands }) =>
      settled(function* () {
        const { from, to, bytes, seconds } = yield* copy(store, operands);
        const verb = from.startsWith('s3://') ? 'download' : 'upload';
        yield* writeAll(
          1,
          `${verb}: ${from} to ${to}\nCompleted ${sizeText(bytes)} in ${seconds.toFixed(2)} s\n`,
        );
      }),
  },
];

/** As `aws s3 ls` has it; the buckets were there from the beginning. */
function when(seconds: number): string {
  const { year, month, day, hour, minute, second } = calendar(seconds || 1_767_225_600);
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

export const awsSim: CloudClient = {
  name: 'aws-sim',
  summary:
    "A cloud that is simulated on this host, with a small part of Amazon's command line: images, their export and import, instances, and storage.",
  commands: [...exportCommands, ...importCommands, ...awsInstanceCommands, ...storageCommands],
  usageStatus: 252,
  errorStatus: 254,
  complaint: ({ words }, message) =>
    message.startsWith('(')
      ? `\nAn error occurred ${message.replace(/^(\(\S+\)) /, (_, code: string) => `${code} when calling the ${operation(words)} operation: `)}`
      : `\naws-sim ${words}: ${message}`,
};

/** `ec2 export-image` → `ExportImage` */
const operation = (words: string) =>
  words
    .split(' ')
    .at(-1)!
    .split('-')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');
