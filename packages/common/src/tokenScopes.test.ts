import {
  defineTokenScopes,
  TokenScopes,
  type GrantedPermission,
  type PluginTokenScopes,
} from './tokenScopes';

const permission = (
  name: string,
  action: 'create' | 'read' = 'create',
): GrantedPermission => ({
  type: 'resource',
  name,
  attributes: { action },
  resourceType: 'ml-feature',
});
const features: PluginTokenScopes = {
  pluginId: 'ml-features',
  scopes: {
    read: { allows: [permission('ml.features.read', 'read')] },
    features: { allows: [permission('ml.features.write')] },
  },
};
const registry: PluginTokenScopes = {
  pluginId: 'ml-registry',
  scopes: {
    read: { allows: [permission('ml.registry.read', 'read')] },
    promote: {
      allows: [permission('ml.registry.promote')],
      personal: { reason: 'two people look' },
    },
  },
  ofOwner: [permission('ml.registry.track')],
  jobs: [permission('ml.registry.track')],
};

describe('defineTokenScopes', () => {
  it.each(['ml.registry.approve', 'ml.features2.read', 'ml.features.a.b'])(
    'refuses the permission %s, which is of another plugin',
    name => {
      const granted = [permission(name)];
      const { pluginId } = features;
      const wrong: PluginTokenScopes[] = [
        { pluginId, scopes: { features: { allows: granted } } },
        { pluginId, scopes: {}, jobs: granted },
        { pluginId, scopes: {}, ofOwner: granted },
      ];
      for (const scopes of wrong) {
        expect(() => defineTokenScopes(scopes)).toThrow(
          `ml-features puts the permission ${name} into a scope; a plugin can do that with permissions of its own only`,
        );
      }
    },
  );

  it('refuses a plugin whose id is the beginning of others', () => {
    const scopes = { all: { allows: [permission('ml.registry.approve')] } };
    expect(() => defineTokenScopes({ pluginId: 'ml', scopes })).toThrow(
      /permissions of its own only/,
    );
  });

  it('refuses a change in the scope read, and a name that is no scope', () => {
    const allows = [permission('ml.features.write')];
    const { pluginId } = features;
    expect(() =>
      defineTokenScopes({ pluginId, scopes: { read: { allows } } }),
    ).toThrow(
      /puts ml.features.write into the scope 'read', which allows reads alone/,
    );
    expect(() =>
      defineTokenScopes({ pluginId, scopes: { 'a,b': { allows } } }),
    ).toThrow(/Expected a scope/);
  });
});

describe('TokenScopes', () => {
  const scopes = new TokenScopes([registry, features]);

  it('joins what plugins allow in read, and keeps every other scope to one plugin', () => {
    expect(scopes.names).toEqual(['read', 'features', 'promote']);
    expect(
      scopes.permissionsOf(['read', 'read']).map(({ name }) => name),
    ).toEqual(['ml.features.read', 'ml.registry.read']);
    expect(scopes.scopesWith('ml.features.write')).toEqual(['features']);
    const copied = {
      ...features,
      pluginId: 'ml-copied',
      scopes: { promote: { allows: [] } },
    };
    expect(() => new TokenScopes([registry, copied])).toThrow(
      "The token scope 'promote' of ml-copied is already defined by ml-registry",
    );
  });

  it('refuses a second definition that speaks for a plugin', () => {
    expect(() => new TokenScopes([features, { ...features }])).toThrow(
      'The token scopes of ml-features are defined twice',
    );
    expect(new TokenScopes([features, features]).names).toEqual([
      'read',
      'features',
    ]);
  });

  it('grants nothing for a scope that no plugin defines', () => {
    for (const unknown of ['monitor', 'constructor', '__proto__']) {
      expect(scopes.permissionsOf([unknown])).toEqual([]);
      expect(scopes.personalReason(unknown)).toBeUndefined();
    }
    expect(scopes.scopesWith('ml.registry.approve')).toEqual([]);
  });

  it('knows what is for personal tokens, for jobs, and of the owner', () => {
    expect(scopes.personalReason('promote')).toBe('two people look');
    expect(scopes.personalReason('features')).toBeUndefined();
    expect(scopes.ofJobs).toEqual(['ml.registry.track']);
    expect(scopes.isOfOwner('ml.registry.track')).toBe(true);
    expect(scopes.isOfOwner('ml.features.write')).toBe(false);
  });
});
