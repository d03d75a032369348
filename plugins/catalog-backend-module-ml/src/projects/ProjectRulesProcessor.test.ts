import type { Entity } from '@backstage/catalog-model';
import { ProjectRulesProcessor } from './ProjectRulesProcessor';

const folder = '/data/projects';
const inProject = {
  type: 'file',
  target: `${folder}/tumours/catalog-info.yaml`,
};

const anEntity = (kind: string, rest: Partial<Entity> = {}): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name: 'x' },
  ...rest,
});

describe('what a project on this machine may declare', () => {
  const check = (entity: Entity, origin = inProject) =>
    new ProjectRulesProcessor({ folder }).preProcessEntity(
      entity,
      origin,
      () => {},
      origin,
    );

  it.each(['Component', 'Model', 'Dataset', 'Feature', 'API'])(
    'takes a %s',
    async kind => {
      const entity = anEntity(kind);
      expect(await check(entity)).toBe(entity);
    },
  );

  it.each<[string, Entity]>([
    [
      'a Location that names a file of the server',
      anEntity('Location', { spec: { type: 'file', target: '/etc/x.yaml' } }),
    ],
    [
      'a Location with a second target',
      anEntity('Location', {
        spec: {
          type: 'file',
          target: inProject.target,
          targets: ['../../../app-config.yaml'],
        },
      }),
    ],
    [
      'a Location that inherits its type',
      anEntity('Location', { spec: { target: './more.yaml' } }),
    ],
    [
      'a Location with a url',
      anEntity('Location', {
        spec: { type: 'url', target: 'http://127.0.0.1/' },
      }),
    ],
    ['a Group', anEntity('Group')],
    ['a User', anEntity('User')],
    ['a Template', anEntity('Template')],
    ['a System', anEntity('System')],
  ])('refuses %s', async (_, entity) => {
    await expect(check(entity)).rejects.toThrow(
      /may not declare a .*; allowed are API, Component, Dataset, Feature, Model, Resource/,
    );
  });

  it('refuses another namespace', async () => {
    await expect(
      check(anEntity('Model', { metadata: { name: 'x', namespace: 'other' } })),
    ).rejects.toThrow('of the namespace default only, not of other');
  });

  it('takes the namespace that the folder is named after, and no other', async () => {
    const origin = {
      type: 'file',
      target: `${folder}/__credit__tumours/catalog-info.yaml`,
    };
    const declare = (namespace?: string) =>
      check(anEntity('Model', { metadata: { name: 'x', namespace } }), origin);
    expect(await declare('credit')).toMatchObject({ kind: 'Model' });
    await expect(declare()).rejects.toThrow(
      'of the namespace credit only, not of default',
    );
    await expect(declare('other')).rejects.toThrow('credit only, not of other');
  });

  it('reads the project itself, and leaves alone what comes from elsewhere', async () => {
    const itself = anEntity('Location', {
      spec: { type: 'file', target: inProject.target },
    });
    expect(await check(itself)).toBe(itself);
    const group = anEntity('Group');
    for (const origin of [
      { type: 'file', target: '/data/examples/all.yaml' },
      { type: 'file', target: '/data/projects-of-others/all.yaml' },
      { type: 'url', target: inProject.target },
    ]) {
      expect(await check(group, origin)).toBe(group);
    }
  });
});
