/**
 * For exercises whose scenario's setup runs utilities that otherwise come later (tar, dd, mcopy …, see src/shell/commands/later.ts): importing
 * this brings their code before the world is built. Others leave it out, so that their prompt does not wait for it.
 */
import '../shell/commands/utilities.ts';
