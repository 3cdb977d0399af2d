/** Options of `set` and `shopt`. */

const setOptions = {
  allexport: 'a',
  braceexpand: 'B',
  emacs: '',
  errexit: 'e',
  errtrace: 'E',
  hashall: 'h',
  histexpand: 'H',
  history: '',
  ignoreeof: '',
  monitor: 'm',
  noclobber: 'C',
  noexec: 'n',
  noglob: 'f',
  nounset: 'u',
  pipefail: '',
  verbose: 'v',
  xtrace: 'x',
} as const;

export type SetOption = keyof typeof setOptions;
/** The names of `set -o`, in bash's order. */
export const setOptionNames = Object.keys(setOptions) as readonly SetOption[];

/** The letter of `set -x` that stands for an option; '' when it has none. */
export function optionLetter(name: SetOption): string {
  return setOptions[name];
}

export function optionByLetter(letter: string): SetOption | undefined {
  return letter === '' ? undefined : setOptionNames.find((name) => setOptions[name] === letter);
}

/** The `shopt` options that are simulated, with their defaults. */
const shoptDefaults = {
  dotglob: false,
  expand_aliases: false,
  extglob: false,
  failglob: false,
  globstar: false,
  histappend: false,
  huponexit: false,
  inherit_errexit: false,
  nocaseglob: false,
  nocasematch: false,
  nullglob: false,
  xpg_echo: false,
};

/** What bash's `set` has besides, with the letters: refused, for nothing here would heed it. */
const refusedSetOptions: Readonly<Record<string, string>> = {
  functrace: 'T',
  'interactive-comments': '',
  keyword: 'k',
  nolog: '',
  notify: 'b',
  onecmd: 't',
  physical: 'P',
  posix: '',
  privileged: 'p',
  vi: '',
};

/** The same of `shopt`. */
const refusedShopts = new Set(
  (
    'autocd assoc_expand_once cdable_vars cdspell checkhash checkjobs checkwinsize cmdhist compat31 compat32 compat40 ' +
    'compat41 compat42 compat43 compat44 complete_fullquote direxpand dirspell execfail extdebug extquote ' +
    'force_fignore globasciiranges globskipdots gnu_errfmt histreedit histverify hostcomplete ' +
    'interactive_comments lastpipe lithist localvar_inherit localvar_unset login_shell mailwarn ' +
    'no_empty_cmd_completion noexpand_translation patsub_replacement progcomp progcomp_alias promptvars ' +
    'restricted_shell shift_verbose sourcepath varredir_close'
  ).split(' '),
);

const NOT_SIMULATED = 'not simulated on this host';

/** Why `name` is no option of `set -o` here. */
export function setRefusal(name: string): string {
  return Object.hasOwn(refusedSetOptions, name) ? NOT_SIMULATED : 'invalid option name';
}

/** Why `letter` is no option of `set` here. */
export function letterRefusal(letter: string): string {
  return Object.values(refusedSetOptions).includes(letter) ? NOT_SIMULATED : 'invalid option';
}

/** Why `name` is no option of `shopt` here. */
export function shoptRefusal(name: string): string {
  return refusedShopts.has(name) ? NOT_SIMULATED : 'invalid shell option name';
}

export type ShoptOption = keyof typeof shoptDefaults;
export const shoptNames = Object.keys(shoptDefaults) as readonly ShoptOption[];

export class Options {
  readonly #on: Set<SetOption>;
  readonly #shopt: Record<ShoptOption, boolean>;

  constructor(on: Iterable<SetOption> = ['braceexpand', 'hashall'], shopt = shoptDefaults) {
    this.#on = new Set(on);
    this.#shopt = { ...shopt };
  }

  clone(): Options {
    return new Options(this.#on, this.#shopt);
  }

  has(name: SetOption): boolean {
    return this.#on.has(name);
  }
  set(name: SetOption, on: boolean): void {
    if (on) this.#on.add(name);
    else this.#on.delete(name);
  }
  shopt(name: ShoptOption): boolean {
    return this.#shopt[name];
  }
  setShopt(name: ShoptOption, on: boolean): void {
    this.#shopt[name] = on;
  }

  /** `$-` without the letters of the shell's invocation. */
  letters(): string {
    const order = 'abefhkmnptuvxBCEHPT';
    const letters = setOptionNames.filter((name) => this.has(name)).map(optionLetter);
    return [...order].filter((letter) => letters.some((found) => found === letter)).join('');
  }
}
