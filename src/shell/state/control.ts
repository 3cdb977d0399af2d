/** What leaves a command other than by finishing: thrown through the evaluator to whoever it is meant for. */

/** `break n` and `continue n`. */
export class LoopControl extends Error {
  readonly kind: 'break' | 'continue';
  levels: number;
  constructor(kind: 'break' | 'continue', levels: number) {
    super(kind);
    this.kind = kind;
    this.levels = levels;
  }
}

/** `return`: leaves a function or a sourced script. */
export class ReturnControl extends Error {
  readonly status: number;
  constructor(status: number) {
    super('return');
    this.status = status;
  }
}

/** `exit`, `set -e`, or an error that ends a shell that is not interactive. */
export class ExitControl extends Error {
  readonly status: number;
  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** Ctrl-C at an interactive shell: back to the prompt. */
export class InterruptControl extends Error {
  constructor() {
    super('interrupt');
  }
}

/**
 * An expansion or assignment that failed: the rest of the command line is dropped. The message has been
 * printed. `fatal`: a shell that is not interactive ends.
 */
export class AbortControl extends Error {
  readonly status: number;
  readonly fatal: boolean;
  constructor(status: number, fatal: boolean) {
    super('abort');
    this.status = status;
    this.fatal = fatal;
  }
}
