/** Flags of docker run and create about how a container runs, and what they become in the API's HostConfig and Config. */
import { decodeUtf8, isOsError } from '../../../base/index.ts';
import { readFile, type Sys } from '../../../linux/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { DockerError } from './api.ts';
import { givesAny, invalid, NO_FLAGS, SIZE } from './flags.ts';

/** Limits: of run, create and update. */
export const limitOptions: readonly OptionSpec[] = [
  { long: 'blkio-weight', argument: 'uint16', help: 'Share of the disk when it is busy: 10 to 1000' },
  { long: 'cpu-period', argument: 'int', help: 'Length of a period of the processor quota, in microseconds' },
  { long: 'cpu-quota', argument: 'int', help: 'Processor time in a period, in microseconds' },
  { short: 'c', long: 'cpu-shares', argument: 'int', help: 'Share of the processors when they are busy' },
  { long: 'cpus', argument: 'decimal', help: 'How many processors at most' },
  { long: 'cpuset-cpus', argument: 'string', help: 'Processors that it may use: 0-2, 0,1' },
  { long: 'cpuset-mems', argument: 'string', help: 'Memory nodes that it may use: 0' },
  { short: 'm', long: 'memory', argument: 'bytes', help: 'Memory at most' },
  { long: 'memory-reservation', argument: 'bytes', help: 'Memory that is not taken away first' },
  { long: 'memory-swap', argument: 'bytes', help: 'Memory and swap at most; -1 for unlimited swap' },
  { long: 'pids-limit', argument: 'int', help: 'Processes at most; -1 for unlimited' },
  { long: 'restart', argument: 'string', help: 'no, always, unless-stopped, on-failure[:N]' },
];

const healthOptions: readonly OptionSpec[] = [
  { long: 'health-cmd', argument: 'string', help: 'Command that tells whether all is well' },
  { long: 'health-interval', argument: 'duration', help: 'Time between checks' },
  { long: 'health-retries', argument: 'int', help: 'Failures in a row until it is unhealthy' },
  { long: 'health-start-interval', argument: 'duration', help: 'Time between checks in the start period' },
  {
    long: 'health-start-period',
    argument: 'duration',
    help: 'Time to start, in which failures do not count',
  },
  { long: 'health-timeout', argument: 'duration', help: 'How long a check may take' },
  { long: 'no-healthcheck', help: "Do without the image's check" },
];

const diskOptions: readonly OptionSpec[] = [
  { long: 'device-read-bps', argument: 'list', help: 'Bytes a second from a device: /dev/vda:1mb' },
  { long: 'device-read-iops', argument: 'list', help: 'Requests a second from a device: /dev/vda:100' },
  { long: 'device-write-bps', argument: 'list', help: 'Bytes a second to a device' },
  { long: 'device-write-iops', argument: 'list', help: 'Requests a second to a device' },
];

const isolationOptions: readonly OptionSpec[] = [
  { long: 'cap-add', argument: 'list', help: 'Add capabilities' },
  { long: 'cap-drop', argument: 'list', help: 'Drop capabilities' },
  { long: 'cgroupns', argument: 'string', help: 'Namespace of control groups: host or private' },
  { long: 'device', argument: 'list', help: 'Give it a device of the host: HOST[:CONTAINER]' },
  { long: 'group-add', argument: 'list', help: 'Add groups' },
  { long: 'init', help: 'Run a reaper as the first process' },
  { long: 'ipc', argument: 'string', help: 'IPC namespace: private, shareable, host, container:NAME' },
  { long: 'oom-kill-disable', help: 'Switch the OOM killer off, which control groups v2 do not know' },
  { long: 'oom-score-adj', argument: 'int', help: 'Preference of the OOM killer: -1000 to 1000' },
  { long: 'pid', argument: 'string', help: 'PID namespace: host or container:NAME' },
  { long: 'privileged', help: 'All capabilities, and nothing hidden' },
  { long: 'runtime', argument: 'string', help: 'Who runs it: runc' },
  { long: 'security-opt', argument: 'list', help: 'no-new-privileges, seccomp=unconfined, seccomp=FILE' },
  { long: 'shm-size', argument: 'bytes', help: 'Size of /dev/shm' },
  { long: 'sysctl', argument: 'map', help: 'Settings of its namespaces: net.ipv4.ip_forward=1' },
  { long: 'ulimit', argument: 'ulimit', help: 'Limits of processes: nofile=100:200' },
  { long: 'userns', argument: 'string', help: 'User namespace: host' },
  { long: 'uts', argument: 'string', help: 'UTS namespace: host' },
];

