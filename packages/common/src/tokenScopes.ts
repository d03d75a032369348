import { z } from 'zod';

/** A permission as the policy knows it: its name, and what it does to things. */
export type GrantedPermission = {
  name: string;
  action?: 'create' | 'read' | 'update' | 'delete';
};

const registryRead = { name: 'ml.registry.read', action: 'read' } as const;
const jobsRead = { name: 'ml.jobs.read', action: 'read' } as const;
const dataRead = { name: 'ml.data.read', action: 'read' } as const;
const servingRead = { name: 'ml.serving.read', action: 'read' } as const;
const monitoringRead = { name: 'ml.monitoring.read', action: 'read' } as const;

/**
 * What each scope of a token allows: the only place that says so.
 *
 * @remarks
 * A scope that changes something also reads what it changes, because no client works blind. A permission that
 * stands in no scope is for people signed in to the portal: approving, breaking glass, making tokens.
 */
export const tokenScopes = {
  read: [registryRead, jobsRead, dataRead, servingRead, monitoringRead],
  track: [registryRead, { name: 'ml.registry.track', action: 'create' }],
  register: [registryRead, { name: 'ml.registry.register', action: 'create' }],
  promote: [registryRead, { name: 'ml.registry.promote', action: 'update' }],
  train: [
    jobsRead,
    { name: 'ml.jobs.submit', action: 'create' },
    { name: 'ml.jobs.change', action: 'update' },
  ],
  data: [dataRead, { name: 'ml.data.write', action: 'create' }],
  serve: [servingRead, { name: 'ml.serving.change', action: 'update' }],
  predict: [{ name: 'ml.serving.predict' }],
  monitor: [monitoringRead, { name: 'ml.monitoring.change', action: 'update' }],
} as const satisfies Record<string, readonly GrantedPermission[]>;

/** One word for a kind of work: `read`, `track`, `register`, `promote`, `train`, `data`, `serve`, `predict`, `monitor`. */
export type TokenScope = keyof typeof tokenScopes;

export const tokenScopeSchema = z.enum([
  'read',
  'track',
  'register',
  'promote',
  'train',
  'data',
  'serve',
  'predict',
  'monitor',
] satisfies TokenScope[]);

/**
 * Scopes that only personal tokens may have.
 *
 * @remarks
 * Whoever asks for a promotion may not approve it. Asked for by a service, one person could do both.
 */
export const personalScopes: readonly TokenScope[] = ['promote'];

/** The permissions of some scopes, each once. */
export function permissionsOfScopes(
  scopes: readonly TokenScope[],
): GrantedPermission[] {
  const byName = new Map<string, GrantedPermission>();
  for (const scope of scopes) {
    for (const permission of tokenScopes[scope]) {
      byName.set(permission.name, permission);
    }
  }
  return [...byName.values()];
}

/** The scopes that allow a permission; none for what only people may do. */
export function scopesWith(permission: string): TokenScope[] {
  return tokenScopeSchema.options.filter(scope =>
    tokenScopes[scope].some(({ name }) => name === permission),
  );
}
