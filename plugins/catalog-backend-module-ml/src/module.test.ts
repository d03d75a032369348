import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import type { AlphaEntity } from '@backstage/catalog-model/alpha';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import {
  projectPublishedTopic,
  type ModelSpec,
} from '@downstage/plugin-ml-catalog-common';
import { mlRegistryServiceRef } from '@downstage/plugin-ml-registry-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { catalogModuleMl } from './module';
import type { RegisteredModel } from './registry/toModelEntity';

const files = `
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: diagnostics }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: { name: screening }
spec: { owner: diagnostics }
---
apiVersion: downstage.dev/v1alpha1
kind: Dataset
metadata: { name: breast-masses }
spec:
  type: table
  lifecycle: production
  owner: diagnostics
  schema: { fields: [{ name: mean_radius, type: double }] }
---
apiVersion: downstage.dev/v1alpha1
kind: Feature
metadata: { name: cell-nuclei }
spec:
  type: batch
  lifecycle: production
  owner: diagnostics
  computedFrom: [breast-masses]
  features: [{ name: mean_radius, type: double }]
---
apiVersion: downstage.dev/v1alpha1
kind: Model
metadata: { name: tumour-malignancy }
spec:
  type: classifier
  lifecycle: production
  owner: diagnostics
  system: screening
  trainedOn: [breast-masses]
  consumesFeatures: [cell-nuclei]
---
apiVersion: downstage.dev/v1alpha1
kind: Model
metadata: { name: wrong }
spec: { type: classifier, owner: diagnostics, trainedOn: ['component:x'] }
`;

const aProject = (spec: Partial<ModelSpec>) => `
apiVersion: downstage.dev/v1alpha1
kind: Model
metadata: { name: from-code }
spec: ${JSON.stringify({
  type: 'classifier',
  lifecycle: 'experimental',
  owner: 'diagnostics',
  ...spec,
})}
`;

