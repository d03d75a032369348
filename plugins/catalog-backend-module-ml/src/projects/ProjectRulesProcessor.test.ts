import type { Entity } from '@backstage/catalog-model';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProjectRulesProcessor } from './ProjectRulesProcessor';
import { ProjectsProvider } from './ProjectsProvider';

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

describe('the provider of projects', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'projects-provider-'));
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  it('reads files, and no links to other files of the server (issue 7)', async () => {
    for (const name of ['real', 'link', 'empty']) {
      await mkdir(join(place, name));
    }
    await writeFile(join(place, 'real', 'catalog-info.yaml'), 'kind: Model');
    await symlink('/etc/passwd', join(place, 'link', 'catalog-info.yaml'));
    const applyMutation = jest.fn();
    await new ProjectsProvider({ folder: place }).connect({
      applyMutation,
      refresh: async () => {},
    });
    expect(applyMutation).toHaveBeenCalledWith({
      type: 'full',
      entities: [
        expect.objectContaining({
          locationKey: `file:${place}/real/catalog-info.yaml`,
        }),
      ],
    });
  });
});
