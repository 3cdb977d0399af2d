/** --mount of docker run and create: docker/cli's opts.MountOpt. */
import { invalid, SIZE } from './flags.ts';
import { pairsOf } from './pairs.ts';
import { sizeOf } from './runOptions.ts';

const keys: Readonly<Record<string, string>> = {
  ...{ type: 'type', source: 'source', src: 'source', readonly: 'readonly', ro: 'readonly' },
  ...{ target: 'target', dst: 'target', destination: 'target' },
};
const own = /^(volume-(subpath|nocopy|label|driver|opt)|tmpfs-(size|mode))$/;
/** Of the real one, not simulated. */
const foreign = /^(bind-(propagation|nonrecursive|recursive)|consistency|image-subpath)$/;

/** What is given, key by key, in the order given. */
function fieldsOf(text: string, wrong: (why: string) => Error): (readonly [string, string])[] {
  return text.split(',').map((field) => {
    const [, name = field, value] = /^([^=]*)=(.*)$/s.exec(field) ?? [];
    const key = keys[name.toLowerCase()] ?? name.toLowerCase();
    const isSwitch = key === 'readonly' || key === 'volume-nocopy';
    if (value === undefined && !isSwitch) throw wrong(`invalid field '${field}' must be a key=value pair`);
    if (foreign.test(key)) throw wrong(`${key} is not simulated on this host`);
    if (!Object.hasOwn(keys, key) && !own.test(key)) throw wrong(`unexpected key '${name}' in '${field}'`);
    const isBool = /^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(value ?? 'true');
    if (isSwitch && !isBool) throw wrong(`invalid value for ${name.toLowerCase()}: ${value}`);
    if (key === 'tmpfs-size' && !SIZE.test(value!)) throw wrong(`invalid value for ${key}: ${value}`);
    if (key === 'tmpfs-mode' && !/^[0-7]+$/.test(value!)) throw wrong(`invalid value for ${key}: ${value}`);
    return [key, value ?? 'true'];
  });
}

/** A mount of HostConfig. `here` is the directory in which relative sources are. */
export function mountOf(text: string, here: string) {
  const wrong = (why: string) => invalid('--mount', text, why);
  const fields = fieldsOf(text, wrong);
  const value = (key: string) => fields.findLast(([name]) => name === key)?.[1];
  const values = (key: string) => fields.filter(([name]) => name === key).map(([, given]) => given);
  const isSet = (key: string) => /^(1|t)/i.test(value(key) ?? '');
  const Type = (value('type') ?? 'volume').toLowerCase();
  const Target = value('target') ?? '';
  if (Type === '') throw wrong('type is required');
  if (Target === '') throw wrong('target is required');
  for (const kind of ['volume', 'tmpfs'])
    if (Type !== kind && fields.some(([name]) => name.startsWith(`${kind}-`)))
      throw wrong(`cannot mix '${kind}-*' options with mount type '${Type}'`);
  const source = value('source') ?? '';
  return {
    ...{ Type, Target, ReadOnly: isSet('readonly') },
    Source: source.startsWith('.') ? absoluteIn(here, source) : source,
    ...(Type === 'tmpfs' && {
      TmpfsOptions: {
        SizeBytes: sizeOf(value('tmpfs-size') ?? '0'),
        Mode: Number.parseInt(value('tmpfs-mode') ?? '0', 8),
      },
    }),
    ...(fields.some(([name]) => name.startsWith('volume-')) && {
      VolumeOptions: {
        NoCopy: isSet('volume-nocopy'),
        Subpath: value('volume-subpath') ?? '',
        Labels: pairsOf(values('volume-label')),
        DriverConfig: { Name: value('volume-driver') ?? '', Options: pairsOf(values('volume-opt')) },
      },
    }),
  };
}

/** `.` and `..` taken away. */
export function absoluteIn(here: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : here}/${path}`.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return `/${parts.join('/')}`;
}
