/**
 * The reference planner: which reasons there are, a plan where there is one, and what is wrong with another plan, found by carrying it out
 * on a model of the image.
 */
import type { Format, Image, Plan, Reason, Step, Target } from './api.d.ts';

export const GIB = 2 ** 30;

/** The subject of a check: what a problem with a plan is about. */
export type Facet = 'format' | 'size' | 'drivers' | 'boot' | 'order';

export interface Problem {
  readonly facet: Facet;
  /** The step it shows at; absent when it shows at the end. */
  readonly step?: number;
  readonly expected: string;
  readonly actual: string;
}

const RESIZABLE: readonly Format[] = ['raw', 'qcow2'];

/** Bytes: the least size of the target's that holds the disk. */
export function wantedSize(image: Image, { sizeMultipleGiB }: Target): number {
  const unit = sizeMultipleGiB * GIB;
  return unit === 0 ? image.size : Math.ceil(image.size / unit) * unit;
}

const oneOf = (wanted: readonly string[], there: readonly string[]) =>
  wanted.find((each) => there.includes(each));

/** All reasons against it, in the order of the API's list. */
export function reasonsAgainst(image: Image, target: Target): Reason[] {
  const drivers = [...image.initramfs, ...image.modules];
  const found: [Reason, boolean][] = [
    ['licence', image.cloudLicences.length > 0],
    ['encrypted', image.encrypted],
    ['instance-store', image.instanceStore],
    ['architecture', !target.architectures.includes(image.architecture)],
    ['boot-mode', !target.bootModes.includes(image.bootMode) && !target.convertsBootMode],
    ['too-large', wantedSize(image, target) > target.largestGiB * GIB],
    ['disk-driver', oneOf(target.diskDrivers, drivers) === undefined],
    ['network-driver', oneOf(target.networkDrivers, drivers) === undefined],
  ];
  return found.filter(([, holds]) => holds).map(([reason]) => reason);
}

/** The format to export, and those to convert to, in turn: the fewest conversions after which the file can have its size and be imported. */
function formatsFor(image: Image, target: Target): Format[] {
  const grows = wantedSize(image, target) !== image.size;
  const good = (format: Format) => target.formats.includes(format) && (!grows || RESIZABLE.includes(format));
  const direct = image.exports.find(good);
  if (direct !== undefined) return [direct];
  return [image.exports[0]!, target.formats.find(good)!];
}

/** How many conversions a plan needs at least: none or one. */
const conversionsFor = (image: Image, target: Target) => formatsFor(image, target).length - 1;

/** A right plan. Others may be as right. */
export function referencePlan(image: Image, target: Target): Plan {
  const refused = reasonsAgainst(image, target);
  if (refused.length > 0) return { refused };
  const [format, other] = formatsFor(image, target);
  const steps: Step[] = [{ do: 'export', format: format! }];
  if (other !== undefined) steps.push({ do: 'convert', format: other });
  const bytes = wantedSize(image, target);
  if (bytes !== image.size) steps.push({ do: 'resize', bytes });
  const drivers = [target.diskDrivers, target.networkDrivers].flatMap((wanted) =>
    oneOf(wanted, image.initramfs) === undefined ? [oneOf(wanted, image.modules)!] : [],
  );
  if (drivers.length > 0) steps.push({ do: 'add-drivers', drivers });
  if (namesDevice(image, target)) steps.push({ do: 'set-root' });
  if (image.console !== target.console) steps.push({ do: 'set-console', console: target.console });
  if (oneOf(target.agents, image.agents) === undefined)
    steps.push({ do: 'install-agent', agent: target.agents[0]! });
  if (target.packedAs !== null) steps.push({ do: 'pack' });
  const bootMode = target.bootModes.includes(image.bootMode) ? image.bootMode : target.bootModes[0]!;
  return { steps: [...steps, { do: 'upload' }, { do: 'import', bootMode }] };
}

/** The kernel goes by a name that the target's disk does not have. */
const namesDevice = ({ root }: Pick<Image, 'root'>, { rootDevice }: Target) =>
  root.startsWith('/dev/') && root !== rootDevice;

