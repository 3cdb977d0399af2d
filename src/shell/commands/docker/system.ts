/** docker version, info. */
import { API_VERSION, VERSION } from '../../../container/index.ts';
import { writeAll } from '../../../linux/index.ts';
import { api } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { binarySize } from './tables.ts';
import type { Telling } from './template/index.ts';
import { fill } from './templates.ts';

/** A line of `docker version`; the values begin in column 20. */
const line = (indent: string, label: string, value: string) => `${`${indent}${label}:`.padEnd(20)}${value}\n`;

interface EngineVersion
  extends Readonly<
    Record<
      'Version' | 'ApiVersion' | 'MinAPIVersion' | 'GoVersion' | 'GitCommit' | 'BuildTime' | 'Os' | 'Arch',
      string
    >
  > {
  readonly Platform: { readonly Name: string };
}

/** What the engine is, as docker 28 lays it out. */
function serverText(engine: EngineVersion): string {
  return [
    `\nServer: ${engine.Platform.Name}\n Engine:\n`,
    line('  ', 'Version', engine.Version),
    line('  ', 'API version', `${engine.ApiVersion} (minimum version ${engine.MinAPIVersion})`),
    line('  ', 'Go version', engine.GoVersion),
    line('  ', 'Git commit', engine.GitCommit),
    line('  ', 'Built', longDate(engine.BuildTime)),
    line('  ', 'OS/Arch', `${engine.Os}/${engine.Arch}`),
    line('  ', 'Experimental', 'false'),
  ].join('');
}

/** As asctime(3): `Thu Jan  1 00:00:00 2026`. */
function longDate(time: string): string {
  const [weekday = '', day = '', month, year, clock] = new Date(time).toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${clock} ${year}`;
}

interface EngineInfo extends Readonly<Record<string, unknown>> {
  readonly DriverStatus: readonly (readonly [string, string])[];
  readonly CgroupVersion?: string;
  readonly Plugins: Readonly<Record<'Volume' | 'Network' | 'Log', readonly string[]>>;
  readonly Swarm: { readonly LocalNodeState: string };
  readonly Runtimes: Readonly<Record<string, unknown>>;
  readonly SecurityOptions: readonly string[] | null;
  readonly MemTotal: number;
  readonly ID: string;
  readonly Warnings: readonly string[] | null;
}

/** What the engine says of itself, as docker 28 lays it out. */
function infoText(info: EngineInfo): string {
  const { Plugins, SecurityOptions } = info;
  const security = (SecurityOptions ?? []).flatMap((option) => {
    const [name = '', ...rest] = option.split(',');
    const details = rest.map((pair) => pair.replace('=', ': ').replace(/^p/, 'P'));
    return [`  ${name.replace('name=', '')}`, ...details.map((detail) => `   ${detail}`)];
  });
  const lines = [
    ` Containers: ${info.Containers}`,
    `  Running: ${info.ContainersRunning}`,
    `  Paused: ${info.ContainersPaused}`,
    `  Stopped: ${info.ContainersStopped}`,
    ` Images: ${info.Images}`,
    ` Server Version: ${info.ServerVersion}`,
    ` Storage Driver: ${info.Driver}`,
    ...info.DriverStatus.map(([name, value]) => `  ${name}: ${value}`),
    ` Logging Driver: ${info.LoggingDriver}`,
    ` Cgroup Driver: ${info.CgroupDriver}`,
    ...(info.CgroupVersion === undefined ? [] : [` Cgroup Version: ${info.CgroupVersion}`]),
    ' Plugins:',
    `  Volume: ${Plugins.Volume.join(' ')}`,
    `  Network: ${Plugins.Network.join(' ')}`,
    `  Log: ${Plugins.Log.join(' ')}`,
    ` Swarm: ${info.Swarm.LocalNodeState}`,
    ` Runtimes: ${Object.keys(info.Runtimes).join(' ')}`,
    ` Default Runtime: ${info.DefaultRuntime}`,
    ` Init Binary: ${info.InitBinary}`,
    ' containerd version: ',
    ' runc version: ',
    ' init version: ',
    ...(security.length === 0 ? [] : [' Security Options:', ...security]),
    ` Kernel Version: ${info.KernelVersion}`,
    ` Operating System: ${info.OperatingSystem}`,
    ` OSType: ${info.OSType}`,
    ` Architecture: ${info.Architecture}`,
    ` CPUs: ${info.NCPU}`,
    ` Total Memory: ${binarySize(info.MemTotal)}`,
    ` Name: ${info.Name}`,
    ...(info.ID === '' ? [] : [` ID: ${info.ID}`]),
    ` Docker Root Dir: ${info.DockerRootDir}`,
    ` Debug Mode: ${info.Debug}`,
    ` Experimental: ${info.ExperimentalBuild}`,
    ` Live Restore Enabled: ${info.LiveRestoreEnabled}`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

const CLIENT = {
  ...{ Version: VERSION, ApiVersion: API_VERSION, APIVersion: API_VERSION, DefaultAPIVersion: API_VERSION },
  ...{ Os: 'linux', Arch: 'amd64', Context: 'default' },
};
const CLIENT_TEXT = `Client:\n${line(' ', 'Version', VERSION)}${line(' ', 'API version', API_VERSION)}${line(' ', 'OS/Arch', 'linux/amd64')} Context:           default\n`;

const CLIENT_INFO = `Client:\n Version:    ${VERSION}\n Context:    default\n Debug Mode: false\n\nServer:\n`;

const formatOption = { short: 'f', long: 'format', argument: 'string', help: 'Go template, or json' };

/** A mistake leaves an empty line on standard output before it is told. */
const filled = (format: string, value: object, telling: Telling) =>
  `${format === 'json' ? JSON.stringify(value) : fill(format, value, { ...telling, lead: '\n' })}\n`;

export const system: readonly DockerCommand[] = [
  {
    name: 'version',
    usage: '[OPTIONS]',
    help: 'Show the version',
    options: [formatOption],
    operands: [0, 0],
    *run(parsed) {
      const format = parsed.value('format');
      if (format === null) yield* writeAll(1, CLIENT_TEXT);
      const engine = (yield* api('GET', '/version')) as EngineVersion;
      const Server = { ...engine, APIVersion: engine.ApiVersion };
      yield* writeAll(
        1,
        format === null
          ? serverText(engine)
          : filled(format, { Client: CLIENT, Server }, { name: 'version', type: 'system.versionInfo' }),
      );
      return 0;
    },
  },
  {
    name: 'info',
    aliases: ['system info'],
    usage: '[OPTIONS]',
    help: 'Show what the engine has',
    options: [formatOption],
    operands: [0, 0],
    *run(parsed) {
      const format = parsed.value('format');
      if (format === null) yield* writeAll(1, CLIENT_INFO);
      const info = (yield* api('GET', '/info')) as EngineInfo;
      yield* writeAll(
        1,
        format === null
          ? infoText(info)
          : filled(format, { ...info, ClientInfo: CLIENT }, { type: 'system.dockerInfo' }),
      );
      return 0;
    },
  },
];
