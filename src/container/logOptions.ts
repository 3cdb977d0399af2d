/** Options of the log drivers: which there are, and what those of json-file come to (moby's daemon/logger). */
import { type Container, EngineError, type LogConfig } from './model.ts';

/** moby's drivers; what most would write to is not here. */
const DRIVERS = 'awslogs etwlogs fluentd gcplogs gelf journald json-file local none splunk syslog'.split(' ');

const JSON_FILE = 'max-file max-size compress labels labels-regex env env-regex tag'.split(' ');
/** Of all drivers. */
const BUILT_IN = ['mode', 'max-buffer-size'];

const invalid = (why: string): EngineError => new EngineError(400, why);

/** Throws EngineError for what there is not, at the creation of a container; what values say is looked at when it starts. */
export function requireLog({ Type: driver, Config: options = {} }: LogConfig): void {
  if (driver === 'none') return;
  const mode = options.mode ?? '';
  if (!['', 'blocking', 'non-blocking'].includes(mode))
    throw invalid(`logger: logging mode not supported: ${mode}`);
  if (options['max-buffer-size'] !== undefined && mode !== 'non-blocking')
    throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  if (!DRIVERS.includes(driver))
    throw new EngineError(500, `logger: no log driver named '${driver}' is registered`);
  if (driver !== 'json-file') throw invalid(`the log driver ${driver} is not simulated on this host`);
  for (const name of Object.keys(options))
    if (!JSON_FILE.includes(name) && !BUILT_IN.includes(name))
      throw invalid(`unknown log opt '${name}' for json-file log driver`);
  const foreign = ['labels-regex', 'env-regex'].find((name) => options[name] !== undefined);
  const given = foreign ?? (mode === 'non-blocking' ? 'mode' : undefined);
  if (given !== undefined) throw invalid(`the log option ${given}=${options[given]} is not simulated`);
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(options.compress ?? ''))
    throw invalid(`the log option compress=${options.compress} is not simulated`);
}

export interface LogSettings {
  /** Bytes after which the next line goes to a new file; null: never. */
  readonly maxSize: number | null;
  /** With the one that is written to. */
  readonly maxFiles: number;
  /** In each line, by name; null: none. */
  readonly attributes: Readonly<Record<string, string>> | null;
}

/** What a container's options come to. Throws EngineError for values that are none, as the driver does when it begins. */
export function logSettings(container: Container): LogSettings {
  const options = container.HostConfig.LogConfig.Config ?? {};
  const maxSize = options['max-size'] === undefined ? null : humanSize(options['max-size']);
  if (maxSize !== null && maxSize <= 0) throw invalid('max-size must be a positive number');
  const maxFiles = options['max-file'] === undefined ? 1 : integer(options['max-file']);
  if (maxFiles < 1) throw invalid('max-file cannot be less than 1');
  if (options.compress !== undefined && !/^(0|f|F|FALSE|false|False)$/.test(options.compress))
    throw invalid(`strconv.ParseBool: parsing "${options.compress}": invalid syntax`);
  const attributes = attributesOf(container, options);
  return { maxSize, maxFiles, attributes: Object.keys(attributes).length === 0 ? null : attributes };
}

function attributesOf(container: Container, options: Readonly<Record<string, string>>) {
  if (Object.keys(options).length === 0) return {};
  const { Labels, Env } = container.Config;
  const env = Object.fromEntries(
    Env.filter((pair) => pair.includes('=')).map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const found = new Map<string, string>();
  const take = (names: string | undefined, from: Readonly<Record<string, string>>) => {
    for (const name of (names ?? '').split(',')) if (Object.hasOwn(from, name)) found.set(name, from[name]!);
  };
  take(options.labels, Labels);
  take(options.env, env);
  const tag = tagOf(container, options.tag ?? '');
  if (tag !== '') found.set('tag', tag);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What `{{.NAME}}` stands for in a tag. */
const FIELDS: Readonly<Record<string, (container: Container) => string>> = {
  ID: ({ ID }) => ID.slice(0, 12),
  FullID: ({ ID }) => ID,
  Name: ({ Name }) => Name.replace(/^\//, ''),
  // Moby cuts the digest as it stands, with its `sha256:`.
  ImageID: ({ Image }) => Image.slice(0, 12),
  ImageFullID: ({ Image }) => Image,
  ImageName: ({ Config }) => Config.Image,
  Command: ({ Path, Args }) => [Path, ...Args].join(' '),
  DaemonName: () => 'docker',
};

function tagOf(container: Container, template: string): string {
  const text = template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, name: string) => {
    if (Object.hasOwn(FIELDS, name)) return FIELDS[name]!(container);
    throw invalid(
      `template: log-tag:1:${template.indexOf(whole) + whole.indexOf('.')}: executing "log-tag" at <.${name}>: can't evaluate field ${name} in type *logger.Info`,
    );
  });
  const rest = template.replace(/\{\{\s*\.\w+\s*\}\}/g, '');
  if (rest.includes('{{')) throw invalid(`the template ${template} of a log’s tag is not simulated`);
  return text;
}

function integer(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) throw invalid(`strconv.Atoi: parsing "${text}": invalid syntax`);
  const value = BigInt(text.replace('+', ''));
  if (BigInt.asIntN(64, value) !== value)
    throw invalid(`strconv.Atoi: parsing "${text}": value out of range`);
  return Number(value);
}

/** `10m`, `1.5kB`: of thousands (units.FromHumanSize). */
function humanSize(text: string): number {
  const [, number, suffix = ''] = /^(.*[\d.]|.*(?= )) ?([^\d. ]*)$/.exec(text) ?? [];
  if (number === undefined) throw invalid(`invalid size: '${text}'`);
  if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(number))
    throw invalid(`strconv.ParseFloat: parsing "${number}": invalid syntax`);
  if (Number(number) < 0) throw invalid(`invalid size: '${text}'`);
  const unit = /^([kmgtp])(i?b)?$/i.exec(suffix)?.[1] ?? (/^b?$/i.test(suffix) ? '' : null);
  if (unit === null) throw invalid(`invalid suffix: '${suffix.length > 3 ? suffix : suffix.toLowerCase()}'`);
  return Math.trunc(Number(number) * 1000 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}