export function stepText(step: Step): string {
  switch (step.do) {
    case 'export':
    case 'convert':
      return `${step.do} ${step.format}`;
    case 'resize':
      return `resize ${step.bytes} bytes`;
    case 'add-drivers':
      return `add-drivers ${step.drivers.join(' ')}`;
    case 'set-console':
      return `set-console ${step.console}`;
    case 'install-agent':
      return `install-agent ${step.agent}`;
    case 'import':
      return `import, boots by ${step.bootMode}`;
    default:
      return step.do;
  }
}

/** What a plan has made of an image so far. */
interface Progress {
  readonly image: Image;
  readonly target: Target;
  stage: 'cloud' | 'file' | 'packed' | 'uploaded' | 'imported';
  format: Format | null;
  packed: boolean;
  conversions: number;
  size: number;
  initramfs: readonly string[];
  root: string;
  console: string;
  agents: readonly string[];
  readonly problems: Problem[];
}

/** What must be so before a step can be done; steps that come at a wrong time count all the same for the other checks. */
function tooEarlyOrLate(step: Step, { stage, format }: Progress): [expected: string, actual: string] | null {
  if (step.do === 'export')
    return stage === 'cloud' ? null : ['export once, as the first step', 'it was exported before'];
  if (stage === 'cloud') return ['the export before it', 'the image is still in its cloud, no file is there'];
  if (stage === 'imported') return ['no step after the import', 'the image is imported'];
  if (step.do === 'import')
    return stage === 'uploaded' ? null : ['the upload before it', 'the file is still here'];
  if (stage === 'uploaded') return ['it before the upload', 'what was uploaded stays as it was'];
  if (step.do === 'upload') return null;
  if (stage === 'packed')
    return ['it before pack', 'the disk is in the archive, as it was when it was packed'];
  if (step.do === 'resize' && !RESIZABLE.includes(format!))
    return ['resize of a raw or qcow2 file', `the file is ${format} then, which qemu-img cannot resize`];
  return null;
}

function carryOut(step: Step, at: number, now: Progress): void {
  const { image, target } = now;
  const problem = (facet: Facet, expected: string, actual: string) =>
    now.problems.push({ facet, step: at, expected, actual });
  const early = tooEarlyOrLate(step, now);
  if (early !== null) problem('order', ...early);
  switch (step.do) {
    case 'export':
      if (!image.exports.includes(step.format))
        problem(
          'format',
          `an export as ${image.exports.join(' or ')}`,
          `its cloud has no export as ${step.format}`,
        );
      now.format = step.format;
      if (now.stage === 'cloud') now.stage = 'file';
      return;
    case 'convert':
      now.conversions++;
      if (now.conversions > conversionsFor(image, target))
        problem('format', 'no conversion that is not needed', `conversion number ${now.conversions}`);
      now.format = step.format;
      return;
    case 'resize':
      if (wantedSize(image, target) === image.size)
        problem('size', `the size as it is, ${image.size} bytes: the target takes it`, 'a resize');
      now.size = step.bytes;
      return;
    case 'add-drivers':
      addDrivers(step.drivers, now, problem);
      return;
    case 'set-root':
      if (!namesDevice(now, target))
        problem('boot', `root=${now.root} as it is: it leads to the root there too`, 'a set-root');
      now.root = 'UUID';
      return;
    case 'set-console':
      if (now.console === target.console)
        problem('boot', `console=${now.console} as it is: the target shows that one`, 'a set-console');
      now.console = step.console;
      return;
    case 'install-agent':
      if (oneOf(target.agents, now.agents) !== undefined)
        problem('boot', 'the agent that is there: it knows the target', `another one, ${step.agent}`);
      now.agents = [...now.agents, step.agent];
      return;
    case 'pack':
      if (target.packedAs === null)
        problem('format', 'the file as it is: the target takes no archive', 'a pack');
      now.packed = true;
      if (now.stage === 'file') now.stage = 'packed';
      return;
    case 'upload':
      if (now.stage !== 'imported') now.stage = 'uploaded';
      return;
    case 'import':
      now.stage = 'imported';
      if (!target.bootModes.includes(step.bootMode))
        problem(
          'boot',
          `an import that boots by ${target.bootModes.join(' or ')}`,
          `one by ${step.bootMode}`,
        );
      else if (step.bootMode !== image.bootMode && !target.convertsBootMode)
        problem(
          'boot',
          `boot mode ${image.bootMode}, which the disk is made for`,
          `${step.bootMode}, and the target does not convert`,
        );
      else if (step.bootMode !== image.bootMode && target.bootModes.includes(image.bootMode))
        problem(
          'boot',
          `boot mode ${image.bootMode}: the target has it, nothing need be converted`,
          step.bootMode,
        );
  }
}

