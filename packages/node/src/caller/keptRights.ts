import { ServiceUnavailableError } from '@backstage/errors';
import type { PermissionsService } from '@backstage/backend-plugin-api';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  type PermissionCondition,
  type PermissionCriteria,
  type ResourcePermission,
} from '@backstage/plugin-permission-common';
import type { TokenScopes } from '@downstage/common';
import { z } from 'zod';
import type { Caller } from './caller';
import { hasPermission } from './tokenPermissions';

/** Conditions of a policy, as it answered them. */
export type KeptConditions = PermissionCriteria<PermissionCondition>;

/** `none`: nothing. `own`: what belongs to the groups of the token or the job. Else what meets the conditions. */
export type KeptRead = 'none' | 'own' | KeptConditions;

/**
 * What the policy said of somebody's reads when they made a token or submitted a job. It cannot be asked later: to
 * Backstage tokens and jobs are services, which may read everything.
 */
export type KeptRights = {
  /** By the name of a permission. A permission that is not named was allowed without a condition. */
  reads: Record<string, KeptRead>;
  /** An access token submitted the job: what no token reads, the job does not read either. */
  byToken?: true;
};

/** What is kept of a person in all; conditions that are longer count as `own`. They travel in a header. */
const mostCharacters = 4_000;

const conditionsSchema: z.ZodType<KeptConditions> = z.lazy(() =>
  z.union([
    z.object({ anyOf: z.array(conditionsSchema).nonempty() }),
    z.object({ allOf: z.array(conditionsSchema).nonempty() }),
    z.object({ not: conditionsSchema }),
    z.object({
      rule: z.string(),
      resourceType: z.string(),
      params: z.record(z.string(), z.json()).optional(),
    }),
  ]),
) as z.ZodType<KeptConditions>;

const rightsSchema: z.ZodType<KeptRights> = z.object({
  reads: z.record(
    z.string(),
    z.union([z.enum(['none', 'own']), conditionsSchema]),
  ),
  byToken: z.literal(true).optional(),
});

const read = (name: string, resourceType: string): ResourcePermission => ({
  type: 'resource',
  name,
  attributes: { action: 'read' },
  resourceType,
});
const registryRead = read('ml.registry.read', 'ml-model');
const dataRead = read('ml.data.read', 'ml-dataset');

/** What the catalog shows to a person, for a token that they make; `undefined` where it shows everything. */
export function rightsForToken(
  permissions: PermissionsService,
  caller: Caller,
): Promise<KeptRights | undefined> {
  return askedOf(permissions, caller, [catalogEntityReadPermission]);
}

/**
 * What the submitter of a job reads; `undefined` for everything.
 *
 * @remarks
 * A job of a token has the rights of the token: of its maker, as far as its scopes go. Without a scope that reads the
 * registry it reads there what its groups own, because no script tracks blind.
 */
export async function rightsForJob(
  permissions: PermissionsService,
  caller: Caller,
  tokenScopes: TokenScopes,
): Promise<KeptRights | undefined> {
  if (caller.kind === 'job') return caller.job.rights;
  if (caller.kind !== 'token') {
    const asked = [registryRead, dataRead, catalogEntityReadPermission];
    return askedOf(permissions, caller, asked);
  }
  const { conditional, rights } = caller.token;
  const has = (name: string) => hasPermission(caller.token, tokenScopes, name);
  const reads: KeptRights['reads'] = { ...rights?.reads };
  if (!has(dataRead.name)) reads[dataRead.name] = 'none';
  else if (conditional?.includes(dataRead.name)) reads[dataRead.name] = 'own';
  if (!has(registryRead.name) || conditional?.includes(registryRead.name)) {
    reads[registryRead.name] = 'own';
  }
  return { reads, byToken: true };
}

async function askedOf(
  permissions: PermissionsService,
  { kind, credentials }: Caller,
  asked: ResourcePermission[],
): Promise<KeptRights | undefined> {
  // Of a plugin nothing is hidden.
  if (kind !== 'person') return undefined;
  const decisions = await permissions.authorizeConditional(
    asked.map(permission => ({ permission })),
    { credentials },
  );
  const reads: KeptRights['reads'] = {};
  decisions.forEach((decision, index) => {
    const { name } = asked[index];
    if (decision.result === AuthorizeResult.DENY) reads[name] = 'none';
    if (decision.result === AuthorizeResult.CONDITIONAL) {
      reads[name] = decision.conditions;
    }
  });
  if (!Object.keys(reads).length) return undefined;
  return JSON.stringify(reads).length <= mostCharacters
    ? { reads }
    : { reads: shortened(reads) };
}

function shortened(reads: KeptRights['reads']): KeptRights['reads'] {
  return Object.fromEntries(
    Object.entries(reads).map(([name, right]) => [
      name,
      right === 'none' ? right : 'own',
    ]),
  );
}

/** What was kept of this read for a token or a job; `undefined` for everybody else, and where it is not narrowed. */
export function keptRead(
  caller: Caller,
  permission: { name: string },
): KeptRead | undefined {
  const rights =
    (caller.kind === 'token' && caller.token.rights) ||
    (caller.kind === 'job' && caller.job.rights);
  return rights ? rights.reads[permission.name] : undefined;
}

/** Rights as one word, for rows and the subjects of tokens and jobs. */
export function formatRights(rights: KeptRights): string {
  return Buffer.from(JSON.stringify(rights)).toString('base64url');
}

/** @throws ServiceUnavailableError for what is no such word: rights are never guessed */
export function parseRights(text: string): KeptRights {
  try {
    const json = Buffer.from(text, 'base64url').toString('utf8');
    return rightsSchema.parse(JSON.parse(json));
  } catch (error) {
    throw new ServiceUnavailableError(
      'The rights that are kept with this token or job cannot be read',
      error,
    );
  }
}
