/** /volumes of podman's API. */
import type { Sys } from '../../linux/index.ts';
import { decode, mapOf, string, struct } from '../decode.ts';
import type { Response } from '../http.ts';
import { ok } from '../routes/handler.ts';
import { listVolumes, volumeView } from '../volumes.ts';
import { bodyOf, type Call, exists, type LibpodRoute, same } from './call.ts';

const createOptions = struct('VolumeCreateOptions', {
  Name: string,
  Driver: string,
  Label: mapOf(string),
  Labels: mapOf(string),
  Options: mapOf(string),
});

const viewOf = ({ engine }: Call, volume: object) => {
  const { Labels, Options, Name, ...rest } = volume as Record<string, unknown> & { Name: string };
  return {
    ...{ Name, ...rest, Labels: Labels ?? {}, Options: Options ?? {} },
    MountCount: engine.usersOf(Name).filter(({ State }) => State.Running).length,
  };
};

function* create(call: Call): Sys<Response> {
  const { Name, Driver, Label, Labels, Options } = decode(createOptions, call.request.body ?? {}) as Record<
    string,
    unknown
  >;
  const body = { Name, Driver, DriverOpts: Options, Labels: { ...(Label ?? {}), ...(Labels ?? {}) } };
  const made = yield* bodyOf<object>(call, 'POST /volumes/create', {
    body: JSON.parse(JSON.stringify(body)) as unknown,
  });
  return { status: 201, body: viewOf(call, made) };
}

function* prune(call: Call): Sys<Response> {
  const { VolumesDeleted } = yield* bodyOf<{ VolumesDeleted: string[] }>(call, 'POST /volumes/prune', {
    // Podman takes named ones, too.
    query: { filters: '{"all":["true"]}' },
  });
  return ok(VolumesDeleted.map((Id) => ({ Id, Size: 0 })));
}

export const volumeRoutes: readonly LibpodRoute[] = [
  [
    'GET',
    /^\/volumes\/json$/,
    function* (call) {
      const volumes = yield* listVolumes(call.engine, call.request.query.get('filters'));
      return ok(volumes.map((volume) => viewOf(call, volume)));
    },
  ],
  ['POST', /^\/volumes\/create$/, create],
  ['POST', /^\/volumes\/prune$/, prune],
  [
    'GET',
    /^\/volumes\/([^/]+)\/json$/,
    function* (call) {
      return ok(viewOf(call, (yield* volumeView(call.args[0]!)) as object));
    },
  ],
  ['GET', /^\/volumes\/([^/]+)\/exists$/, exists((_, name) => volumeView(name))],
  ['DELETE', /^\/volumes\/([^/]+)$/, same()],
];
