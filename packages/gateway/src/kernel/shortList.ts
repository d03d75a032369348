import { listed } from '@downstage/common';

/** Names for a message that a client reads: ten of them, and how many more there are. */
export function shortList(names: readonly string[]): string {
  return listed(names, { most: 10 });
}
