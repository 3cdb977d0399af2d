/** Media types of images: image-spec media-types.md, and those of Docker's "Image Manifest V 2, Schema 2" that are like them. */

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const OCI_LAYER_GZIP = `${OCI_LAYER}+gzip`;
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
export const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';
export const DOCKER_LAYER_GZIP = `${DOCKER_LAYER}.gzip`;

export const indexTypes: readonly string[] = [OCI_INDEX, DOCKER_LIST];
export const manifestTypes: readonly string[] = [OCI_MANIFEST, DOCKER_MANIFEST];

/** Layers whose bytes are to be fetched from elsewhere. */
const FOREIGN =
  /^application\/vnd\.(oci\.image\.layer\.nondistributable\.v1\.|docker\.image\.rootfs\.foreign\.)/;

export const isForeign = (mediaType: string): boolean => FOREIGN.test(mediaType);
