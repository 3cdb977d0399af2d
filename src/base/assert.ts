/** Stops on a mistake of our own, with all the message knows. A guest's or learner's mistake is an OsError instead. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Virtbook bug: ${message}`);
}

/** The end of an exhaustive switch: TypeScript proves it is unreachable, and at run time it says what got here. */
export function unreachable(value: never): never {
  throw new Error(`Virtbook bug: unexpected value ${JSON.stringify(value)}`);
}

/**
 * Whether an error may be one of the JavaScript engine's own limits, stack or size, which another engine would have met elsewhere or never: those
 * are RangeErrors, and so are some bad arguments, which count as limits with them.
 */
export function isEngineLimit(error: unknown): boolean {
  return error instanceof RangeError || (error as Error).name === 'InternalError';
}
