import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { NotFoundError } from '@backstage/errors';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import {
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../project/git';
import { createPublishProjectAction } from './createPublishProjectAction';

const ann = {
  ref: 'user:default/ann',
  entity: {
    apiVersion: 'backstage.io/v1alpha1' as const,
    kind: 'User' as const,
    metadata: { name: 'ann' },
    spec: { profile: { displayName: 'Ann Ito', email: 'ann@example.com' } },
  },
};

function aModel(annotations: Record<string, string>): Entity {
  return {
    apiVersion: 'downstage.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: 'tumours', annotations },
  };
}

describe('downstage:project:publish', () => {
  let dataDir: string;
  let workspace: string;
  const publish = jest.fn();

  const declare = (changes: Record<string, unknown>, more = '') =>
    writeFile(
      join(workspace, 'catalog-info.yaml'),
      `${JSON.stringify({
        apiVersion: 'downstage.dev/v1alpha1',
        kind: 'Model',
        metadata: { name: 'tumours' },
        spec: { owner: 'diagnostics' },
        ...changes,
      })}\n${more}`,
    );

  beforeEach(async () => {
    publish.mockReset();
    dataDir = await mkdtemp(join(tmpdir(), 'scaffolder-module-ml-'));
    workspace = await mkdtemp(join(tmpdir(), 'scaffolder-workspace-'));
    await writeFile(join(workspace, 'README.md'), '# Made up\n');
    await declare({});
  });
  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true });
    await rm(workspace, { recursive: true, force: true });
  });

  function anAction(
    entities: Entity[] = [],
    registry: {
      owner?: string;
      getModel?: jest.Mock;
      claimModel?: jest.Mock;
    } = {},
  ) {
    const {
      owner,
      getModel = jest.fn().mockRejectedValue(new NotFoundError()),
    } = registry;
    return createPublishProjectAction({
      registeredOwners: {
        ownerOf: async ref => (ref.startsWith('model:') ? owner : undefined),
      },
      registry: { getModel, claimModel: registry.claimModel ?? jest.fn() },
      authorizer: {
        groupsOf: async () => ['user:default/ann', 'group:default/diagnostics'],
      },
      catalog: catalogServiceMock({ entities }),
      config: mockServices.rootConfig({ data: { downstage: { dataDir } } }),
      events: { publish, subscribe: async () => {} },
      timeoutMs: 2,
      pollMs: 1,
    });
  }

  function aContext(
    input: Partial<
      Parameters<ReturnType<typeof anAction>['handler']>[0]['input']
    > = {},
    taskId = 'task-1',
  ) {
    const context = createMockActionContext({
      input: { name: 'tumours', owner: 'group:default/diagnostics', ...input },
      workspacePath: workspace,
      user: ann,
      task: { id: taskId },
    });
    return {
      ...context,
      getInitiatorCredentials: async () =>
        mockCredentials.user('user:default/ann'),
    };
  }

  it('makes a repository with one commit, by the person and committed by the bot', async () => {
    const context = aContext();
    await anAction().handler(context);

    const repository = join(dataDir, 'projects', 'tumours');
    expect(await readFile(join(repository, 'README.md'), 'utf8')).toBe(
      '# Made up\n',
    );
    expect(await git(repository, ['log', '--format=%an <%ae>, %cn: %s'])).toBe(
      'Ann Ito <ann@example.com>, Downstage: Start tumours from a template',
    );
    expect(context.output).toHaveBeenCalledWith('repository', repository);
    expect(context.output).toHaveBeenCalledWith(
      'commit',
      await git(repository, ['rev-parse', 'HEAD']),
    );
    expect(publish).toHaveBeenCalledWith({
      topic: 'ml-catalog.project-published',
      eventPayload: { name: 'tumours' },
    });
    expect(await readdir(join(dataDir, 'projects'))).toEqual(['tumours']);
  });

  it('is done once when the same task runs it twice', async () => {
    await anAction().handler(aContext());
    const again = aContext();
    await anAction().handler(again);
    expect(again.output).toHaveBeenCalledWith('commit', expect.any(String));
  });

  it('refuses a name that another task has taken', async () => {
    await anAction().handler(aContext());
    await expect(anAction().handler(aContext({}, 'task-2'))).rejects.toThrow(
      'already a project named tumours on this machine; choose another name',
    );
  });

  it('refuses an owner the requester does not belong to, and leaves nothing behind', async () => {
    await expect(
      anAction().handler(aContext({ owner: 'group:default/credit' })),
    ).rejects.toThrow(
      'user:default/ann cannot make a project for group:default/credit; allowed owners: user:default/ann, group:default/diagnostics',
    );
    expect(await readdir(dataDir)).toEqual([]);
  });

  it.each(['../x', 'A', '.git', 'a/b', ''])(
    'refuses the name %p',
    async name => {
      await expect(anAction().handler(aContext({ name }))).rejects.toThrow(
        /cannot be the name of a project; allowed are/,
      );
    },
  );

  it('refuses an entity that a file declares already', async () => {
    const taken = aModel({
      'backstage.io/managed-by-location': 'url:https://git/x',
    });
    await expect(
      anAction([taken]).handler(
        aContext({ entityRef: 'model:default/tumours' }),
      ),
    ).rejects.toThrow(
      'The catalog has model:default/tumours already; choose another name',
    );
    expect(await readdir(dataDir)).toEqual([]);
  });

  it.each<[string, string | undefined]>([
    ['asked for', 'model:default/tumours'],
    ['only declared', undefined],
  ])(
    'refuses the name of a registered model of others, %s (issue 7)',
    async (_, entityRef) => {
      await expect(
        anAction([], { owner: 'group:default/credit' }).handler(
          aContext({ entityRef }),
        ),
      ).rejects.toThrow(
        'model:default/tumours is registered and belongs to group:default/credit; choose another name',
      );
      expect(await readdir(dataDir)).toEqual([]);
    },
  );

  it('refuses a name whose entity only pretends to come from the registry', async () => {
    const pretends = aModel({ 'downstage.dev/registered-model': 'tumours' });
    await expect(anAction([pretends]).handler(aContext())).rejects.toThrow(
      'The catalog has model:default/tumours already',
    );
  });

  it('lets the file of a registered model count, for its owner', async () => {
    const owner = 'group:default/diagnostics';
    const published = aModel({
      'backstage.io/managed-by-location': `file:${dataDir}/projects/tumours/catalog-info.yaml`,
    });
    const claimModel = jest.fn();
    const getModel = jest
      .fn()
      .mockResolvedValue({ catalogConflict: { owner } });
    await anAction([published], { owner, getModel, claimModel }).handler(
      aContext({ entityRef: 'model:default/tumours' }),
    );
    expect(claimModel).toHaveBeenCalledWith(
      { params: { namespace: 'default', name: 'tumours' }, body: { owner } },
      { credentials: mockCredentials.user('user:default/ann') },
    );
  });

  const location = `---\n${JSON.stringify({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Location',
    metadata: { name: 'more' },
    spec: { type: 'file', target: '/etc/secrets.yaml' },
  })}`;
  it.each<[string, Record<string, unknown>, string | undefined, RegExp]>([
    [
      'a Location',
      {},
      location,
      /Location more is of a kind that a project may not declare; allowed are API, /,
    ],
    ['a Group', { kind: 'Group' }, undefined, /Group tumours is of a kind/],
    [
      'a Template',
      { kind: 'Template' },
      undefined,
      /Template tumours is of a kind/,
    ],
    [
      'another owner',
      { spec: { owner: 'credit' } },
      undefined,
      /belongs to group:default\/credit; expected the chosen owner/,
    ],
    ['no owner', { spec: {} }, undefined, /belongs to nobody/],
    [
      'another namespace',
      { metadata: { name: 'tumours', namespace: 'prod' } },
      undefined,
      /in the namespace prod; allowed is default/,
    ],
    [
      'the owner of another namespace',
      { spec: { owner: 'group:prod/diagnostics' } },
      undefined,
      /expected the chosen owner group:default\/diagnostics/,
    ],
    [
      'a second Model',
      {},
      '---\n{apiVersion: a/v1, kind: Model, metadata: {name: other}, spec: {owner: diagnostics}}',
      /2 documents of the kind Model/,
    ],
    [
      'an annotation of the portal',
      {
        metadata: {
          name: 'tumours',
          annotations: { 'backstage.io/managed-by-location': 'url:x' },
        },
      },
      undefined,
      /sets the annotation backstage.io\/managed-by-location/,
    ],
    [
      'documentation of others',
      {
        metadata: {
          name: 'tumours',
          annotations: { 'backstage.io/techdocs-ref': 'dir:../other' },
        },
      },
      undefined,
      /takes its documentation from dir:..\/other/,
    ],
    [
      'a file of the server',
      { spec: { owner: 'diagnostics', definition: { $text: '/etc/passwd' } } },
      undefined,
      /reads other files/,
    ],
    [
      'what is no YAML',
      {},
      '---\n{',
      /Document 2 of catalog-info.yaml cannot be read/,
    ],
    [
      'what is no entity',
      {},
      '---\n[1]',
      /Document 2 of catalog-info.yaml is no entity/,
    ],
  ])(
    'refuses a project that declares %s (issue 7)',
    async (_, changes, more, message) => {
      await declare(changes, more);
      await expect(anAction().handler(aContext())).rejects.toThrow(message);
      expect(await readdir(dataDir)).toEqual([]);
    },
  );

  it('refuses a catalog-info.yaml that is a link, and one that is not there', async () => {
    const file = join(workspace, 'catalog-info.yaml');
    await rm(file);
    await expect(anAction().handler(aContext())).rejects.toThrow(
      'The project has no catalog-info.yaml',
    );
    await symlink('/etc/passwd', file);
    await expect(anAction().handler(aContext())).rejects.toThrow(
      'catalog-info.yaml is a symbolic link; expected a file',
    );
  });

  it('makes a repository whose working copy follows no link that is pushed', async () => {
    await anAction().handler(aContext());
    const repository = join(dataDir, 'projects', 'tumours');
    expect(await git(repository, ['config', 'core.symlinks'])).toBe('false');
  });

  it('says so when the catalog does not read it in time', async () => {
    await expect(
      anAction().handler(aContext({ entityRef: 'model:default/tumours' })),
    ).rejects.toThrow(
      /The project is published, but the catalog has not read model:default\/tumours/,
    );
  });

  it('ends with the mistakes when the file is wrong', async () => {
    const wrong = aModel({
      'backstage.io/managed-by-location': `file:${dataDir}/projects/tumours/catalog-info.yaml`,
      'downstage.dev/invalid': 'spec.risk: huge',
    });
    await expect(
      anAction([wrong]).handler(
        aContext({ entityRef: 'model:default/tumours' }),
      ),
    ).rejects.toThrow('spec.risk: huge');
  });
});
