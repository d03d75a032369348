import {
  createMockDirectory,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ANNOTATION_INVALID } from '@downstage/plugin-ml-catalog-common';
import {
  createMlModelConditionalDecision,
  mlModelConditions,
} from '@downstage/plugin-ml-registry-node';
import { aModelEntity } from '../__testUtils__/aModelEntity';
import { diagnostics, caller, jobCaller } from '../__testUtils__/people';
import { aRegistry, as, modelFile } from '../__testUtils__/registryFixture';
import { PromotionStore } from './stores/PromotionStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const directory = createMockDirectory();

describe.each(databases.eachSupportedId())('PromotionService, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistry(await databases.init(id), options);
  /** What an MLflow client can tell of version 1 and its model. */
  const seenByClients = async ({
    knex,
  }: Awaited<ReturnType<typeof aRegistry>>) => ({
    version: await knex('model_versions')
      .where({ name: 'tumours', version: 1 })
      .first('mlflow_stage', 'last_updated_time'),
    model: await knex('registered_models')
      .where({ name: 'tumours' })
      .first('last_updated_time'),
  });

  it('asks, checks, waits for approval, and changes stage, alias and ledger together', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    const asked = await registry.promotions.request(
      { ...path, to: 'production', reason: 'better' },
      as('ann'),
    );
    expect(asked).toMatchObject({
      id: 'promotion-1',
      state: 'waiting-for-approval',
      from: 'none',
      owner: 'group:default/diagnostics',
      evidence: { metrics: { auc: 0.95 }, runId: 'tumours-run-1' },
      approvalsNeeded: 1,
    });
    expect(await registry.stageOf(1)).toBe('none');
    const approved = await registry.promotions.approve(
      { id: asked.id, comment: 'fine' },
      as('ben'),
    );
    expect(approved).toMatchObject({
      state: 'approved',
      approvals: [{ by: 'user:default/ben', comment: 'fine' }],
    });
    expect(await registry.stageOf(1)).toBe('production');
    expect(await registry.aliases()).toEqual({ champion: 1 });
    const { items } = await registry.rollbacks.history(path, as('cleo'));
    expect(items.map(({ action }) => action)).toEqual([
      'promoted',
      'promotion-approved',
      'promotion-requested',
    ]);
    expect(registry.events.publish).toHaveBeenCalledWith({
      topic: 'ml-registry.stage-changed',
      eventPayload: {
        modelRef: 'model:default/tumours',
        versionRef: 'default/tumours@1',
        from: 'none',
        to: 'production',
      },
    });
  });

  it('counts what waits for the caller, by the rule that approving holds to (R2)', async () => {
    const registry = await start({ entity: aModelEntity({ risk: 'high' }) });
    const path = await registry.aVersion(1);
    const waiting = async (name: string) =>
      (await registry.promotions.count({}, as(name))).waitingForMe;
    expect(await waiting('ben')).toBe(0);
    const { id: asked } = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect({
      requester: await waiting('ann'),
      ownersMember: await waiting('ben'),
      otherTeam: await waiting('cleo'),
      administrator: await waiting('dora'),
    }).toEqual({
      requester: 0,
      ownersMember: 1,
      otherTeam: 0,
      administrator: 0,
    });
    // One of two that a high risk needs.
    await registry.promotions.approve({ id: asked }, as('ben'));
    expect(await waiting('ben')).toBe(0);
    expect(await waiting('eve')).toBe(1);
    await registry.promotions.approve({ id: asked }, as('eve'));
    expect(await waiting('eve')).toBe(0);
  });

  it('archives the version that was in production', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.aVersion(2);
    await registry.promote(1);
    await registry.promote(2);
    expect(await registry.stageOf(1)).toBe('archived');
    expect(await registry.stageOf(2)).toBe('production');
    expect(await registry.aliases()).toEqual({ champion: 2 });
  });

  it('lets one of two promotions of a model win; the approvals of the other lapse', async () => {
    const registry = await start();
    const one = await registry.aVersion(1);
    const two = await registry.aVersion(2);
    const first = await registry.promotions.request(
      { ...one, to: 'production' },
      as('ann'),
    );
    const second = await registry.promotions.request(
      { ...two, to: 'production' },
      as('ann'),
    );
    const decided = await Promise.all([
      registry.promotions.approve({ id: first.id }, as('ben')),
      registry.promotions.approve({ id: second.id }, as('eve')),
    ]);
    expect(decided.map(({ state }) => state).sort()).toEqual([
      'approved',
      'waiting-for-approval',
    ]);
    const lapsed = decided.find(({ state }) => state !== 'approved');
    expect(lapsed).toMatchObject({
      approvals: [],
      lapses: [{ changes: ['another version is in production'] }],
    });
    const stages = [await registry.stageOf(1), await registry.stageOf(2)];
    expect(stages.sort()).toEqual(['none', 'production']);
  });

  it('refuses a second version in production whatever the code does', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.aVersion(2);
    await registry.promote(1);
    await expect(
      registry
        .knex('model_versions')
        .where({ version: 2 })
        .update({ stage: 'production' }),
    ).rejects.toThrow(/unique/i);
  });

  it('refuses people of other teams, the requester, the author and administrators as approvers', async () => {
    const registry = await start();
    const path = await registry.aVersion(1, undefined, {
      createdBy: 'user:default/eve',
    });
    const { id: promotion } = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    const approve = (name: string) =>
      registry.promotions.approve({ id: promotion }, as(name));
    await expect(approve('cleo')).rejects.toMatchObject({
      name: 'NotAllowedError',
      message: expect.stringMatching(
        /Only members of group:default\/diagnostics/,
      ),
    });
    await expect(approve('ann')).rejects.toThrow(/asked for this promotion/);
    await expect(approve('eve')).rejects.toThrow(/made this version/);
    await expect(approve('dora')).rejects.toThrow(/Only members/);
    await expect(approve('ben')).resolves.toMatchObject({ state: 'approved' });
  });

  it('refuses people of other teams who ask, reject or roll back', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    const ask = { ...path, to: 'production' as const };
    await expect(
      registry.promotions.request(ask, as('cleo')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    const { id: promotion } = await registry.promotions.request(ask, as('ann'));
    await expect(
      registry.promotions.reject({ id: promotion, comment: 'no' }, as('cleo')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    await expect(
      registry.promotions.withdraw(promotion, as('cleo')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    await expect(
      registry.rollbacks.rollback({ ...path, reason: 'x' }, as('cleo')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
  });

  it('asks for two different people when the risk is high', async () => {
    const registry = await start({ entity: aModelEntity({ risk: 'high' }) });
    const path = await registry.aVersion(1);
    const { id: promotion, approvalsNeeded } =
      await registry.promotions.request(
        { ...path, to: 'production' },
        as('ann'),
      );
    expect(approvalsNeeded).toBe(2);
    await registry.promotions.approve({ id: promotion }, as('ben'));
    const again = await registry.promotions.approve(
      { id: promotion },
      as('ben'),
    );
    expect(again.state).toBe('waiting-for-approval');
    expect(again.approvals).toHaveLength(1);
    const last = await registry.promotions.approve(
      { id: promotion },
      as('eve'),
    );
    expect(last.state).toBe('approved');
    const { items } = await registry.rollbacks.history(path, as('ann'));
    const approvers = items
      .filter(({ action }) => action === 'promotion-approved')
      .map(({ actor }) => actor);
    expect(approvers).toEqual(['user:default/eve', 'user:default/ben']);
  });

  it('blocks a version that fails a gate, and says what to do', async () => {
    const registry = await start();
    const path = await registry.aVersion(1, { auc: 0.8 });
    const preview = await registry.promotions.preview(
      { ...path, to: 'production' },
      as('cleo'),
    );
    expect(preview).toMatchObject({ allowed: false, approvalsNeeded: 1 });
    await expect(
      registry.promotions.request({ ...path, to: 'production' }, as('ann')),
    ).resolves.toMatchObject({
      state: 'blocked',
      message: expect.stringMatching(/auc is 0.8, wanted at least 0.9/),
    });
  });

  it('blocks a model whose file is wrong, though the catalog shows it without gates', async () => {
    const wrong = aModelEntity();
    wrong.metadata.annotations = {
      [ANNOTATION_INVALID]: 'spec.evaluation.gates.0.min: Expected a number',
    };
    const standIn = { type: 'invalid', lifecycle: 'invalid', risk: 'high' };
    const registry = await start({
      entity: { ...wrong, spec: { ...standIn, owner: diagnostics } },
    });
    const path = await registry.aVersion(1);
    const request = { ...path, to: 'production' } as const;
    const preview = await registry.promotions.preview(request, as('ann'));
    expect(preview).toMatchObject({
      allowed: false,
      reasons: [
        'model entity: The Model entity cannot be used: spec.evaluation.gates.0.min: Expected a number',
      ],
    });
    const promotion = await registry.promotions.request(request, as('ann'));
    expect(promotion).toMatchObject({
      state: 'blocked',
      message: expect.stringMatching(/gates\.0\.min: Expected a number/),
    });
  });

  it('goes on with the last spec that was right when the file became wrong later', async () => {
    const entity = aModelEntity();
    entity.metadata.annotations = { [ANNOTATION_INVALID]: 'spec.risk: wrong' };
    const registry = await start({ entity });
    await registry.aVersion(1);
    expect(await registry.promote(1)).toMatchObject({ state: 'approved' });
  });

  it('refuses an approval that comes after the promotion was taken back', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    const { id: promotion } = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    await registry.promotions.withdraw(promotion, as('ann'));
    // The approver read the promotion a moment before: only the store can still notice.
    const store = new PromotionStore(registry.knex);
    const outcome = await store.transaction(tx =>
      store.approve(tx, promotion, {
        by: 'user:default/ben',
        at: '2026-03-01T10:00:00.000Z',
      }),
    );
    expect(outcome).toBe('not-waiting');
    const { state, approvals } = await registry.promotions.get(
      promotion,
      as('ann'),
    );
    expect({ state, approvals }).toEqual({ state: 'withdrawn', approvals: [] });
  });

  it('writes into the ledger that approvals lapsed, once', async () => {
    const registry = await start();
    const one = await registry.aVersion(1);
    const two = await registry.aVersion(2);
    const ask = (path: typeof one) =>
      registry.promotions.request({ ...path, to: 'production' }, as('ann'));
    const first = await ask(one);
    const second = await ask(two);
    // One is applied. The other is told that its approval lapsed, or that it came too late to be one.
    const outcomes = await Promise.allSettled([
      registry.promotions.approve({ id: first.id }, as('ben')),
      registry.promotions.approve({ id: second.id }, as('eve')),
    ]);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    const { items } = await registry.rollbacks.history(one, as('cleo'));
    expect(
      items.filter(({ action }) => action === 'promotion-lapsed'),
    ).toHaveLength(1);
  });

  it('compares with the version in production', async () => {
    const registry = await start();
    await registry.aVersion(1, { auc: 0.98 });
    await registry.promote(1);
    const path = await registry.aVersion(2, { auc: 0.965 });
    const preview = await registry.promotions.preview(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect(preview.champion).toMatchObject({
      version: 1,
      metrics: { auc: 0.98 },
    });
    expect(preview.reasons).toEqual([
      'auc against the champion: auc is 0.965, wanted at least 0.97 (version 1 has 0.98 on holdout (d1))',
    ]);
  });

  it('waits while a gate is pending and goes on when it passes', async () => {
    const registry = await start();
    const path = await registry.aVersion(1, {}, { running: true });
    const asked = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect(asked.state).toBe('checking');
    await registry.knex('latest_metrics').insert({
      run_id: 'tumours-run-1',
      key: 'auc',
      value: 0.99,
      timestamp: 1,
      step: 0,
      is_nan: false,
    });
    await registry.steps.run(asked.id);
    await expect(
      registry.promotions.get(asked.id, as('ann')),
    ).resolves.toMatchObject({ state: 'waiting-for-approval' });
  });

  it('never passes because an installed gate is broken', async () => {
    const registry = await start({
      gates: [
        {
          name: 'card',
          evaluate: async () => {
            throw new Error('unreachable');
          },
        },
      ],
    });
    const path = await registry.aVersion(1);
    const asked = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect(asked).toMatchObject({
      state: 'checking',
      message: 'Waiting for card',
    });
  });

  it('goes on where a process died: after the request, and after the last approval', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    const asked = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    await registry.knex('promotions').update({ state: 'requested' });
    await registry.steps.run(asked.id);
    // The approval is written, and the process dies before it is applied.
    await registry.knex('promotion_approvals').insert({
      promotion_id: asked.id,
      approved_by: 'user:default/ben',
      approved_at: '2026-03-01T10:00:00Z',
    });
    await Promise.all([
      registry.steps.run(asked.id),
      registry.steps.run(asked.id),
    ]);
    expect(await registry.stageOf(1)).toBe('production');
    const { items } = await registry.rollbacks.history(path, as('ann'));
    expect(items.filter(({ action }) => action === 'promoted')).toHaveLength(1);
  });

  it('refuses a second open promotion of the same version', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    const ask = { ...path, to: 'production' as const };
    await registry.promotions.request(ask, as('ann'));
    await expect(
      registry.promotions.request(ask, as('ben')),
    ).rejects.toMatchObject({ code: 'ml-registry.promotion-pending' });
  });

  it('rejects and withdraws, once', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    const ask = { ...path, to: 'production' as const };
    const first = await registry.promotions.request(ask, as('ann'));
    await expect(
      registry.promotions.reject({ id: first.id, comment: 'no' }, as('ben')),
    ).resolves.toMatchObject({ state: 'rejected', message: 'no' });
    await expect(
      registry.promotions.approve({ id: first.id }, as('ben')),
    ).rejects.toMatchObject({ code: 'ml-registry.promotion-state' });
    const second = await registry.promotions.request(ask, as('ann'));
    await expect(
      registry.promotions.withdraw(second.id, as('ann')),
    ).resolves.toMatchObject({ state: 'withdrawn' });
  });

  it('refuses a model that nobody owns', async () => {
    const registry = await start({ entity: false });
    const path = await registry.aVersion(1);
    await expect(
      registry.promotions.request({ ...path, to: 'production' }, as('ann')),
    ).rejects.toMatchObject({ code: 'ml-registry.model-unowned' });
  });

  it('brings the last production version back at once, and again', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    await registry.aVersion(2);
    await expect(
      registry.rollbacks.rollback({ ...path, reason: 'x' }, as('ann')),
    ).rejects.toMatchObject({ code: 'ml-registry.nothing-to-roll-back-to' });
    await registry.promote(1);
    await registry.promote(2);
    await registry.rollbacks.rollback({ ...path, reason: 'wrong' }, as('ann'));
    expect(await registry.aliases()).toEqual({ champion: 1 });
    expect(await registry.stageOf(2)).toBe('archived');
    await registry.rollbacks.rollback({ ...path, reason: 'again' }, as('ann'));
    expect(await registry.aliases()).toEqual({ champion: 2 });
  });

  it('brings a new version that passes its gates into staging, and announces it once', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.aVersion(2, { auc: 0.1 });
    await registry.checks.open();
    await expect(registry.checks.look('tumours@1')).resolves.toMatchObject({
      next_reconcile_at: null,
    });
    await expect(registry.checks.look('tumours@2')).resolves.toMatchObject({
      announced: true,
      next_reconcile_at: expect.any(String),
    });
    expect(await registry.stageOf(1)).toBe('staging');
    expect(await registry.stageOf(2)).toBe('none');
    expect(registry.events.publish).toHaveBeenCalledWith({
      topic: 'ml-registry.version-created',
      eventPayload: {
        modelRef: 'model:default/tumours',
        versionRef: 'default/tumours@1',
      },
    });
  });

  it('shows clients of MLflow neither a stage nor a time that nobody asked for', async () => {
    const registry = await start();
    await registry.aVersion(1);
    const before = await seenByClients(registry);
    await registry.checks.open();
    await registry.checks.look('tumours@1');
    expect(await registry.stageOf(1)).toBe('staging');
    expect(await seenByClients(registry)).toEqual(before);
    expect(before.version.mlflow_stage).toBe('none');
    await registry.promote(1);
    expect((await seenByClients(registry)).version).toMatchObject({
      mlflow_stage: 'production',
    });
    expect((await seenByClients(registry)).model).not.toEqual(before.model);
  });

  it('keeps a version without a single file from every stage', async () => {
    const registry = await start({
      entity: aModelEntity({ evaluation: { gates: [] } }),
    });
    await registry.aVersion(1, { auc: 0.99 }, { signature: false });
    await registry.checks.open();
    await registry.checks.look('tumours@1');
    expect(await registry.stageOf(1)).toBe('none');
    const preview = await registry.promotions.preview(
      { namespace: 'default', name: 'tumours', version: 1, to: 'production' },
      as('ann'),
    );
    expect(preview.reasons).toContainEqual(expect.stringMatching(/^files: /));
  });

  it('takes files outside this server for unverified, which an approver may let pass', async () => {
    const registry = await start({
      entity: aModelEntity({ evaluation: { gates: [] } }),
    });
    const path = await registry.aVersion(1);
    await registry
      .knex('model_versions')
      .update({ storage_location: 's3://bucket/model' });
    await registry.checks.open();
    await registry.checks.look('tumours@1');
    expect(await registry.stageOf(1)).toBe('none');
    const { gates } = await registry.promotions.preview(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect(gates).toContainEqual(
      expect.objectContaining({
        gate: 'files',
        status: 'failed',
        saw: 's3://bucket/model',
        waivable: true,
      }),
    );
  });

  it('reads no file outside this server, also where it could (M4)', async () => {
    const registry = await start({
      entity: aModelEntity({ evaluation: { gates: [] } }),
    });
    const path = await registry.aVersion(1);
    const here = directory.resolve('model');
    directory.setContent({ 'model/MLmodel': modelFile });
    await registry
      .knex('model_versions')
      .update({ storage_location: `file://${here}` });
    const { gates } = await registry.promotions.preview(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect(gates).toContainEqual(
      expect.objectContaining({
        gate: 'files',
        status: 'failed',
        saw: `file://${here}`,
        waivable: true,
      }),
    );
    const asked = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect(asked.evidence).not.toHaveProperty('signature');
    expect(asked.evidence.files?.items).toEqual([]);
  });

  it('moves the challenger alias with the candidate, and puts the one before back into staging', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.aVersion(2);
    await registry.promote(1, 'candidate');
    expect(await registry.aliases()).toEqual({ challenger: 1 });
    await registry.promote(2, 'candidate');
    expect(await registry.aliases()).toEqual({ challenger: 2 });
    expect(await registry.stageOf(1)).toBe('staging');
    await registry.promote(2);
    expect(await registry.aliases()).toEqual({ champion: 2 });
  });

  it('follows a policy that lets only some people approve models of high risk', async () => {
    for (const [risk, allowed] of [
      ['minimal', true],
      ['high', false],
    ] as const) {
      const registry = await aRegistry(await databases.init(id), {
        entity: aModelEntity({ risk }),
        permissions: mockServices.permissions.mock({
          authorize: async () => [{ result: AuthorizeResult.ALLOW }] as never,
          authorizeConditional: async ([{ permission }]) =>
            [
              permission.name === 'ml.registry.approve'
                ? createMlModelConditionalDecision(permission as never, {
                    not: mlModelConditions.hasRisk({ risks: ['high'] }),
                  })
                : { result: AuthorizeResult.ALLOW },
            ] as never,
        }),
      });
      await registry.aVersion(1);
      const promotion = await registry.promotions.request(
        { namespace: 'default', name: 'tumours', version: 1, to: 'production' },
        as('ann'),
      );
      const refused = await registry.promotions
        .approve({ id: promotion.id }, as('ben'))
        .then(
          () => undefined,
          error => error.message as string,
        );
      expect({
        risk,
        allowed: !/for other models only/.test(`${refused}`),
      }).toEqual({ risk, allowed });
    }
  });

  it('opens a promotion for an MLflow client that asks for production, and names it again the next time', async () => {
    const registry = await start();
    await registry.aVersion(1);
    const policy = registry.stagePolicy;
    const ask = {
      caller: caller('ann'),
      modelName: 'tumours',
      version: 1,
      from: 'none' as const,
      via: 'stage' as const,
      archiveExisting: false,
    };
    const first = await policy.transition({ ...ask, to: 'production' });
    expect(first).toMatchObject({
      outcome: 'refused',
      promotionId: 'promotion-1',
      message: expect.stringContaining('promotion-1 is waiting-for-approval'),
    });
    expect(await policy.transition({ ...ask, to: 'production' })).toEqual(
      first,
    );
    await expect(policy.transition({ ...ask, to: 'staging' })).resolves.toEqual(
      { outcome: 'applied' },
    );
    expect(await registry.stageOf(1)).toBe('staging');
  });

  it('does not let a job retire what is in production, and lets a person', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.promote(1);
    const ask = {
      modelName: 'tumours',
      version: 1,
      from: 'production' as const,
      to: 'archived' as const,
      via: 'stage' as const,
      archiveExisting: false,
    };
    await expect(
      registry.stagePolicy.transition({
        ...ask,
        caller: jobCaller({ job: '7' }),
      }),
    ).resolves.toMatchObject({ outcome: 'refused' });
    await expect(
      registry.stagePolicy.transition({ ...ask, caller: caller('ann') }),
    ).resolves.toEqual({ outcome: 'applied' });
    expect(await registry.aliases()).toEqual({});
  });
});