function addDrivers(
  drivers: readonly string[],
  now: Progress,
  problem: (facet: Facet, expected: string, actual: string) => void,
): void {
  const { image, target } = now;
  for (const driver of drivers) {
    if (!image.modules.includes(driver))
      problem(
        'drivers',
        `one of the kernel’s modules: ${image.modules.join(' ') || '(none)'}`,
        `${driver}, which it does not have`,
      );
    const kind = [target.diskDrivers, target.networkDrivers].find((wanted) => wanted.includes(driver));
    if (kind === undefined)
      problem('drivers', 'drivers for the target’s devices alone', `${driver}, which has no device there`);
    else if (oneOf(kind, now.initramfs) !== undefined)
      problem('drivers', `no second driver: ${oneOf(kind, now.initramfs)} is there`, driver);
    now.initramfs = [...now.initramfs, driver];
  }
}

/** What the target says to what the plan has made. */
function atTheEnd(now: Progress): void {
  const { image, target, problems } = now;
  const problem = (facet: Facet, expected: string, actual: string) =>
    problems.push({ facet, expected, actual });
  if (now.stage !== 'imported')
    problem(
      'order',
      'import as the last step',
      `the image ends ${{ cloud: 'in its cloud', file: 'as a file here', packed: 'as an archive here', uploaded: 'as an uploaded file' }[now.stage]}`,
    );
  if (now.format !== null && !target.formats.includes(now.format))
    problem('format', `a file of the format ${target.formats.join(' or ')}`, `the file is ${now.format}`);
  if (target.packedAs !== null && !now.packed)
    problem('format', `the disk packed as ${target.packedAs} in an archive`, 'it is not packed');
  const size = wantedSize(image, target);
  if (now.size !== size)
    problem(
      'size',
      `a disk of ${size} bytes${target.sizeMultipleGiB > 0 ? `, ${size / GIB} GiB` : ''}`,
      `it has ${now.size} bytes`,
    );
  for (const [wanted, device] of [
    [target.diskDrivers, 'disk'],
    [target.networkDrivers, 'network interface'],
  ] as const)
    if (oneOf(wanted, now.initramfs) === undefined)
      problem(
        'drivers',
        `${wanted.join(' or ')} in the initramfs, for the target’s ${device}`,
        `it has ${now.initramfs.join(' ') || 'nothing'}`,
      );
  if (namesDevice(now, target))
    problem(
      'boot',
      `root= by UUID, or ${target.rootDevice}`,
      `root=${now.root}: there is no such device on the target`,
    );
  if (now.console !== target.console)
    problem('boot', `console=${target.console}`, `console=${now.console}: the target’s console stays empty`);
  if (oneOf(target.agents, now.agents) === undefined)
    problem(
      'boot',
      `an agent that knows the target: ${target.agents.join(' or ')}`,
      `there is ${now.agents.join(' ') || 'none'}: no key, no address`,
    );
}

/** All that is wrong with a plan for a pair that can be done. */
export function problemsWith(steps: readonly Step[], image: Image, target: Target): Problem[] {
  const { size, initramfs, root, console, agents } = image;
  const now: Progress = {
    image,
    target,
    stage: 'cloud',
    format: null,
    packed: false,
    conversions: 0,
    size,
    initramfs,
    root,
    console,
    agents,
    problems: [],
  };
  for (const [at, step] of steps.entries()) carryOut(step, at, now);
  atTheEnd(now);
  return now.problems;
}
