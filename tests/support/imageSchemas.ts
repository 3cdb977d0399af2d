/** The image specification's JSON schemas as functions that say what is wrong. */
import { readFileSync } from 'node:fs';
import Ajv from 'ajv-draft-04';

const files = [
  'config-schema',
  'content-descriptor',
  'defs-descriptor',
  'defs',
  'image-index-schema',
  'image-layout-schema',
  'image-manifest-schema',
];

export type SchemaName = 'config' | 'image-index' | 'image-layout' | 'image-manifest' | 'content-descriptor';

/** Ids within ids would move the place that `$ref` starts from, as the specification's own validator does not take them. */
function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) =>
      key === 'id' && typeof each === 'string' ? [] : [[key, withoutIds(each)]],
    ),
  );
}

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
ajv.addFormat('uri', /^[a-z][a-z0-9+.-]*:[^\s]*$/i);
for (const name of files) {
  const text = readFileSync(new URL(`./imageSpec/${name}.json`, import.meta.url), 'utf8');
  ajv.addSchema(withoutIds(JSON.parse(text)) as object, `${name}.json`);
}

/** What is wrong with JSON by one of the schemas; nothing when it is right. */
export function schemaErrors(name: SchemaName, bytes: Uint8Array): string[] {
  const validate = ajv.getSchema(`${name === 'content-descriptor' ? name : `${name}-schema`}.json`)!;
  validate(JSON.parse(Buffer.from(bytes).toString()));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
