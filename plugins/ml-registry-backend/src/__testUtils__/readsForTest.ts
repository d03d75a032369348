import type { Authorizer } from '@downstage/node';
import { mlRegistryReadPermission } from '@downstage/plugin-ml-registry-common';
import type { ModelReads } from '../access/ModelReads';

/** The permission policy alone decides; there is no catalog that hides anything. */
export function readsForTest(
  authorizer: Authorizer,
): Pick<ModelReads, 'scope' | 'requireAny' | 'sees'> {
  const permission = mlRegistryReadPermission;
  return {
    sees: async () => true,
    requireAny: caller => authorizer.requireAny({ caller, permission }),
    scope: async caller => {
      const allowed = await authorizer.filter({ caller, permission });
      return allowed && { allowed, hidden: [] };
    },
  };
}
