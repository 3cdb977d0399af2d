/** A mistake of the caller's: its message is all there is to say. */
export class CommandError extends Error {}