describe('the catalog with the module', () => {
  let folder: string;
  let registered: RegisteredModel[];
  let deleted: string[] = [];
  let events: typeof eventsServiceRef.T;
  let stop: () => Promise<void>;
  let server: Parameters<typeof request>[0];

  async function getEntity(ref: string): Promise<AlphaEntity | undefined> {
    const [kind, name] = ref.split(':');
    const { status, body } = await request(server).get(
      `/api/catalog/entities/by-name/${kind}/default/${name}`,
    );
    return status === 200 ? body : undefined;
  }

  async function until<T>(
    look: () => Promise<T>,
    isRight: (value: T) => boolean,
  ): Promise<T> {
    for (;;) {
      const value = await look();
      if (isRight(value)) return value;
      await new Promise(setImmediate);
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catalog-module-ml-'));
    await writeFile(join(folder, 'all.yaml'), files);
    registered = [{ namespace: 'default', name: 'from-code', updatedAt: '' }];
    const backend = await startTestBackend({
      features: [
        catalogPlugin,
        catalogModuleMl,
        mockServices.rootConfig.factory({
          data: {
            downstage: { dataDir: folder },
            catalog: {
              processingInterval: { seconds: 1 },
              rules: [
                {
                  allow: [
                    'Group',
                    'System',
                    'Location',
                    'Model',
                    'Dataset',
                    'Feature',
                  ],
                },
              ],
              locations: [{ type: 'file', target: join(folder, 'all.yaml') }],
            },
          },
        }),
        createServiceFactory({
          service: mlRegistryServiceRef,
          deps: {},
          factory: () =>
            registry(
              () => registered,
              () => deleted,
            ),
        }),
        createServiceFactory({
          service: eventsServiceRef,
          deps: {},
          factory: () => {
            const handlers: Parameters<typeof events.subscribe>[0][] = [];
            events = {
              subscribe: async options => {
                handlers.push(options);
              },
              publish: async event => {
                for (const handler of handlers) {
                  if (handler.topics.includes(event.topic)) {
                    await handler.onEvent(event);
                  }
                }
              },
            };
            return events;
          },
        }),
      ],
    });
    server = backend.server;
    stop = () => backend.stop();
  });

  afterAll(async () => {
    await stop?.();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    [
      'model:tumour-malignancy',
      'ownedBy',
      'group:default/diagnostics',
      'ownerOf',
    ],
    [
      'model:tumour-malignancy',
      'partOf',
      'system:default/screening',
      'hasPart',
    ],
    [
      'model:tumour-malignancy',
      'trainedOn',
      'dataset:default/breast-masses',
      'trainingDataFor',
    ],
    [
      'model:tumour-malignancy',
      'consumesFeature',
      'feature:default/cell-nuclei',
      'featureConsumedBy',
    ],
    [
      'feature:cell-nuclei',
      'computedFrom',
      'dataset:default/breast-masses',
      'sourceOf',
    ],
  ])(
    'knows that %s is %s %s, and the way back',
    async (from, forward, to, back) => {
      const source = await until(
        () => getEntity(from),
        entity => !!entity?.relations?.some(r => r.type === forward),
      );
      expect(source?.relations).toContainEqual({
        type: forward,
        targetRef: to,
      });
      const target = await until(
        () => getEntity(to.replace('default/', '')),
        entity => !!entity?.relations?.some(r => r.type === back),
      );
      expect(target?.relations).toContainEqual({
        type: back,
        targetRef: from.replace(':', ':default/'),
      });
    },
  );

  it('shows a wrong file on a page of its own, and gives it to nobody', async () => {
    const entity = await until(
      () => getEntity('model:wrong'),
      found => !!found?.status?.items?.length,
    );
    const [item] = entity?.status?.items ?? [];
    expect(item).toMatchObject({ level: 'error' });
    expect(item?.message).toMatch(
      /all\.yaml is wrong: spec\.lifecycle: .*spec\.trainedOn\.0: .*allowed kinds: Dataset/,
    );
    expect(entity?.spec?.owner).toBe('group:default/unowned');
  });

  it('brings a registered model, lets a file claim it, keeps the last good spec, and takes it back', async () => {
    await events.publish({
      topic: 'ml-registry.version-created',
      eventPayload: {},
    });
    const unowned = await until(() => getEntity('model:from-code'), Boolean);
    expect(unowned?.metadata.annotations).toMatchObject({
      'downstage.dev/unowned': 'true',
      'downstage.dev/registered-model': 'from-code',
    });

    const project = join(folder, 'projects', 'from-code');
    await mkdir(project, { recursive: true });
    await writeFile(
      join(project, 'catalog-info.yaml'),
      aProject({ risk: 'high' }),
    );
    await events.publish({
      topic: projectPublishedTopic.name,
      eventPayload: { name: 'from-code' },
    });
    const claimed = await until(
      () => getEntity('model:from-code'),
      entity => entity?.spec?.owner === 'diagnostics',
    );
    expect(claimed?.metadata.annotations).not.toHaveProperty([
      'downstage.dev/unowned',
    ]);

    await events.publish({
      topic: 'ml-registry.version-created',
      eventPayload: {},
    });
    await writeFile(
      join(project, 'catalog-info.yaml'),
      aProject({ approvals: -1 }),
    );
    const wrong = await until(
      () => getEntity('model:from-code'),
      entity => !!entity?.status?.items?.length,
    );
    expect(wrong?.spec).toMatchObject({ owner: 'diagnostics', risk: 'high' });
    expect(wrong?.status?.items?.[0].message).toMatch(
      /spec\.approvals.*last state that was right/s,
    );

    await rm(project, { recursive: true });
    await events.publish({
      topic: projectPublishedTopic.name,
      eventPayload: { name: 'from-code' },
    });
    const back = await until(
      async () => {
        await events.publish({
          topic: 'ml-registry.version-created',
          eventPayload: {},
        });
        return getEntity('model:from-code');
      },
      entity => entity?.spec?.owner === 'group:default/unowned',
    );
    expect(back?.status).toBeUndefined();

    registered = [];
    deleted = ['model:default/from-code'];
    await events.publish({
      topic: 'ml-registry.version-created',
      eventPayload: {},
    });
    await until(
      () => getEntity('model:from-code'),
      entity => !entity,
    );
  });
});

/** A registry of which nothing is asked but its list, and what was deleted. */
function registry(
  list: () => RegisteredModel[],
  deleted: () => string[],
): typeof mlRegistryServiceRef.T {
  const listModels = async () => ({
    items: list().map(model => ({ ...model, risk: 'limited' })),
  });
  const listLedger = async ({ query }: { query: { action?: string } }) => ({
    items:
      query.action === 'deleted'
        ? deleted().map(modelRef => ({
            modelRef,
            at: '2026-03-01T00:00:00.000Z',
          }))
        : [],
  });
  return JSON.parse('{}', () => ({ listModels, listLedger }));
}
