/** Builds the images of a scenario, layer by layer, on the base image. */
import { buildImage, type Image } from '../oci/index.ts';
import { userland } from './programs.ts';
import { commonFiles } from './rootFiles.ts';
import { type ImageSpec, ScenarioError } from './scenario.ts';

/** The reference of the image that every scenario may build on. */
export const BASE_REFERENCE = 'base:latest';

let base: Image | null = null;

/** Shell and utilities in one layer. The same in every world, so it is made once. */
export function baseImage(): Image {
  base ??= buildImage({
    reference: BASE_REFERENCE,
    layers: [{ ...commonFiles(), ...userland({ host: false, engine: false, network: true }) }],
    config: {
      Cmd: ['/bin/sh'],
      Env: ['PATH=/usr/local/bin:/usr/bin:/usr/sbin'],
      WorkingDir: '/',
    },
  });
  return base;
}

/** Images of `specs` in their order. Throws ScenarioError when `from` names none that came before. */
export function buildImages(specs: readonly ImageSpec[]): Image[] {
  const known = new Map<string, Image>([[BASE_REFERENCE, baseImage()]]);
  return specs.map((spec) => {
    const from = spec.from === undefined ? undefined : known.get(spec.from);
    if (spec.from !== undefined && from === undefined) {
      throw new ScenarioError(
        `image ${spec.reference} is built from ${spec.from}, which is not among: ${[...known.keys()].join(', ')}`,
      );
    }
    const image = buildImage({
      reference: spec.reference,
      layers: spec.layers,
      ...(from !== undefined && { from }),
      ...(spec.config !== undefined && { config: spec.config }),
    });
    known.set(spec.reference, image);
    return image;
  });
}
