/** Options of a container of which there is one choice here: drivers, runtime, access to devices. */
import { type DeviceMapping, EngineError } from './model.ts';

/** What is only looked at. */
export interface Others {
  readonly LogConfig?: { readonly Type?: string; readonly Config?: Readonly<Record<string, string>> };
  readonly UsernsMode?: string;
  readonly VolumeDriver?: string;
  readonly Runtime?: string;
}

/** Throws EngineError for what there is not. */
export function requireOthers({ LogConfig, UsernsMode, VolumeDriver, Runtime }: Others): void {
  requireLog(LogConfig?.Type || 'json-file', LogConfig?.Config ?? {});
  if (VolumeDriver && VolumeDriver !== 'local') {
    const why = `plugin "${VolumeDriver}" not found`;
    throw new EngineError(400, `error looking up volume plugin ${VolumeDriver}: ${why}`);
  }
  if (UsernsMode && UsernsMode !== 'host') throw new EngineError(400, `invalid USER mode: ${UsernsMode}`);
  if (Runtime && !['runc', 'io.containerd.runc.v2'].includes(Runtime))
    throw new EngineError(400, `unknown or invalid runtime name: ${Runtime}`);
}

/** moby's drivers; what they would write to is not here. */
const LOG_DRIVERS = 'awslogs etwlogs fluentd gcplogs gelf journald json-file local none splunk syslog'.split(
  ' ',
);

function requireLog(driver: string, options: Readonly<Record<string, string>>): void {
  if (!LOG_DRIVERS.includes(driver))
    throw new EngineError(500, `logger: no log driver named '${driver}' is registered`);
  if (!['json-file', 'none'].includes(driver))
    throw new EngineError(400, `the log driver ${driver} is not simulated on this host`);
  const [option] = Object.keys(options);
  if (option !== undefined)
    throw new EngineError(400, `options of log drivers are not simulated on this host (${option})`);
}

export function deviceMapping({
  PathOnHost = '',
  PathInContainer,
  CgroupPermissions,
}: Partial<DeviceMapping>) {
  const access = CgroupPermissions || 'rwm';
  if (!/^[rwm]+$/.test(access)) throw new EngineError(400, `invalid device mode: ${access}`);
  return { PathOnHost, PathInContainer: PathInContainer || PathOnHost, CgroupPermissions: access };
}
