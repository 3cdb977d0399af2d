/** Options of a container of which there is one choice here: drivers, runtime, access to devices. */
import { requireLog } from './logOptions.ts';
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
  requireLog({ Type: LogConfig?.Type || 'json-file', Config: LogConfig?.Config ?? {} });
  if (VolumeDriver && VolumeDriver !== 'local') {
    const why = `plugin "${VolumeDriver}" not found`;
    throw new EngineError(400, `error looking up volume plugin ${VolumeDriver}: ${why}`);
  }
  if (UsernsMode && UsernsMode !== 'host') throw new EngineError(400, `invalid USER mode: ${UsernsMode}`);
  if (Runtime && !['runc', 'io.containerd.runc.v2'].includes(Runtime))
    throw new EngineError(400, `unknown or invalid runtime name: ${Runtime}`);
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
