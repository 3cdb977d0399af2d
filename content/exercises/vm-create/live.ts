/**
 * The learner's `createVm` as a second hypervisor of the host, for trying out: a mounted directory where making a directory makes a VM, as
 * the kernel's configfs makes its objects. Its accounts can be read, and a step can be told to fail.
 */
import {
  CodeFailure,
  decodeUtf8,
  encodeUtf8,
  FuseFs,
  type FuseOperations,
  type LiveCode,
  type LiveHost,
  OsError,
} from '../../../src/exercise/index.ts';
import type { StepName, VmSpec } from '../../../src/exercise/virtualization.ts';
import { HOST_FUNCTIONS } from './binding.ts';
import { type Case, KIB, MIB } from './cases.ts';
import { accountsText, sizeText } from './drawing.ts';
import { type Accounts, type Attempt, Stage } from './playing.ts';

/** Type of the file system, for mount(8). */
export const LIVE_TYPE = 'create-lab';

const HOST: Omit<Case, 'acts'> = { memory: 16 * MIB, cpus: 2, cpuRatio: 2 };
const EMPTY: Accounts = { free: 0, parts: [], overlays: [], ports: [], vms: [] };
const VMS = '/vms';

/** What is written into `spec` at the beginning; a line is left out for what createVm may choose. */
const FIRST_SPEC = `memory=1M
vcpus=1
image=base.raw
`;

/** Those that mkdir(2) hands on as they are. */
const ERRNOS = [
  'EINVAL',
  'ENOMEM',
  'EAGAIN',
  'EEXIST',
  'ENOENT',
  'EIO',
  'EBUSY',
  'ENOSPC',
  'EMFILE',
  'EADDRNOTAVAIL',
] as const;

const UNITS: Readonly<Record<string, number>> = { '': 1, K: KIB, M: MIB };

/** The spec that the lines of `spec` describe. Throws OsError EINVAL for a line that says nothing. */
function readSpec(text: string, name: string): VmSpec {
  const wanted = { memory: MIB, vcpus: 1, image: 'base.raw', mac: null as string | null };
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [, key, value = ''] = /^\s*(memory|vcpus|image|mac)=(\S+)\s*$/.exec(line) ?? [];
    const number = /^(-?[\d.]+)([KM]?)$/.exec(value);
    if (key === 'image' || key === 'mac') wanted[key] = value;
    else if ((key === 'memory' || key === 'vcpus') && number !== null)
      wanted[key] = Number(number[1]) * UNITS[number[2]!]!;
    else throw new OsError('EINVAL', `spec: ${line}`);
  }
  return { name, ...wanted };
}