export const runOptions: readonly OptionSpec[] = [
  ...limitOptions,
  ...healthOptions,
  ...diskOptions,
  ...isolationOptions,
  { long: 'env-file', argument: 'list', help: 'Read environment variables from files' },
  { long: 'label-file', argument: 'list', help: 'Read labels from files' },
  { long: 'stop-signal', argument: 'string', help: 'Signal that stops the container' },
  { long: 'stop-timeout', argument: 'int', help: 'Seconds between that and SIGKILL' },
];

/** `64m` as bytes: powers of 1024. */
export function sizeOf(text: string): number {
  const [, number = '', unit = ''] = SIZE.exec(text) ?? [];
  return Math.floor(Number(number) * 1024 ** 'bkmgtp'.indexOf(unit.toLowerCase() || 'b'));
}

function bytesOf(parsed: Parsed, key: string): number {
  const text = parsed.value(key);
  return text === null ? 0 : text === '-1' ? -1 : sizeOf(text);
}

function integer(parsed: Parsed, key: string): number | null {
  const text = parsed.value(key);
  return text === null ? null : Number(text);
}

export function restartOf(text: string | null) {
  if (text === null) return undefined;
  const [Name = '', count, ...more] = text.split(':');
  if (more.length > 0) throw new DockerError('invalid restart policy format: too many colons', 125);
  if (count !== undefined && !/^\d+$/.test(count))
    throw new DockerError('invalid restart policy format: maximum retry count must be an integer', 125);
  return { Name, MaximumRetryCount: Number(count ?? 0) };
}

/** Fields of HostConfig, as the API names them. */
export function limitsOf(parsed: Parsed) {
  return {
    Memory: bytesOf(parsed, 'memory'),
    MemorySwap: bytesOf(parsed, 'memory-swap'),
    MemoryReservation: bytesOf(parsed, 'memory-reservation'),
    NanoCpus: Math.round(Number(parsed.value('cpus') ?? 0) * 1e9),
    CpuShares: integer(parsed, 'cpu-shares') ?? 0,
    BlkioWeight: Number(parsed.value('blkio-weight') ?? 0),
    CpuPeriod: integer(parsed, 'cpu-period') ?? 0,
    CpuQuota: integer(parsed, 'cpu-quota') ?? 0,
    ...(parsed.value('cpuset-cpus') && { CpusetCpus: parsed.value('cpuset-cpus') }),
    ...(parsed.value('cpuset-mems') && { CpusetMems: parsed.value('cpuset-mems') }),
    PidsLimit: integer(parsed, 'pids-limit') ?? undefined,
    RestartPolicy: restartOf(parsed.value('restart')),
  };
}

const units: Readonly<Record<string, number>> = {
  h: 3.6e12,
  m: 6e10,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
  ns: 1,
};

function duration(parsed: Parsed, key: string): number {
  const text = parsed.value(key) ?? '0';
  const parts = [...text.matchAll(/([\d.]+)(h|ms|µs|us|ns|m|s)/g)];
  const length = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
  if (text.startsWith('-') && length > 0) throw new DockerError(`--${key} cannot be negative`, 125);
  return Math.round(length);
}

function healthOf(parsed: Parsed) {
  const given = healthOptions.filter(({ long }) => long !== 'no-healthcheck' && parsed.has(long!));
  if (parsed.has('no-healthcheck')) {
    if (given.length > 0) throw new DockerError('--no-healthcheck conflicts with --health-* options', 125);
    return { Test: ['NONE'] };
  }
  if (given.length === 0) return undefined;
  const command = parsed.value('health-cmd');
  const Retries = integer(parsed, 'health-retries') ?? 0;
  if (Retries < 0) throw new DockerError('--health-retries cannot be negative', 125);
  return {
    ...(command !== null && command !== '' && { Test: ['CMD-SHELL', command] }),
    Interval: duration(parsed, 'health-interval'),
    Timeout: duration(parsed, 'health-timeout'),
    StartPeriod: duration(parsed, 'health-start-period'),
    StartInterval: duration(parsed, 'health-start-interval'),
    Retries,
  };
}

