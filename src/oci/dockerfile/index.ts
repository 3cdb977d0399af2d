/**
 * Dockerfiles: from text to stages of instructions, the replacement of variables, and .dockerignore. This code comes later than the rest of
 * the room: who needs it imports this file.
 */
export type { InstructionLine } from './arguments.ts';
export { durationText } from './durations.ts';
export { DockerfileError, located, suggestion } from './errors.ts';
export { documentText, type HereDocument, hereDocument } from './heredoc.ts';
export { cleanPath, PathMatcher, readIgnoreFile } from './ignore.ts';
export { expandWord, expandWords, type Lookup } from './lexer.ts';
export { checksOf } from './lint.ts';
export { parseMount, type RunMount } from './mounts.ts';
export { parseDockerfile, parseTrigger } from './parse.ts';
export { parseRaw } from './raw.ts';
export type {
  ArgInstruction,
  CopyInstruction,
  Dockerfile,
  Instruction,
  RunInstruction,
  Stage,
  Warning,
} from './types.ts';
