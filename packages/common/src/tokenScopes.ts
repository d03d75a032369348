import { z } from 'zod';

/** A permission that a scope allows, as its plugin defines it. */
export type GrantedPermission = {
  type: 'resource';
  name: string;
  attributes: { action?: 'create' | 'read' | 'update' | 'delete' };
  resourceType: string;
};

/** One word for a kind of work, such as `read`, `track` or `predict`. Plugins define which there are. */
export const tokenScopeSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,31}$/,
    'Expected a scope: up to 32 lower-case letters, digits and dashes, such as track',
  );
export type TokenScope = z.infer<typeof tokenScopeSchema>;

/** The scope that plugins share: it allows reads alone. Every other scope belongs to one plugin. */
const sharedReadScope = 'read';

/** What a plugin says about access tokens and tokens of jobs: about its own permissions, and about no others. */
export type PluginTokenScopes = {
  pluginId: string;
  /** A scope that changes something also reads what it changes, because no client works blind. */
  scopes: Record<
    TokenScope,
    {
      allows: readonly GrantedPermission[];
      /** Personal tokens alone may have it, because of this. */
      personal?: { reason: string };
    }
  >;
  /** Permissions about things of a group, of no model: a token that is bound to a model has them for the model's owner. */
  ofOwner?: readonly GrantedPermission[];
  /** What jobs may do with their own tokens. */
  jobs?: readonly GrantedPermission[];
};

/**
 * What a plugin says about tokens, checked.
 *
 * @throws Error for a permission of another plugin, and for a change in the shared scope `read`
 */
export function defineTokenScopes(own: PluginTokenScopes): PluginTokenScopes {
  const { pluginId, scopes, ofOwner = [], jobs = [] } = own;
  const allowed = Object.values(scopes).flatMap(({ allows }) => allows);
  for (const { name } of [...allowed, ...ofOwner, ...jobs]) {
    if (!isOfPlugin(name, pluginId)) {
      throw new Error(
        `${pluginId} puts the permission ${name} into a scope; a plugin can do that with permissions of its own only, such as ${
          prefixesOf(pluginId)[0]
        }read`,
      );
    }
  }
  for (const [scope, { allows }] of Object.entries(scopes)) {
    tokenScopeSchema.parse(scope);
    const change = allows.find(
      ({ attributes }) => attributes.action !== 'read',
    );
    if (scope === sharedReadScope && change) {
      throw new Error(
        `${pluginId} puts ${change.name} into the scope '${sharedReadScope}', which allows reads alone; give it a scope of its own`,
      );
    }
  }
  return own;
}

/** How the names of a plugin's permissions begin: `ml.features.` or `ml-features.`. */
function prefixesOf(pluginId: string): string[] {
  return [`${pluginId.replaceAll('-', '.')}.`, `${pluginId}.`];
}

/** One word follows the id, so that a plugin with the id `ml` could not claim `ml.registry.approve`. */
function isOfPlugin(permission: string, pluginId: string): boolean {
  return prefixesOf(pluginId).some(
    prefix =>
      permission.startsWith(prefix) &&
      /^[a-z0-9-]+$/.test(permission.slice(prefix.length)),
  );
}

/**
 * What each scope allows, by the plugins that are installed. A permission that stands in no scope is for people who are
 * signed in to the portal. A scope that no plugin defines grants nothing.
 */
export class TokenScopes {
  readonly #plugins = new Map<string, PluginTokenScopes>();

  constructor(plugins: readonly PluginTokenScopes[] = []) {
    for (const own of plugins) this.add(own);
  }

  /**
   * What one plugin says. Saying the same again changes nothing.
   *
   * @throws Error where another plugin defines one of the scopes, or another definition speaks for the plugin
   */
  add(own: PluginTokenScopes) {
    const { pluginId, scopes } = defineTokenScopes(own);
    const before = this.#plugins.get(pluginId);
    if (before === own) return;
    if (before) {
      throw new Error(`The token scopes of ${pluginId} are defined twice`);
    }
    for (const scope of Object.keys(scopes)) {
      const other = [...this.#plugins.values()].find(plugin =>
        Object.hasOwn(plugin.scopes, scope),
      );
      if (other && scope !== sharedReadScope) {
        throw new Error(
          `The token scope '${scope}' of ${pluginId} is already defined by ${other.pluginId}; choose another name`,
        );
      }
    }
    this.#plugins.set(pluginId, own);
  }

  /** All that can be given to a token: `read`, then those of each plugin. */
  get names(): TokenScope[] {
    const defined = this.#all.flatMap(({ scopes }) => Object.keys(scopes));
    const names = new Set([sharedReadScope, ...defined]);
    return [...names].filter(scope => this.permissionsOf([scope]).length);
  }

  /** The plugins that hold tokens to their scopes. */
  get pluginIds(): string[] {
    return [...this.#plugins.keys()].sort();
  }

  /** The permissions of some scopes, each once. */
  permissionsOf(scopes: readonly TokenScope[]): GrantedPermission[] {
    const byName = new Map<string, GrantedPermission>();
    for (const scope of scopes) {
      for (const own of this.#all) {
        if (!Object.hasOwn(own.scopes, scope)) continue;
        for (const permission of own.scopes[scope].allows) {
          byName.set(permission.name, permission);
        }
      }
    }
    return [...byName.values()];
  }

  /** Whether one of the scopes allows a permission. */
  allow(scopes: readonly TokenScope[], permission: string): boolean {
    return this.permissionsOf(scopes).some(({ name }) => name === permission);
  }

  /** The scopes that allow a permission; none for what only people may do. */
  scopesWith(permission: string): TokenScope[] {
    return this.names.filter(scope => this.allow([scope], permission));
  }

  /** Why only personal tokens may have this scope; `undefined` where every token may. */
  personalReason(scope: TokenScope): string | undefined {
    for (const { scopes } of this.#all) {
      const reason = Object.hasOwn(scopes, scope) && scopes[scope].personal;
      if (reason) return reason.reason;
    }
    return undefined;
  }

  /** Whether a permission is about things of a group, and of no model. */
  isOfOwner(permission: string): boolean {
    return this.#all.some(({ ofOwner = [] }) =>
      ofOwner.some(({ name }) => name === permission),
    );
  }

  /** The permissions that jobs have. */
  get ofJobs(): string[] {
    return this.#all.flatMap(({ jobs = [] }) => jobs.map(({ name }) => name));
  }

  /** In the order of their ids, so that lists read the same after every start. */
  get #all(): PluginTokenScopes[] {
    return this.pluginIds.flatMap(id => this.#plugins.get(id) ?? []);
  }
}