class TestHost {
  readonly #live: LiveHost;
  #stage: Stage | null = null;
  readonly #texts = new Map([
    ['/spec', FIRST_SPEC],
    ['/fail', ''],
  ]);

  constructor(live: LiveHost) {
    this.#live = live;
    // What other code has made, or left behind, is not for this code to explain.
    live.onChange(() => {
      this.#stage = null;
    });
  }

  /** Throws OsError EIO while the code does not run. */
  get stage(): Stage {
    if (this.#stage !== null) return this.#stage;
    const code = this.#live.code();
    if (code === null) {
      this.#live.report('createVm: the code does not run yet: see its problems in the editor');
      throw new OsError('EIO');
    }
    this.#stage = new Stage(code, { ...HOST, acts: [] });
    return this.#stage;
  }

  get vms(): readonly string[] {
    return this.#stage?.accounts.vms ?? [];
  }

  text(path: string): string | null {
    if (path === '/host') return this.#accountsText();
    return this.#texts.get(path) ?? null;
  }

  write(path: string, text: string): void {
    const step = text.trim();
    const canFail = /^(take|make)/.test(step) && HOST_FUNCTIONS.includes(step);
    if (path === '/fail' && step !== '' && !canFail) throw new OsError('EINVAL');
    this.#texts.set(path, text);
  }

  make(name: string): void {
    const spec = readSpec(this.text('/spec')!, name);
    const step = this.text('/fail')!.trim();
    const attempt = this.#attempt(spec, step === '' ? null : (step as StepName));
    for (const line of attempt.call.output) this.#live.print(line);
    const { failure, before, after } = attempt;
    const left = after.parts.filter(({ name: one }) => !before.parts.some((had) => had.name === one));
    if (failure === null) return;
    this.#live.report(
      `createVm: ${failure.returned ? `it returned, and ${failure.message}` : failure.message}`,
    );
    if (left.length > 0)
      this.#live.report(`createVm: something of ${name} is left behind, see the file host`);
    const code = ERRNOS.find((known) => known === failure.code);
    throw new OsError(code ?? 'EIO');
  }

  remove(name: string): void {
    if (!this.vms.includes(name)) throw new OsError('ENOENT');
    this.stage.play({ act: 'remove', name });
  }

  #attempt(spec: VmSpec, step: StepName | null): Attempt {
    try {
      const fault = step === null ? {} : { fault: { step, code: 'EIO' } as const };
      return this.stage.play({ act: 'create', spec, ...fault })!;
    } catch (error) {
      if (!(error instanceof CodeFailure)) throw error;
      this.#live.report(`createVm: ${error.message}`);
      throw new OsError('EIO');
    }
  }

  #accountsText(): string {
    const { memory, cpus, cpuRatio } = HOST;
    const head = `has       ${sizeText(memory)}, ${cpus} × ${cpuRatio} vCPUs\n`;
    return `${head}${accountsText(this.stage.accounts, EMPTY, new Set())}\n`;
  }
}

function operations(host: TestHost): FuseOperations {
  const refused = () => {
    throw new OsError('EPERM');
  };
  const vmOf = (path: string) => {
    const name = path.startsWith(`${VMS}/`) ? path.slice(VMS.length + 1) : '';
    if (name === '' || name.includes('/')) throw new OsError('EPERM');
    return name;
  };
  const writable = (path: string) => {
    if (path !== '/spec' && path !== '/fail') throw new OsError('EACCES');
  };
  const own = { uid: 1000, gid: 1000 };
  return {
    getattr(path) {
      if (path === '/' || path === VMS) return { type: 'dir', mode: 0o755, size: 4096, ...own };
      if (path.startsWith(`${VMS}/`))
        return host.vms.includes(path.slice(VMS.length + 1))
          ? { type: 'dir', mode: 0o755, size: 4096, ...own }
          : null;
      if (!['/host', '/spec', '/fail'].includes(path)) return null;
      const size = path === '/host' ? 0 : encodeUtf8(host.text(path)!).length;
      return { type: 'file', mode: path === '/host' ? 0o444 : 0o644, size, ...own };
    },
    readdir(path) {
      if (path === '/') return ['fail', 'host', 'spec', 'vms'];
      return path === VMS ? [...host.vms] : [];
    },
    read(path, offset, count) {
      const text = host.text(path);
      if (text === null) throw new OsError('ENOENT');
      return encodeUtf8(text).subarray(offset, offset + count);
    },
    readlink: refused,
    openForWrite(path, truncate) {
      writable(path);
      if (truncate) host.write(path, '');
    },
    write(path, offset, data) {
      writable(path);
      const before = encodeUtf8(host.text(path)!).subarray(0, offset);
      host.write(path, decodeUtf8(before) + decodeUtf8(data));
      return data.length;
    },
    setattr: (path) => writable(path),
    create: refused,
    mkdir: (path) => host.make(vmOf(path)),
    unlink: refused,
    rmdir: (path) => host.remove(vmOf(path)),
    rename: refused,
  };
}

export const live: LiveCode = {
  filesystems: (host) =>
    new Map([
      [
        LIVE_TYPE,
        (request) =>
          new FuseFs(request, {
            type: LIVE_TYPE,
            operations: operations(new TestHost(host)),
            onFault: (operation, path, error) =>
              host.report(`${operation} ${path}: ${error instanceof Error ? error.message : String(error)}`),
          }),
      ],
    ]),
};
