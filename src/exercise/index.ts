/** Exercises and sessions: what a learner does, and what it is worth. */
export { CodeFailure, runCheck } from './checking.ts';
export { assembleExercise, contentHash, countsForContent, defineExercise } from './define.ts';
export * from './kit.ts';
export { parseSubmission, type ReplayResult, replay, restoreSession } from './replay.ts';
export { Session, type SessionOptions } from './session.ts';
export { shrinkList } from './shrink.ts';
export { explained } from './slips.ts';
export * from './types.ts';
