import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller } from '../../__testUtils__/people';
import { aRegistry } from '../../__testUtils__/registryFixture';
import { Message } from '../protocol/Message';
import { transitionRequestRoutes } from './transitionRequestRoutes';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const key = { name: 'tumours', version: '1', stage: 'Production' };

describe.each(databases.eachSupportedId())(
  'transition requests of the workspace registry on %s',
  id => {
    const start = async () => {
      const registry = await aRegistry(await databases.init(id));
      await registry.aVersion(1);
      const routes = transitionRequestRoutes(
        registry.promotions,
        registry.tracking.names,
      );
      const call = (
        operation: string,
        person: string,
        fields: object = {},
      ): Promise<object> => {
        const path = `transition-requests/${operation}`;
        const route = routes.find(each => each.path === path);
        if (!route) throw new Error(`No route ${path}`);
        return route.handle(
          Message.fromJson(JSON.stringify({ ...key, ...fields })),
          caller(person),
        );
      };
      return { registry, call };
    };

    it('are created, listed and approved under the names that tools know', async () => {
      const { registry, call } = await start();
      expect(await call('create', 'ann', { comment: 'Better' })).toEqual({
        request: expect.objectContaining({
          user_id: 'user:default/ann',
          to_stage: 'Production',
          comment: 'Better',
          available_actions: ['CANCEL_TRANSITION_REQUEST'],
        }),
      });
      expect(await call('list', 'ben')).toEqual({
        requests: [
          expect.objectContaining({
            available_actions: [
              'APPROVE_TRANSITION_REQUEST',
              'REJECT_TRANSITION_REQUEST',
            ],
          }),
        ],
      });
      await expect(call('approve', 'ann')).rejects.toThrow(
        'asked for this promotion',
      );
      expect(await call('approve', 'ben', { comment: 'Yes' })).toEqual({
        activity: expect.objectContaining({
          activity_type: 'APPLIED_TRANSITION',
          from_stage: 'None',
          to_stage: 'Production',
          user_id: 'user:default/ben',
          comment: 'Yes',
        }),
      });
      expect(await registry.stageOf(1)).toBe('production');
      expect(await call('list', 'ben')).toEqual({ requests: [] });
    });

    it('are rejected with a comment', async () => {
      const { registry, call } = await start();
      await call('create', 'ann');
      await expect(call('reject', 'ben')).rejects.toThrow('comment');
      expect(await call('reject', 'ben', { comment: 'Too early' })).toEqual({
        activity: expect.objectContaining({
          activity_type: 'REJECTED_REQUEST',
          comment: 'Too early',
        }),
      });
      expect(await registry.stageOf(1)).toBe('none');
    });

    it('are deleted by who made them, and not in somebody else’s name', async () => {
      const { call } = await start();
      await call('create', 'ann');
      await expect(
        call('delete', 'ann', { creator: 'user:default/eve' }),
      ).rejects.toThrow("is user:default/ann's");
      expect(
        await call('delete', 'ann', { creator: 'user:default/ann' }),
      ).toEqual({
        activity: expect.objectContaining({
          activity_type: 'CANCELLED_REQUEST',
        }),
      });
      await expect(call('delete', 'ann')).rejects.toThrow(
        'No open transition request',
      );
    });

    it('are for stages one can ask for', async () => {
      const { call } = await start();
      await expect(
        call('create', 'ann', { stage: 'Archived' }),
      ).rejects.toThrow(
        'stages to ask for are Staging, Candidate and Production',
      );
    });
  },
);