/** Fields of Config. */
function processOf(parsed: Parsed) {
  const timeout = integer(parsed, 'stop-timeout');
  const signal = parsed.value('stop-signal');
  return {
    Healthcheck: healthOf(parsed),
    StopSignal: signal ?? undefined,
    StopTimeout: timeout ?? undefined,
  };
}

/** Those of go-units. */
const LIMITS =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

function ulimitOf(text: string) {
  const [, Name, soft, hard] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (Name === undefined) throw invalid('--ulimit', text, `invalid ulimit argument: ${text}`);
  if (!LIMITS.includes(Name)) throw invalid('--ulimit', text, `invalid ulimit type: ${Name}`);
  const Soft = Number(soft);
  const Hard = Number(hard ?? soft);
  if (Hard !== -1 && (Soft > Hard || Soft === -1))
    throw invalid(
      '--ulimit',
      text,
      `ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`,
    );
  return { Name, Soft, Hard };
}

/** `/dev/vda:RATE`, opts.ValidateThrottleBpsDevice and its kin: requests are a plain number. */
function throttles(parsed: Parsed, key: string) {
  const bytes = key.endsWith('bps');
  return parsed.values(key).map((text) => {
    const [, Path = '', rate = ''] = /^([^:]*):(.*)$/.exec(text) ?? [];
    const refused = (why: string) => invalid(`--${key}`, text, why);
    if (Path === '') throw refused(`bad format: ${text}`);
    if (!Path.startsWith('/dev/')) throw refused(`bad format for device path: ${text}`);
    const form = bytes ? '<number>[<unit>]' : '<number>';
    const units = bytes ? '. Unit is optional and can be kb, mb, or gb' : '';
    const [, number = '', unit = ''] = (bytes ? SIZE : /^(\d+)$/).exec(rate) ?? [];
    if (number === '')
      throw refused(
        `invalid rate for device: ${text}. The correct format is <device-path>:${form}. Number must be a positive integer${units}`,
      );
    return { Path, Rate: Math.floor(Number(number) * 1024 ** 'bkmgtp'.indexOf(unit.toLowerCase() || 'b')) };
  });
}

/** An option like `seccomp=…` as it is sent. */
function* securityOf(text: string): Sys<string> {
  const [, key = text, value = ''] = /^([^=:]*)[=:](.*)$/s.exec(text) ?? [];
  if (key === 'no-new-privileges') return text;
  if (value === '') throw new DockerError(`Invalid --security-opt: "${text}"`, 125);
  if (key !== 'seccomp' || ['unconfined', 'builtin'].includes(value)) return text;
  let profile: string;
  try {
    profile = decodeUtf8(yield* readFile(value));
  } catch (error) {
    if (!isOsError(error)) throw error;
    const why = `open ${value}: ${error.message.toLowerCase()}`;
    throw new DockerError(`opening seccomp profile (${value}) failed: ${why}`, 125);
  }
  return `seccomp=${profile}`;
}

const MODES = {
  pid: [/^(|host|container:.+)$/, 'PID'],
  uts: [/^(|host)$/, 'UTS'],
  userns: [/^(|host)$/, 'USER'],
  cgroupns: [/^(|host|private)$/, 'CGROUP'],
} as const;

/** The value of a flag that chooses a namespace. */
function modeOf(parsed: Parsed, key: keyof typeof MODES): string {
  const mode = parsed.value(key) ?? '';
  const [form, name] = MODES[key];
  if (!form.test(mode)) throw new DockerError(`--${key}: invalid ${name} mode`, 125);
  return mode;
}

