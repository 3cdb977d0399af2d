/** Reading an image's configuration (image-spec config.md) as any tool has written it. */
import { decodeUtf8 } from '../base/index.ts';
import { isDigest } from './digest.ts';
import type { HistoryEntry, ImageConfig, RunConfig } from './image.ts';
import { ManifestError, parseObject } from './manifest.ts';

/** What Docker shows of an image that does not say when it was made. */
const LONG_AGO = '0001-01-01T00:00:00Z';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** Fields that a run configuration may have, and what is right in them; null is the same as nothing. */
const fields: Readonly<Record<keyof RunConfig, (value: unknown) => boolean>> = {
  Cmd: isTexts,
  Entrypoint: isTexts,
  Env: isTexts,
  WorkingDir: isText,
  User: isText,
  Volumes: isRecord,
  Labels: (value) => isRecord(value) && Object.values(value).every(isText),
  ExposedPorts: isRecord,
  StopSignal: isText,
  Healthcheck: isRecord,
  OnBuild: isTexts,
  Shell: isTexts,
};

function runConfigOf(value: unknown): RunConfig {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new ManifestError('config is no object');
  const found: Record<string, unknown> = {};
  for (const [name, isRight] of Object.entries(fields)) {
    const given = value[name];
    if (given === undefined || given === null) continue;
    if (!isRight(given)) throw new ManifestError(`config.${name} is not what it has to be`);
    found[name] = given;
  }
  return found;
}

function textOf(value: unknown, what: string, otherwise: string | null): string {
  if (isText(value)) return value;
  if (otherwise !== null && (value === undefined || value === null)) return otherwise;
  throw new ManifestError(`${what} is no text`);
}

function historyOf(value: unknown): HistoryEntry[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isRecord))
    throw new ManifestError('history is no list of objects');
  return value.map(({ created, created_by, comment, author, empty_layer }, i) => ({
    created: textOf(created, `history[${i}].created`, LONG_AGO),
    created_by: textOf(created_by, `history[${i}].created_by`, ''),
    ...(isText(comment) && comment !== '' && { comment }),
    ...(isText(author) && author !== '' && { author }),
    ...(empty_layer === true && { empty_layer: true }),
  }));
}

/** Throws ManifestError, with the field that is wrong. */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const json = parseObject(decodeUtf8(bytes));
  const { rootfs } = json;
  if (!isRecord(rootfs) || rootfs.type !== 'layers') throw new ManifestError('rootfs.type is not layers');
  const { diff_ids } = rootfs;
  if (!isTexts(diff_ids) || !diff_ids.every(isDigest))
    throw new ManifestError('rootfs.diff_ids is no list of digests');
  const history = historyOf(json.history);
  const made = history.filter(({ empty_layer }) => empty_layer !== true).length;
  if (history.length > 0 && made !== diff_ids.length)
    throw new ManifestError(`history tells of ${made} layers, and there are ${diff_ids.length}`);
  return {
    architecture: textOf(json.architecture, 'architecture', null),
    os: textOf(json.os, 'os', null),
    ...(isText(json.variant) && { variant: json.variant }),
    ...(isText(json.author) && json.author !== '' && { author: json.author }),
    created: textOf(json.created, 'created', LONG_AGO),
    config: runConfigOf(json.config),
    rootfs: { type: 'layers', diff_ids },
    history,
  };
}
