import { createServiceFactory } from '@backstage/backend-plugin-api';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  scaffolderActionsExtensionPoint,
  type TemplateAction,
} from '@backstage/plugin-scaffolder-node';
import { scaffolderTemplatingExtensionPoint } from '@backstage/plugin-scaffolder-node/alpha';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import { registeredOwnersServiceRef } from '@downstage/node';
import { mlJobsServiceRef } from '@downstage/plugin-ml-jobs-node';
import { mlRegistryServiceRef } from '@downstage/plugin-ml-registry-node';
import { scaffolderModuleMl } from './module';

const directory = createMockDirectory();
const owner = 'group:default/diagnostics';
const project = {
  'workspace/catalog-info.yaml': JSON.stringify({
    apiVersion: 'downstage.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: 'tumours' },
    spec: { type: 'classifier', lifecycle: 'experimental', owner },
  }),
};

/**
 * One row a template action, with an input of another team's person. `refuses` by itself; `hands on` the credentials
 * of who runs the template, so that the operation behind it refuses. An action without a row fails.
 */
const table: Record<string, { how: 'refuses' | 'hands on'; input: object }> = {
  'downstage:project:check': { how: 'refuses', input: { owner } },
  'downstage:project:publish': {
    how: 'refuses',
    input: { name: 'tumours', owner, entityRef: 'model:default/tumours' },
  },
  'downstage:job:submit': {
    how: 'hands on',
    input: { repository: '/projects/x', owner },
  },
};

describe('who may run each template action', () => {
  const actions: TemplateAction<any, any, any>[] = [];
  const asked: unknown[] = [];
  /** A plugin's client that writes down with whose credentials it is asked. */
  const client = () =>
    new Proxy(
      {},
      {
        get: (_, method) =>
          // A promise would be taken for a service that is still coming.
          method === 'then'
            ? undefined
            : async (_request: unknown, options: { credentials: unknown }) => {
                asked.push(options.credentials);
                return { id: 'j1', state: 'queued' };
              },
      },
    ) as never;
  let backend: Awaited<ReturnType<typeof startTestBackend>>;

  beforeAll(async () => {
    backend = await startTestBackend({
      extensionPoints: [
        [
          scaffolderActionsExtensionPoint,
          { addActions: (...more) => void actions.push(...more) },
        ],
        [
          scaffolderTemplatingExtensionPoint,
          {
            addTemplateFilters: () => {},
            addTemplateGlobals: () => {},
          },
        ],
      ],
      features: [
        scaffolderModuleMl,
        catalogServiceMock.factory({ entities: [] }),
        mockServices.events.factory(),
        mockServices.rootConfig.factory({
          data: { downstage: { dataDir: directory.resolve('data') } },
        }),
        mockServices.userInfo.mock({
          getUserInfo: async () => ({
            userEntityRef: 'user:default/cleo',
            ownershipEntityRefs: ['user:default/cleo', 'group:default/credit'],
          }),
        }).factory,
        ...[mlJobsServiceRef, mlRegistryServiceRef].map(service =>
          createServiceFactory({
            service: service as typeof mlJobsServiceRef,
            deps: {},
            factory: client,
          }),
        ),
        createServiceFactory({
          service: registeredOwnersServiceRef,
          deps: {},
          factory: () => ({ ownerOf: async () => undefined }),
        }),
      ],
    });
  });
  afterAll(() => backend.stop());
  beforeEach(() => {
    asked.length = 0;
    directory.setContent(project);
  });

  it('is said in the table, for each action and no other', () => {
    expect(actions.map(({ id }) => id).sort()).toEqual(
      Object.keys(table).sort(),
    );
  });

  it.each(Object.entries(table))(
    'is not another team, for %s',
    async (id, { how, input }) => {
      const cleo = mockCredentials.user('user:default/cleo');
      const action = actions.find(one => one.id === id)!;
      const outcome = action
        .handler({
          ...createMockActionContext({
            input,
            workspacePath: directory.resolve('workspace'),
            task: { id: 'task-1' },
          }),
          getInitiatorCredentials: async () => cleo,
        } as never)
        .then(
          () => 'hands on',
          (error: Error) => error.name,
        );
      expect(await outcome).toBe(
        how === 'refuses' ? 'NotAllowedError' : 'hands on',
      );
      expect(asked).toEqual(how === 'refuses' ? [] : [cleo]);
    },
  );
});
