// A policy as companies write them, for some of the example people.
import {
  catalogConditions,
  createCatalogConditionalDecision,
} from '@backstage/plugin-catalog-backend/alpha';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import {
  isPermission,
  isResourcePermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type {
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import {
  createMlModelConditionalDecision,
  mlModelConditions,
} from '@downstage/plugin-ml-registry-node';
import {
  createMlEndpointConditionalDecision,
  mlEndpointConditions,
} from '@downstage/plugin-ml-serving-node';
import {
  createMlJobConditionalDecision,
  mlJobConditions,
} from '@downstage/plugin-ml-jobs-node';
import {
  createMlMonitorConditionalDecision,
  mlMonitorConditions,
} from '@downstage/plugin-ml-monitoring-node';

/** Reads what her groups own, and of other groups' models those that are of no high risk. */
const underRules = 'user:default/cleo';
/** The catalog shows him the models of his groups and no others. */
const underCatalog = 'user:default/ben';

export function decisionOfCompany(
  { permission }: PolicyQuery,
  user?: PolicyQueryUser,
): PolicyDecision | undefined {
  const owners = user?.info.ownershipEntityRefs ?? [];
  if (user?.info.userEntityRef === underCatalog) {
    if (!isPermission(permission, catalogEntityReadPermission))
      return undefined;
    return createCatalogConditionalDecision(permission, {
      anyOf: [
        { not: catalogConditions.isEntityKind({ kinds: ['model'] }) },
        catalogConditions.isEntityOwner({ claims: owners }),
      ],
    });
  }
  if (user?.info.userEntityRef !== underRules) return undefined;
  if (isResourcePermission(permission, 'ml-model')) {
    const own = mlModelConditions.isOwner({ owners });
    return createMlModelConditionalDecision(
      permission,
      permission.attributes.action === 'read'
        ? {
            anyOf: [
              own,
              { not: mlModelConditions.hasRisk({ risks: ['high'] }) },
            ],
          }
        : own,
    );
  }
  if (isResourcePermission(permission, 'ml-endpoint')) {
    return createMlEndpointConditionalDecision(
      permission,
      mlEndpointConditions.isOwner({ owners }),
    );
  }
  if (isResourcePermission(permission, 'ml-job')) {
    return createMlJobConditionalDecision(
      permission,
      mlJobConditions.isOwner({ owners }),
    );
  }
  if (isResourcePermission(permission, 'ml-monitor')) {
    return createMlMonitorConditionalDecision(
      permission,
      mlMonitorConditions.isOwner({ owners }),
    );
  }
  return undefined;
}
