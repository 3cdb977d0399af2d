/** find(1): expressions with -a, -o, !, parentheses. */

import type { Program } from '../../../linux/index.ts';
import { fileTypeOf, type Stat, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { Pattern } from '../../expand/pattern.ts';
import { modeString } from '../modes.ts';
import { runChild } from '../processes/running.ts';
import { accounts, baseName, complain, isDirectory, joinPath, namesIn, orNull } from '../support.ts';
import { gathering } from './findExec.ts';
import { checkRegexType, DEFAULT_REGEX_TYPE, FindError, pathRegex } from './findRegex.ts';

interface Visit {
  readonly path: string;
  readonly stat: Stat;
  readonly depth: number;
  prune: boolean;
}

type Test = (visit: Visit) => Sys<boolean>;

interface Plan {
  readonly test: Test;
  readonly minDepth: number;
  readonly maxDepth: number;
  readonly depthFirst: boolean;
  readonly mountOnly: boolean;
  /** What is left to do when all trees are walked; false where it failed. */
  readonly ends: readonly (() => Sys<boolean>)[];
}

const letters: Record<string, ReturnType<typeof fileTypeOf>> = {
  f: 'file',
  d: 'dir',
  l: 'symlink',
  c: 'chr',
  b: 'blk',
  p: 'fifo',
  s: 'sock',
};

/** `+5`, `-5`, `5`. */
function compare(text: string, option: string): (value: number) => boolean {
  const match = /^([-+]?)(\d+)$/.exec(text);
  if (match === null) throw new FindError(`invalid argument '${text}' to '${option}'`);
  const number = Number(match[2]);
  return (value) =>
    match[1] === '+' ? value > number : match[1] === '-' ? value < number : value === number;
}

/** Of parentheses and negations in each other. */
const DEEPEST = 1000;

class Parser {
  readonly #args: string[];
  #depth = 0;
  readonly #env: ReadonlyMap<string, string>;
  acts = false;
  minDepth = 0;
  maxDepth = Number.POSITIVE_INFINITY;
  depthFirst = false;
  mountOnly = false;
  #regexType = DEFAULT_REGEX_TYPE;
  readonly #ends: (() => Sys<boolean>)[] = [];

  constructor(args: readonly string[], env: ReadonlyMap<string, string>) {
    this.#args = [...args];
    this.#env = env;
  }

  parse(): Plan {
    const test = this.#args.length === 0 ? yes : this.#or();
    if (this.#args.length > 0) throw new FindError(`paths must precede expression: '${this.#args[0]}'`);
    const whole: Test = this.acts
      ? test
      : function* (visit) {
          if (!(yield* test(visit))) return false;
          yield* writeAll(1, `${visit.path}\n`);
          return true;
        };
    const { minDepth, maxDepth, depthFirst, mountOnly } = this;
    return { test: whole, minDepth, maxDepth, depthFirst, mountOnly, ends: this.#ends };
  }

  #or(): Test {
    const any = [this.#and()];
    while (this.#args[0] === '-o' || this.#args[0] === '-or') {
      this.#args.shift();
      any.push(this.#and());
    }
    if (any.length === 1) return any[0]!;
    return function* (visit) {
      for (const test of any) if (yield* test(visit)) return true;
      return false;
    };
  }

  #and(): Test {
    const all = [this.#not()];
    while (this.#args.length > 0 && !['-o', '-or', ')'].includes(this.#args[0]!)) {
      if (this.#args[0] === '-a' || this.#args[0] === '-and') this.#args.shift();
      all.push(this.#not());
    }
    if (all.length === 1) return all[0]!;
    return function* (visit) {
      for (const test of all) if (!(yield* test(visit))) return false;
      return true;
    };
  }

  #not(): Test {
    const arg = this.#args.shift();
    if (arg === undefined) throw new FindError('expected an expression');
    if (!['!', '-not', '('].includes(arg)) return this.#primary(arg);
    if (++this.#depth > DEEPEST) throw new FindError('the expression is nested too deeply');
    const inner = arg === '(' ? this.#or() : this.#not();
    this.#depth--;
    if (arg === '(') {
      if (this.#args.shift() !== ')')
        throw new FindError("invalid expression; I was expecting to find a ')' somewhere");
      return inner;
    }
    return function* (visit) {
      return !(yield* inner(visit));
    };
  }

  #argument(option: string): string {
    const value = this.#args.shift();
    if (value === undefined) throw new FindError(`missing argument to \`${option}'`);
    return value;
  }

  #primary(option: string): Test {
    switch (option) {
      case '-name':
      case '-iname': {
        const pattern = new Pattern(this.#argument(option), { ignoreCase: option === '-iname' });
        return pure(({ path }) => pattern.matches(baseName(path)));
      }
      case '-path':
      case '-ipath': {
        const pattern = new Pattern(this.#argument(option), { ignoreCase: option === '-ipath' });
        return pure(({ path }) => pattern.matches(path));
      }
      case '-regextype':
        this.#regexType = this.#argument(option);
        checkRegexType(this.#regexType);
        return yes;
      case '-regex':
      case '-iregex': {
        const regex = pathRegex(this.#argument(option), this.#regexType, option === '-iregex');
        return pure(({ path }) => regex.test(path));
      }
      case '-type': {
        const wanted = this.#argument(option)
          .split(',')
          .map((letter) => letters[letter]);
        if (wanted.includes(undefined)) throw new FindError(`Unknown argument to -type`);
        return pure(({ stat }) => wanted.includes(fileTypeOf(stat.mode)));
      }
      case '-size': {
        const text = this.#argument(option);
        const unit = { c: 1, b: 512, k: 1024, M: 2 ** 20, G: 2 ** 30 }[text.at(-1) ?? ''] ?? 512;
        const test = compare(text.replace(/[cbkMG]$/, ''), option);
        return pure(({ stat }) => test(Math.ceil(stat.size / unit)));
      }
      case '-perm': {
        const text = this.#argument(option);
        const bits = Number.parseInt(text.replace(/^[-/]/, ''), 8);
        return pure(({ stat }) => {
          const mode = stat.mode & 0o7777;
          if (text.startsWith('-')) return (mode & bits) === bits;
          return text.startsWith('/') ? (mode & bits) !== 0 : mode === bits;
        });
      }
      case '-links': {
        const test = compare(this.#argument(option), option);
        return pure(({ stat }) => test(stat.nlink));
      }
      case '-inum': {
        const test = compare(this.#argument(option), option);
        return pure(({ stat }) => test(stat.ino));
      }
      case '-user': {
        const name = this.#argument(option);
        return function* ({ stat }) {
          const uid = (yield* accounts()).find((account) => account.name === name)?.uid ?? Number(name);
          return stat.uid === uid;
        };
      }
      case '-newer': {
        const file = this.#argument(option);
        return function* ({ stat }) {
          const other = (yield* sys.stat(file)).mtime;
          return stat.mtime.sec > other.sec || (stat.mtime.sec === other.sec && stat.mtime.nsec > other.nsec);
        };
      }
      case '-empty':
        return function* ({ path, stat }) {
          return isDirectory(stat) ? (yield* namesIn(path)).length === 0 : stat.size === 0;
        };
      case '-true':
        return yes;
      case '-false':
        return pure(() => false);
      case '-maxdepth':
        this.maxDepth = Number(this.#argument(option));
        return yes;
      case '-mindepth':
        this.minDepth = Number(this.#argument(option));
        return yes;
      case '-depth':
        this.depthFirst = true;
        return yes;
      case '-xdev':
      case '-mount':
        this.mountOnly = true;
        return yes;
      case '-prune':
        return pure((visit) => {
          visit.prune = true;
          return true;
        });
      default:
        return this.#action(option);
    }
  }

  #action(option: string): Test {
    this.acts = true;
    switch (option) {
      case '-print':
        return print(({ path }) => `${path}\n`);
      case '-print0':
        return print(({ path }) => `${path}\0`);
      case '-ls':
        return print(
          ({ path, stat }) =>
            `${stat.ino} ${modeString(stat.mode)} ${stat.nlink} ${stat.uid} ${stat.gid} ${stat.size} ${path}\n`,
        );
      case '-printf': {
        const format = this.#argument(option)
          .replace(/\\n/g, '\n')
          .replace(/\\t/g, '\t')
          .replace(/\\0/g, '\0');
        return print(({ path, stat }) =>
          format.replace(
            /%([pfsmyi])/g,
            (_, letter: string) =>
              ({
                p: path,
                f: baseName(path),
                s: `${stat.size}`,
                m: (stat.mode & 0o7777).toString(8),
                y: modeString(stat.mode)[0]!.replace('-', 'f'),
                i: `${stat.ino}`,
              })[letter]!,
          ),
        );
      }
      case '-delete':
        this.depthFirst = true;
        return function* ({ path, stat }) {
          const gone = yield* orNull(() => (isDirectory(stat) ? sys.rmdir(path) : sys.unlink(path)));
          if (gone === null) yield* complain('find', `cannot delete '${path}'`);
          return gone !== null;
        };
      case '-exec': {
        const end = this.#args.findIndex(
          (arg, i) => arg === ';' || (arg === '+' && this.#args[i - 1] === '{}'),
        );
        if (end < 0) throw new FindError("missing argument to `-exec'");
        const together = this.#args[end] === '+';
        const command = this.#args.splice(0, end + 1).slice(0, -1);
        const env = this.#env;
        if (together) {
          const gathered = gathering(command.slice(0, -1), env);
          this.#ends.push(gathered.finish);
          return function* ({ path }) {
            yield* gathered.add(path);
            return true;
          };
        }
        return function* ({ path }) {
          return (
            (yield* runChild(
              'find',
              command.map((word) => word.replaceAll('{}', path)),
              env,
            )) === 0
          );
        };
      }
      default:
        throw new FindError(`unknown predicate '${option}'`);
    }
  }
}

const yes: Test = function* () {
  return true;
};

function pure(test: (visit: Visit) => boolean): Test {
  return function* (visit) {
    return test(visit);
  };
}

function print(text: (visit: Visit) => string): Test {
  return function* (visit) {
    yield* writeAll(1, text(visit));
    return true;
  };
}

/** What is left of a walk: to visit a path, or to leave a directory when all in it was visited. */
interface Step {
  readonly path: string;
  readonly depth: number;
  /** Of the directory above. */
  readonly device: number | null;
  readonly leaving: Visit | null;
}

/** A tree may be as deep as paths are long: deeper than calls nest. */
function* walkTree(start: string, plan: Plan): Sys<boolean> {
  let good = true;
  const left: Step[] = [{ path: start, depth: 0, device: null, leaving: null }];
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    if (step.leaving !== null) yield* plan.test(step.leaving);
    else if (!(yield* visitOne(step, plan, left))) good = false;
  }
  return good;
}

function* visitOne({ path, depth, device }: Step, plan: Plan, left: Step[]): Sys<boolean> {
  const stat = yield* orNull(() => sys.lstat(path));
  if (stat === null) {
    yield* complain('find', `'${path}': No such file or directory`);
    return false;
  }
  const visit: Visit = { path, stat, depth, prune: false };
  const due = depth >= plan.minDepth;
  if (due && !plan.depthFirst) yield* plan.test(visit);
  if (due && plan.depthFirst) left.push({ path, depth, device, leaving: visit });
  const enter =
    isDirectory(stat) &&
    depth < plan.maxDepth &&
    !visit.prune &&
    (!plan.mountOnly || device === null || stat.dev === device);
  if (!enter) return true;
  const names = yield* orNull(() => namesIn(path));
  if (names === null) {
    yield* complain('find', `'${path}': Permission denied`);
    return false;
  }
  for (const name of [...names].reverse())
    left.push({ path: joinPath(path, name), depth: depth + 1, device: device ?? stat.dev, leaving: null });
  return true;
}

const HELP = `Usage: find [PATH]... [EXPRESSION]
Walk the trees at PATHs (. by default) and act on what matches.

Tests:    -name -iname -path -ipath -regex -iregex -type -size -perm -links -inum -user -newer -empty -true -false
Options:  -regextype -maxdepth -mindepth -depth -xdev
Actions:  -print -print0 -printf -ls -delete -prune -exec COMMAND ;  -exec COMMAND {} +
Combine:  ( EXPR )  ! EXPR  EXPR -a EXPR  EXPR -o EXPR
`;

export const find: Program = function* ({ argv, env }) {
  if (argv.includes('--help')) {
    yield* writeAll(1, HELP);
    return 0;
  }
  const start = argv.findIndex((arg, i) => i > 0 && (/^-./.test(arg) || arg === '(' || arg === '!'));
  const paths = argv.slice(1, start < 0 ? undefined : start);
  let plan: Plan;
  try {
    plan = new Parser(start < 0 ? [] : argv.slice(start), env).parse();
  } catch (error) {
    if (!(error instanceof FindError)) throw error;
    yield* complain('find', error.message);
    return 1;
  }
  let status = 0;
  for (const path of paths.length === 0 ? ['.'] : paths) if (!(yield* walkTree(path, plan))) status = 1;
  for (const end of plan.ends) if (!(yield* end())) status = 1;
  return status;
};
