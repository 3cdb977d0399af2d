/** /_ping, /version, /info, /system/df. */
import { encodeUtf8 } from '../../base/index.ts';
import type { Response } from '../http.ts';
import { systemInfo, versionInfo } from '../systemInfo.ts';
import { diskUsage } from '../upkeep.ts';
import { ok, type Route } from './handler.ts';

/** What a client learns before it says anything else: with which version of the API to go on, and which builder there is. */
const PING: Response = {
  status: 200,
  body: encodeUtf8('OK'),
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'builder-version': '1',
    'cache-control': 'no-cache, no-store, must-revalidate',
    pragma: 'no-cache',
    swarm: 'inactive',
  },
};

function* ping() {
  return PING;
}

export const systemRoutes: readonly Route[] = [
  ['GET', /^\/_ping$/, ping],
  ['HEAD', /^\/_ping$/, ping],
  [
    'GET',
    /^\/version$/,
    function* () {
      return ok(yield* versionInfo());
    },
  ],
  [
    'GET',
    /^\/info$/,
    function* (engine) {
      return ok(yield* systemInfo(engine));
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
