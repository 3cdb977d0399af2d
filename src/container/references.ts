/** Names of images: `[domain/]path[:tag]`, after the grammar of the distribution project's reference package. */
import { EngineError } from './model.ts';

const COMPONENT = '[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*';
const DOMAIN = '(?:[a-zA-Z0-9.-]+(?:[.][a-zA-Z0-9-]+|:[0-9]+)|localhost)(?::[0-9]+)?';
const REPOSITORY = new RegExp(`^(?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;

/** `repository:tag` as it is kept; 400 for what is no name. */
export function newReference(repository: string, tag: string): string {
  if (!REPOSITORY.test(repository)) {
    const lower = REPOSITORY.test(repository.toLowerCase());
    const why = lower ? `: repository name (${repository}) must be lowercase` : '';
    throw new EngineError(400, `invalid reference format${why}`);
  }
  if (!TAG.test(tag)) throw new EngineError(400, 'invalid tag format');
  return `${repository.replace(/^(docker\.io\/)?(library\/)?/, '')}:${tag}`;
}

/** With `:latest` when it has no tag. */
export const withTag = (name: string): string => (/:[^/]+$/.test(name) ? name : `${name}:latest`);
