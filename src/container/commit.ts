/** `docker commit`: a container's upper directory as a new layer, and an image of it over the container's own. */
import { canonicalJson, encodeUtf8 } from '../base/index.ts';
import type { Sys } from '../linux/index.ts';
import { chainIds, type ImageConfig, makeLayer } from '../oci/index.ts';
import { builder } from './builder.ts';
import type { Engine } from './engine.ts';
import { timestamp } from './files.ts';
import { addLayer } from './images/layers.ts';
import { addImage, nameImage } from './images/store.ts';
import { treeOf, upperEntries } from './images/upper.ts';
import { type Container, EngineError, overlayPath } from './model.ts';

interface CommitRequest {
  readonly reference: string | null;
  readonly comment: string;
  readonly author: string;
  /** Instructions that change the configuration. */
  readonly changes: readonly string[];
}

/** The new image's id. */
export function* commitContainer(engine: Engine, container: Container, request: CommitRequest): Sys<string> {
  const base = engine.images.get(container.Image);
  if (base === undefined) throw new EngineError(404, `No such image: ${container.Image}`);
  const entries = yield* upperEntries(`${overlayPath(container.MountId)}/diff`);
  const { tar, diffId } = makeLayer(treeOf(entries));
  const created = yield* timestamp();
  const { Env, Cmd, Entrypoint, User, WorkingDir, Labels } = container.Config;
  const own = { ...base.config.config, Env, Cmd, Entrypoint, User, WorkingDir, Labels };
  const config: ImageConfig = {
    ...base.config,
    created,
    config: request.changes.length > 0 ? builder().changed(own, request.changes) : own,
    rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, diffId] },
    history: [
      ...base.config.history,
      {
        created,
        created_by: [container.Path, ...container.Args].join(' '),
        ...(request.comment !== '' && { comment: request.comment }),
        ...(request.author !== '' && { author: request.author }),
      },
    ],
  };
  yield* addLayer(tar, diffId, chainIds(base.config.rootfs.diff_ids).at(-1) ?? null);
  const image = yield* addImage(engine.images, encodeUtf8(canonicalJson(config)));
  if (request.reference !== null) yield* nameImage(engine.images, image, [request.reference]);
  return image.id;
}