/** `HOST[:CONTAINER][:rwm]` */
function deviceOf(text: string) {
  const isMode = (part: string | undefined) =>
    part !== undefined && /^[rwm]{1,3}$/.test(part) && new Set(part).size === part.length;
  const parts = text.split(':');
  const wrong = (why: string) => new DockerError(why, 125);
  const [PathOnHost = '', second, third] = parts;
  if (parts.length > 3 || PathOnHost === '') throw wrong(`bad format for path: ${text}`);
  if (third !== undefined && !isMode(third)) throw wrong(`bad mode specified: ${third}`);
  const shortened = third === undefined && isMode(second);
  const PathInContainer = (shortened ? undefined : second) || PathOnHost;
  if (!PathInContainer.startsWith('/')) throw wrong(`${PathInContainer} is not an absolute path`);
  return { PathOnHost, PathInContainer, CgroupPermissions: (shortened ? second : third) ?? 'rwm' };
}

const SYSCTL =
  /^(net\.|fs\.mqueue\.|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$)/;

function sysctlsOf(parsed: Parsed) {
  return Object.fromEntries(
    parsed.values('sysctl').map((text) => {
      const [, name = text, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
      if (!SYSCTL.test(name)) throw invalid('--sysctl', text, `sysctl '${text}' is not allowed`);
      return [name, value];
    }),
  );
}

/** Fields of HostConfig; SecurityOpt as it is sent. */
function isolationOf(parsed: Parsed, SecurityOpt: readonly string[]) {
  return {
    BlkioDeviceReadBps: throttles(parsed, 'device-read-bps'),
    BlkioDeviceWriteBps: throttles(parsed, 'device-write-bps'),
    BlkioDeviceReadIOps: throttles(parsed, 'device-read-iops'),
    BlkioDeviceWriteIOps: throttles(parsed, 'device-write-iops'),
    CapAdd: parsed.values('cap-add'),
    CapDrop: parsed.values('cap-drop'),
    CgroupnsMode: modeOf(parsed, 'cgroupns'),
    Devices: parsed.values('device').map(deviceOf),
    GroupAdd: parsed.values('group-add'),
    IpcMode: parsed.value('ipc') ?? '',
    ...(parsed.has('oom-kill-disable') && { OomKillDisable: true }),
    OomScoreAdj: integer(parsed, 'oom-score-adj') ?? 0,
    PidMode: modeOf(parsed, 'pid'),
    Privileged: parsed.has('privileged'),
    Runtime: parsed.value('runtime') ?? '',
    SecurityOpt,
    ShmSize: bytesOf(parsed, 'shm-size'),
    Sysctls: sysctlsOf(parsed),
    UTSMode: modeOf(parsed, 'uts'),
    UsernsMode: modeOf(parsed, 'userns'),
    Ulimits: parsed.values('ulimit').map(ulimitOf),
    ...(parsed.has('init') && { Init: true }),
  };
}

/** What {@link runBody} gives without any of them. */
export const NO_RUN_FLAGS = {
  process: processOf(NO_FLAGS),
  host: { ...limitsOf(NO_FLAGS), ...isolationOf(NO_FLAGS, []) },
};

/** Fields of Config and of HostConfig that `runOptions` are about. Throws DockerError and FlagError for flags that cannot be. */
export function* runBody(parsed: Parsed): Sys<typeof NO_RUN_FLAGS> {
  if (!givesAny(parsed, runOptions)) return NO_RUN_FLAGS;
  const limits = limitsOf(parsed);
  const security: string[] = [];
  for (const text of parsed.values('security-opt')) security.push(yield* securityOf(text));
  const isolation = isolationOf(parsed, security);
  return { process: processOf(parsed), host: { ...limits, ...isolation } };
}

/** Lines of the files of a flag; those that are empty or begin with # do not count. */
export function* linesOfFiles(parsed: Parsed, key: string, failure = 125): Sys<string[]> {
  const lines: string[] = [];
  for (const path of parsed.values(key)) {
    let text: string;
    try {
      text = decodeUtf8(yield* readFile(path));
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new DockerError(`open ${path}: ${error.message.toLowerCase()}`, failure);
    }
    for (const line of text.split('\n').map((raw) => raw.replace(/\r$/, '').trimStart())) {
      if (line === '' || line.startsWith('#')) continue;
      if (/\s/.test(line.split('=', 1)[0]!))
        throw new DockerError(
          `invalid env file (${path}): variable '${line.split('=', 1)[0]}' contains whitespaces`,
          failure,
        );
      if (line.startsWith('='))
        throw new DockerError(`invalid env file (${path}): no variable name on line '${line}'`, failure);
      lines.push(line);
    }
  }
  return lines;
}
