/** /_ping, /version, /info, /system/df. */
import { sys } from '../../linux/index.ts';
import { API_VERSION, DOCKER_ROOT, VERSION } from '../model.ts';
import { diskUsage } from '../upkeep.ts';
import { ok, type Route } from './handler.ts';

export const systemRoutes: readonly Route[] = [
  [
    'GET',
    /^\/_ping$/,
    function* () {
      return ok('OK');
    },
  ],
  [
    'GET',
    /^\/version$/,
    function* () {
      return ok({
        Version: VERSION,
        ApiVersion: API_VERSION,
        Os: 'linux',
        Arch: 'amd64',
        KernelVersion: (yield* sys.uname()).release,
      });
    },
  ],
  [
    'GET',
    /^\/info$/,
    function* (engine) {
      const all = [...engine.containers.values()];
      const running = all.filter((found) => found.State.Running).length;
      return ok({
        Containers: all.length,
        ContainersRunning: running,
        ContainersStopped: all.length - running,
        Images: engine.images.size,
        Driver: 'overlay2',
        LoggingDriver: 'json-file',
        ServerVersion: VERSION,
        DockerRootDir: DOCKER_ROOT,
        Name: (yield* sys.uname()).nodename,
      });
    },
  ],
  [
    'GET',
    /^\/system\/df$/,
    function* (engine) {
      return ok(yield* diskUsage(engine));
    },
  ],
];
