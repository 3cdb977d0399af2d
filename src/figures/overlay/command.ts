/** An operation as one would type it. */
import type { Operation } from './types.ts';

export function commandOf(operation: Operation): string {
  switch (operation.kind) {
    case 'read':
      return `cat ${operation.path}`;
    case 'list':
      return `ls ${operation.path}`;
    case 'remove':
      return `rm ${operation.path}`;
    case 'removeTree':
      return `rm -r ${operation.path}`;
    case 'makeDirectory':
      return `mkdir ${operation.path}`;
    case 'write':
      return `echo "${operation.text.trimEnd()}" > ${operation.path}`;
    case 'append':
      return `echo "${operation.text.trimEnd()}" >> ${operation.path}`;
    case 'replaceContainer':
      return 'docker rm -f web1 && docker run -d --name web1 shop:1';
  }
}
