/** The learner's planner as part of the host: a mounted directory with a file for each image of the first cloud, whose text is the plan. */
import {
  encodeUtf8,
  FuseFs,
  type FuseOperations,
  type Json,
  type LiveCode,
  OsError,
  type Sandbox,
} from '../../../src/exercise/index.ts';
import type { Image } from './api.d.ts';
import { amazonImages, type Files, GOOGLE_TARGET } from './facts.ts';
import { readPlan } from './plans.ts';
import { stepText } from './reference.ts';

/** The link to the clouds, as their clients have it. */
const RATED = 10e9;
const EFFICIENCY = 0.35;

function planText(code: Sandbox, image: Image, print: (line: string) => void): string {
  const ask = (name: string, args: readonly Json[]) => {
    const result = code.call(name, args);
    for (const line of result.output) print(line);
    if (!result.ok) throw new Error(`${name}: ${result.error.message}`);
    return result.value;
  };
  const plan = readPlan(ask('plan', [image as unknown as Json, GOOGLE_TARGET as unknown as Json]));
  if (typeof plan === 'string') throw new Error(`plan gave what is no plan: ${plan}`);
  if ('refused' in plan)
    return `cannot be moved to gcloud-sim:\n${plan.refused.map((reason) => ` - ${reason}\n`).join('')}`;
  const steps = plan.steps.map((step, i) => `${i + 1}. ${stepText(step)}\n`).join('');
  const seconds = ask('transferSeconds', [image.size, RATED, EFFICIENCY]);
  const time = typeof seconds === 'number' ? seconds.toFixed(2) : JSON.stringify(seconds);
  return `to gcloud-sim:\n${steps}The disk has ${image.size} bytes; at 10 Gb/s, of which 35 % get through, it travels ${time} s.\n`;
}

function operations(texts: () => ReadonlyMap<string, () => string>): FuseOperations {
  const refused = () => {
    throw new OsError('EROFS');
  };
  const textAt = (path: string) => texts().get(path.slice(1));
  return {
    getattr(path) {
      if (path === '/') return { type: 'dir', mode: 0o555, size: 4096 };
      const text = textAt(path);
      return text === undefined ? null : { type: 'file', mode: 0o444, size: encodeUtf8(text()).length };
    },
    readdir: () => [...texts().keys()],
    read(path, offset, count) {
      const text = textAt(path);
      if (text === undefined) throw new OsError('ENOENT');
      return encodeUtf8(text()).subarray(offset, offset + count);
    },
    readlink() {
      throw new OsError('EINVAL');
    },
    openForWrite: refused,
    write: refused,
    setattr: refused,
    create: refused,
    mkdir: refused,
    unlink: refused,
    rmdir: refused,
    rename: refused,
  };
}

export const live: LiveCode = {
  filesystems: ({ code, host, report, print }) => {
    const texts = () => {
      const images = amazonImages(host().view as Files);
      return new Map(
        [...images].map(([name, image]) => [
          name,
          () => {
            const sandbox = code();
            if (sandbox === null)
              throw new Error('the code does not run yet: see its problems in the editor');
            return planText(sandbox, image, print);
          },
        ]),
      );
    };
    return new Map([
      [
        'plan-lab',
        (request) =>
          new FuseFs(request, {
            type: 'plan-lab',
            operations: operations(texts),
            onFault: (operation, path, error) =>
              report(`${operation} ${path}: ${error instanceof Error ? error.message : String(error)}`),
          }),
      ],
    ]);
  },
};
