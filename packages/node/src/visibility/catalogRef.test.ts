import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { callerOf } from '../caller/caller';
import { catalogRef, entitiesByRef } from './catalogRef';
import { HiddenEntities } from './hiddenEntities';

const risky = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'Risky', namespace: 'default' },
};
/** Compares refs exactly, as the catalog does. */
const catalog = catalogServiceMock({ entities: [risky] });

describe('refs that the catalog is asked for', () => {
  it.each([
    ['model:default/Risky', 'model:default/risky'],
    ['Model:Risky', 'model:default/risky'],
    ['model:Credit/Risky', 'model:credit/risky'],
    ['Risky', 'risky'],
  ])('%s is %s there', (ref, stored) => {
    expect(catalogRef(ref)).toBe(stored);
  });

  it('are answered by the spelling that was asked for', async () => {
    const credentials = mockCredentials.service();
    const refs = ['model:default/Risky', 'model:default/risky', 'model:x/y'];
    expect(await entitiesByRef(catalog, { refs }, { credentials })).toEqual(
      new Map([
        [refs[0], risky],
        [refs[1], risky],
      ]),
    );
  });

  it('are not sent where there are none', async () => {
    const none = catalogServiceMock.mock();
    await entitiesByRef(none, { refs: [] }, {} as never);
    expect(none.getEntitiesByRefs).not.toHaveBeenCalled();
  });

  it('hide an entity with capital letters from who may not see it', async () => {
    const empty = catalogServiceMock();
    const hidden = new HiddenEntities({
      clock: () => new Date(),
      discovery: mockServices.discovery(),
      auth: mockServices.auth(),
      catalog: {
        ...catalog,
        getEntitiesByRefs: (request, options) =>
          (JSON.stringify(options).includes('"type":"service"')
            ? catalog
            : empty
          ).getEntitiesByRefs(request),
      } as CatalogService,
      permissions: mockServices.permissions.mock({
        authorizeConditional: async () =>
          [{ result: AuthorizeResult.DENY }] as never,
      }),
    });
    const refs = ['model:default/Risky', 'model:default/gone'];
    const caller = callerOf(mockCredentials.user('user:default/dan'));
    expect(await hidden.among(refs, caller)).toEqual(
      new Set(['model:default/Risky']),
    );
    expect(await hidden.hides(refs[0], caller)).toBe(true);
    expect(await hidden.hides(refs[1], caller)).toBe(false);
    expect(await hidden.hides(undefined, caller)).toBe(false);
    const rows = [...refs, undefined].map(ref => ({ ref }));
    expect(await hidden.visible(rows, ({ ref }) => ref, caller)).toEqual(
      rows.slice(1),
    );
    const plugin = callerOf(mockCredentials.service());
    expect(await hidden.hides(refs[0], plugin)).toBe(false);
  });
});
