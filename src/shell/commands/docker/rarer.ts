/** The rarer subcommands of docker, build, whose builder comes with them, templates of --format, and what of the real ones is not simulated: this comes with the later part (../utilities.ts). */
import { archives } from './archives.ts';
import { building } from './build.ts';
import { buildCache } from './buildCache.ts';
import { refuseFlags } from './commands.ts';
import { contexts } from './context.ts';
import { copying } from './copy.ts';
import { usage } from './diskUsage.ts';
import { events } from './events.ts';
import { images } from './images.ts';
import { manifests } from './manifest.ts';
import { networks } from './networks.ts';
import { registryCommands } from './registry.ts';
import { removing } from './removing.ts';
import { statistics } from './stats.ts';
import { system } from './system.ts';
import { addCommands } from './table.ts';
import { templateOf } from './template/index.ts';
import { provideTemplates } from './templates.ts';
import { updating } from './updating.ts';
import { volumes } from './volumes.ts';

provideTemplates(templateOf);

addCommands(
  [
    ...archives,
    ...buildCache,
    ...building,
    ...contexts,
    ...copying,
    ...events,
    ...images,
    ...manifests,
    ...networks,
    ...registryCommands,
    ...removing,
    ...statistics,
    ...system,
    ...updating,
    ...usage,
    ...volumes,
  ],
  true,
);

const creating =
  'annotation blkio-weight-device cgroup-parent cpu-count cpu-percent cpu-rt-period cpu-rt-runtime ' +
  'device-cgroup-rule domainname gpus io-maxbandwidth io-maxiops ip6 isolation kernel-memory link link-local-ip ' +
  'memory-swappiness storage-opt use-api-socket';

/** docker/cli 28.2.2's flags; those of build are buildx's too. */
refuseFlags({
  '': 'config -c context -D debug -l log-level tls tlscacert tlscert tlskey tlsverify',
  docker:
    'checkpoint config node plugin search secret service stack swarm trust manifest/annotate manifest/create manifest/push ' +
    'context/create context/export context/import context/inspect context/rm context/update context/use manifest/rm system/dial-stdio volume/update buildx/bake buildx/create buildx/history buildx/imagetools buildx/inspect buildx/ls ' +
    'buildx/rm buildx/stop buildx/use buildx/version',
  build:
    'add-host allow annotation attest build-context builder cache-from cache-to call cgroup-parent compress cpu-period cpu-quota -c cpu-shares ' +
    'cpuset-cpus cpuset-mems disable-content-trust force-rm isolation -m memory memory-swap metadata-file no-cache-filter provenance ' +
    'push sbom security-opt shm-size squash ssh ulimit',
  run: creating,
  create: creating,
  cp: '-a archive',
  start: 'checkpoint checkpoint-dir',
  images: 'tree',
  'image inspect': 'platform',
  history: 'platform',
  rmi: 'platform',
  save: 'platform',
  load: 'platform',
  import: 'platform',
  push: 'platform',
  update: 'cpu-rt-period cpu-rt-runtime kernel-memory',
  'network create': 'config-from config-only ingress ipam-driver ipam-opt ipv4 ipv6 scope',
  'network connect': 'driver-opt gw-priority ip6 link link-local-ip',
  'volume ls': 'cluster',
  'volume create':
    'availability group limit-bytes required-bytes scope secret sharing topology-preferred topology-required type',
  'manifest inspect': '-v verbose',
});
