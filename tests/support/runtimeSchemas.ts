/** The runtime specification's JSON schema of config.json as a function that says what is wrong. */
import { readFileSync } from 'node:fs';
import Ajv from 'ajv-draft-04';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`./runtimeSpec/${name}.json`, import.meta.url), 'utf8')) as {
    properties: Record<string, unknown>;
  };

const ajv = new Ajv({ strict: false, allErrors: true });
for (const name of ['config-linux', 'defs', 'defs-linux']) ajv.addSchema(read(name), `${name}.json`);
const config = read('config-schema');
// Other systems' parts have schemas of their own, which are not here.
for (const system of ['solaris', 'vm', 'windows', 'zos']) delete config.properties[system];
const validate = ajv.compile(config);

/** What is wrong with a config.json; nothing when it is right. */
export function configErrors(text: string): string[] {
  validate(JSON.parse(text));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
