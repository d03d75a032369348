import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { callerOf, formatTokenSubject, type Caller } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type {
  DataAccess,
  DataAnswer,
} from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { caller, jobCaller } from '../__testUtils__/people';
import { aRegistry } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

const scans = 'dataset:default/scans';
const refused = { name: 'NotAllowedError', code: 'ml-data.access-needed' };

const token: Caller = callerOf(
  mockCredentials.service(
    formatTokenSubject({
      actor: 'user:default/ann',
      tokenId: 'k3v9',
      tokenName: 'nightly',
      scopes: ['read'],
      groups: ['user:default/ann', 'group:default/diagnostics'],
    }),
  ),
);
const othersJob = jobCaller({ job: 'j2' }, 'user:default/cleo');
const gateway = callerOf(mockCredentials.service('plugin:ml-serving'));

/** Scans are restricted: ann reads, cleo with a grant, no token does; all else is open. */
function judge() {
  const state = { granted: false };
  const asked: string[][] = [];
  const access: DataAccess = {
    async ask(refs, { credentials }) {
      asked.push(refs);
      const { actor, kind } = callerOf(credentials);
      return refs.map((ref): DataAnswer => {
        if (ref !== scans) return { ref, mayRead: true, because: 'open' };
        if (actor === 'user:default/ann' && kind !== 'token') {
          return { ref, mayRead: true, because: 'owner' };
        }
        if (actor === 'user:default/cleo' && state.granted) {
          return { ref, mayRead: true, because: 'grant', grant: 'g1' };
        }
        return {
          ref,
          mayRead: false,
          message: `${ref} is restricted. Ask group:default/diagnostics for a grant`,
        };
      });
    },
  };
  return { state, asked, access };
}

async function insertRun(
  knex: Knex,
  run: { id: string; owner?: string; given?: string; declares?: string },
) {
  await knex('runs').insert({
    run_id: run.id,
    experiment_id: 0,
    name: run.id,
    status: 'FINISHED',
    start_time: 1,
    artifact_uri: `mlflow-artifacts:/0/${run.id}/artifacts`,
    owner: run.owner ?? 'group:default/diagnostics',
  });
  if (run.given) {
    await knex('run_tags').insert({
      run_id: run.id,
      key: 'downstage.dataset',
      value: run.given,
    });
  }
  if (run.declares) {
    await knex('datasets')
      .insert({
        dataset_id: 'd-scans',
        experiment_id: 0,
        name: 'scans',
        digest: 'a1',
        source_type: 'local',
        source: '{"path":"/clinic/scans.csv"}',
        schema: '{"columns":["patient"]}',
        profile: '{"patient":["Smith"]}',
      })
      .onConflict()
      .ignore();
    await knex('run_datasets').insert({
      run_id: run.id,
      dataset_id: 'd-scans',
      tags: JSON.stringify({ 'downstage.ref': run.declares }),
    });
  }
}

describe.each(databases.eachSupportedId())('content of runs, %p', id => {
  async function start(options: { decides?: boolean } = {}) {
    const knex = await databases.init(id);
    const { state, asked, access } = judge();
    const events: { meta: object; outcome: string }[] = [];
    const auditor = mockServices.auditor.mock({
      createEvent: async ({ eventId, meta = {} }) => {
        const write = (outcome: string) => async () => {
          if (eventId === 'guarded-content-read') {
            events.push({ meta, outcome });
          }
        };
        return { success: write('given'), fail: write('refused') };
      },
    });
    const registry = await aRegistry(knex, {
      auditor,
      dataAccess: () => (options.decides === false ? undefined : access),
    });
    await insertRun(knex, { id: 'r1', given: 'default/scans@1' });
    await insertRun(knex, { id: 'r2', declares: 'default/scans@2' });
    await insertRun(knex, { id: 'open', given: 'default/weather@1' });
    for (const run of ['r1', 'r2', 'open']) {
      await registry.upload(`0/${run}/artifacts/plots/roc.png`, run);
    }
    await registry.upload('0/models/m-1/artifacts/input_example.json', '[1]');
    await knex('logged_models').insert({
      model_id: 'm-1',
      experiment_id: 0,
      name: 'forest',
      artifact_location: 'mlflow-artifacts:/0/models/m-1/artifacts',
      creation_time: 1,
      last_updated_time: 1,
      status: 'LOGGED_MODEL_READY',
      source_run_id: 'r1',
    });
    const version = await registry.aVersion(1);
    await knex('model_versions').where({ version: 1 }).update({
      run_id: 'r2',
      storage_location: 'mlflow-artifacts:/0/models/m-1/artifacts',
    });

    await knex('traces').insert({
      trace_id: 'tr-1',
      experiment_id: 0,
      request_time: 1,
      execution_ms: 5,
      state: 'OK',
      request_preview: 'Smith, age 71',
      response_preview: 'malignant',
      finalized: true,
    });
    await knex('trace_metadata').insert([
      { trace_id: 'tr-1', key: 'mlflow.sourceRun', value: 'r1' },
      { trace_id: 'tr-1', key: 'mlflow.traceInputs', value: 'Smith, age 71' },
    ]);
    await knex('spans').insert({
      trace_id: 'tr-1',
      span_id: 's1',
      started_us: 1,
      content: '{"name":"predict"}',
      name: 'predict',
      status: 'OK',
    });

    const { tracking, runs, models } = registry;
    /** One read of each kind of thing that came out of the scans. */
    const reads: Record<string, (who: Caller) => Promise<unknown>> = {
      'a file of a run on the page': who =>
        runs.findArtifact(
          { runId: 'r1', path: 'plots/roc.png' },
          { caller: who },
        ),
      'a file of a run that declares the data': who =>
        runs.findArtifact(
          { runId: 'r2', path: 'plots/roc.png' },
          { caller: who },
        ),
      'a file of a version': who =>
        models.findArtifact(
          { ...version, path: 'input_example.json' },
          { caller: who },
        ),
      'a download by MLflow': who =>
        tracking.artifacts.download('0/r1/artifacts/plots/roc.png', {
          caller: who,
        }),
      'a file of a logged model by MLflow': who =>
        tracking.artifacts.download(
          '0/models/m-1/artifacts/input_example.json',
          { caller: who },
        ),
      'the spans of a trace': async who => {
        const request = { traceId: 'tr-1', allowPartial: true };
        const { spans } = await tracking.traces.get(request, { caller: who });
        expect(spans).toHaveLength(1);
        return spans;
      },
      'a signed address': who =>
        tracking.uploads.signDownload('0/r1/artifacts/plots/roc.png', {
          caller: who,
        }),
    };
    return { ...registry, state, asked, events, reads };
  }

  type Reads = Awaited<ReturnType<typeof start>>['reads'];
  /** How each kind of read ends for somebody. */
  const outcomes = async (reads: Reads, who: Caller) => {
    const ended: Record<string, string> = {};
    for (const [kind, read] of Object.entries(reads)) {
      ended[kind] = await read(who).then(
        () => 'given',
        error => `${error.name} ${error.code}: ${error.message}`,
      );
    }
    return ended;
  };
  const all = (reads: Reads, outcome: unknown) =>
    Object.fromEntries(Object.keys(reads).map(kind => [kind, outcome]));
  const isRefused = expect.stringMatching(
    /^NotAllowedError ml-data\.access-needed: .*Ask group:default\/diagnostics for a grant/,
  );

  it('gives everything that came out of it to readers of the data, and to plugins', async () => {
    const { reads } = await start();
    for (const who of [caller('ann'), jobCaller({ job: 'j1' }), gateway]) {
      expect(await outcomes(reads, who)).toEqual(all(reads, 'given'));
    }
  });

  it('refuses all of it to another team, its job, and a token', async () => {
    const { reads } = await start();
    for (const who of [caller('cleo'), othersJob, token]) {
      expect(await outcomes(reads, who)).toEqual(all(reads, isRefused));
    }
  });

  it('gives all of it while a grant holds and no longer', async () => {
    const { reads, state, passes } = await start();
    state.granted = true;
    expect(await outcomes(reads, caller('cleo'))).toEqual(all(reads, 'given'));
    state.granted = false;
    passes(5_000);
    expect(await outcomes(reads, caller('cleo'))).toEqual(
      all(reads, isRefused),
    );
  });

  it('shows names, params and metrics of the run to everybody, and what comes of open data', async () => {
    const { runs, models } = await start();
    const cleo = { caller: caller('cleo') };
    expect(await runs.get('r1', cleo)).toMatchObject({
      datasets: [{ ref: 'default/scans@1' }],
    });
    expect((await runs.listArtifacts({ runId: 'r1' }, cleo)).items).toEqual([
      { path: 'plots', isDir: true },
    ]);
    expect(
      await models.getVersion(
        { namespace: 'default', name: 'tumours', version: 1 },
        cleo,
      ),
    ).toMatchObject({ version: 1 });
    const file = await runs.findArtifact(
      { runId: 'open', path: 'plots/roc.png' },
      cleo,
    );
    expect(await text((await file.open()) as Readable)).toBe('open');
  });

  it('asks once for many reads of a few seconds, and once for each caller', async () => {
    const { reads, asked, passes } = await start();
    const first = 'a file of a run on the page';
    await reads[first](caller('ann'));
    await reads[first](caller('ann'));
    expect(asked).toEqual([[scans]]);
    await reads[first](caller('cleo')).catch(() => {});
    expect(asked).toHaveLength(2);
    passes(5_000);
    await reads[first](caller('ann'));
    expect(asked).toHaveLength(3);
  });

  it('writes down who read what of guarded data and why, refusals too, and nothing of open data', async () => {
    const { reads, runs, events } = await start();
    await reads['a file of a version'](caller('ann'));
    await reads['a file of a version'](caller('cleo')).catch(() => {});
    await runs.findArtifact(
      { runId: 'open', path: 'plots/roc.png' },
      { caller: caller('cleo') },
    );
    const context = {
      what: 'The file 0/models/m-1/artifacts/input_example.json',
      runs: ['r1', 'r2'],
      version: 'default/tumours@1',
      datasets: [scans],
    };
    expect(events).toEqual([
      {
        outcome: 'given',
        meta: {
          ...context,
          actor: 'user:default/ann',
          because: [{ right: 'owner', grant: null }],
        },
      },
      { outcome: 'refused', meta: { ...context, actor: 'user:default/cleo' } },
    ]);
  });

  it('is for the owner of the run where nobody decides about data', async () => {
    const { reads } = await start({ decides: false });
    expect(await outcomes(reads, caller('ben'))).toEqual(all(reads, 'given'));
    expect(await outcomes(reads, gateway)).toEqual(all(reads, 'given'));
    expect(await outcomes(reads, caller('cleo'))).toEqual(
      all(reads, expect.stringContaining('for the owner of run')),
    );
  });

  const profileSeen = async (
    tracking: Awaited<ReturnType<typeof start>>['tracking'],
    who: Caller,
    runId = 'r2',
  ) => {
    const one = await tracking.runs.getText(runId, { caller: who });
    const page = await tracking.runs.searchText(
      {
        experimentIds: ['0'],
        filter: `run_id = '${runId}'`,
        orderBy: [],
        lifecycleStages: ['active'],
        limit: 10,
      },
      { caller: who },
    );
    const { value } = await page.next();
    expect(value).toMatchObject([{ datasets: one.datasets }]);
    return one.datasets;
  };

  it('leaves schema, profile and source of inputs out for others, and says why', async () => {
    const { tracking, state, passes } = await start();
    const full = {
      name: 'scans',
      digest: 'a1',
      source: '{"path":"/clinic/scans.csv"}',
      schema: '{"columns":["patient"]}',
      profile: '{"patient":["Smith"]}',
    };
    expect(await profileSeen(tracking, caller('ann'))).toMatchObject([full]);
    for (const who of [caller('cleo'), othersJob, token]) {
      expect(await profileSeen(tracking, who)).toEqual([
        {
          name: 'scans',
          digest: 'a1',
          sourceType: 'local',
          source: '{}',
          tags: {
            'downstage.ref': 'default/scans@2',
            'downstage.withheld': expect.stringContaining(
              'Ask group:default/diagnostics for a grant',
            ),
          },
        },
      ]);
    }
    state.granted = true;
    passes(5_000);
    expect(await profileSeen(tracking, caller('cleo'))).toMatchObject([full]);
  });

  it('shows no profile to a run of another team that names the same input', async () => {
    const { tracking, knex } = await start();
    await insertRun(knex, { id: 'r3', owner: 'group:default/credit' });
    await tracking.log.logInputs(
      {
        runId: 'r3',
        datasets: [
          {
            name: 'scans',
            digest: 'a1',
            sourceType: 'local',
            source: '{}',
            tags: {},
          },
        ],
        models: [],
      },
      { caller: caller('cleo') },
    );
    const [dataset] = await profileSeen(tracking, caller('cleo'), 'r3');
    expect(dataset).not.toHaveProperty('profile');
    expect(JSON.stringify(dataset)).not.toContain('Smith');
    // The files of the run are not closed by what another run says of its input.
    await expect(
      tracking.content.require(
        { what: 'A file', runIds: ['r3'] },
        { caller: caller('cleo') },
      ),
    ).resolves.toBeUndefined();
  });

  it('shows no profile that only a parent guards to a run that names the same input', async () => {
    const { tracking, knex } = await start();
    const fold = (runId: string, who: string, profile: string) =>
      tracking.log.logInputs(
        {
          runId,
          datasets: [
            {
              name: 'fold',
              digest: 'f1',
              sourceType: 'local',
              source: '{}',
              profile,
              tags: {},
            },
          ],
          models: [],
        },
        { caller: caller(who) },
      );
    await insertRun(knex, { id: 'child' });
    await insertRun(knex, { id: 'mine', owner: 'group:default/credit' });
    await fold('child', 'ann', '{"patient":["Smith"]}');
    await fold('mine', 'cleo', '{}');
    const seen = async (who: string) =>
      (await profileSeen(tracking, caller(who), 'mine'))[0].profile;
    expect(await seen('cleo')).toBe('{"patient":["Smith"]}');
    await knex('run_tags').insert({
      run_id: 'child',
      key: 'mlflow.parentRunId',
      value: 'r2',
    });
    expect(await seen('cleo')).toBeUndefined();
    expect(await seen('ann')).toBe('{"patient":["Smith"]}');
    await tracking.log.deleteTag(
      { runId: 'child', key: 'mlflow.parentRunId' },
      {
        caller: caller('ann'),
      },
    );
    expect(await seen('cleo')).toBeUndefined();
  });

  it('lets a run declare only data that may be read, and does not tell whether other data exists', async () => {
    const { tracking, knex } = await start();
    await insertRun(knex, { id: 'r3', owner: 'group:default/credit' });
    const declare = (who: Caller, ref: string, runId: string) =>
      tracking.log.logInputs(
        {
          runId,
          datasets: [
            {
              name: 'rows',
              digest: 'b2',
              sourceType: 'local',
              source: '{}',
              tags: { 'downstage.ref': ref },
            },
          ],
          models: [],
        },
        { caller: who },
      );
    await expect(
      declare(caller('cleo'), 'default/scans@1', 'r3'),
    ).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(
        'The run cannot declare dataset:default/scans as its input',
      ),
    });
    expect(await knex('run_datasets').where({ run_id: 'r3' })).toEqual([]);
    await expect(
      declare(caller('cleo'), 'dataset:default/scans@1', 'r3'),
    ).rejects.toMatchObject(refused);
    await expect(
      declare(caller('ann'), 'default/scans@latest', 'r1'),
    ).rejects.toThrow(
      "The input tag downstage.ref is 'default/scans@latest', which is no version of a data set; allowed is namespace/name@version",
    );
    await declare(caller('cleo'), 'dataset:default/weather@1', 'r3');
    expect(await knex('run_datasets').where({ run_id: 'r3' })).toMatchObject([
      { tags: '{"downstage.ref":"default/weather@1"}' },
    ]);
    await declare(caller('ann'), 'default/scans@1', 'r1');
    // A job was given the data when its submitter could read it.
    await knex('runs')
      .where({ run_id: 'open' })
      .update({ created_by: 'job:j3' });
    await expect(
      declare(
        jobCaller(
          { job: 'j3', datasets: ['default/scans@1'] },
          'user:default/cleo',
        ),
        'default/scans@1',
        'open',
      ),
    ).resolves.toBeUndefined();
  });

  it('lists traces without what was asked and answered, and finds none by that', async () => {
    const { tracking } = await start();
    const search = async (who: Caller, filter?: string) =>
      (
        await tracking.traces.search(
          {
            experimentIds: ['0'],
            filter,
            orderBy: [],
            limit: 10,
          },
          { caller: who },
        )
      ).traces;
    const many = (who: Caller) =>
      tracking.traces.getMany({ traceIds: ['tr-1'] }, { caller: who });
    const [ann, cleo] = [caller('ann'), caller('cleo')];
    expect(await search(ann)).toMatchObject([
      { traceId: 'tr-1', requestPreview: 'Smith, age 71' },
    ]);
    expect(await many(ann)).toMatchObject([{ spans: [expect.any(String)] }]);

    const withheld = {
      traceId: 'tr-1',
      state: 'OK',
      metadata: { 'mlflow.sourceRun': 'r1' },
      tags: {
        'downstage.withheld': expect.stringContaining('for a grant'),
      },
    };
    const seen = [
      ...(await search(cleo)),
      await tracking.traces.getInfo('tr-1', { caller: cleo }),
      ...(await tracking.traces.getInfos(
        { traceIds: ['tr-1'] },
        { caller: cleo },
      )),
    ];
    expect(seen).toMatchObject([withheld, withheld, withheld]);
    expect(JSON.stringify(seen)).not.toContain('Smith');
    expect(await many(cleo)).toMatchObject([{ trace: withheld, spans: [] }]);

    const inside = "metadata.`mlflow.traceInputs` = 'Smith, age 71'";
    expect(await search(ann, inside)).toHaveLength(1);
    expect(await search(cleo, inside)).toEqual([]);
    expect(await search(cleo, "state = 'OK'")).toHaveLength(1);
  });

  it('searches by what traces hold only among those that may be read: no order, page or cursor tells of others', async () => {
    const { tracking, knex } = await start();
    await knex('trace_tags').insert({
      trace_id: 'tr-1',
      key: 'patient',
      value: 'Smith',
    });
    const trace = (traceId: string, at: number) => ({
      trace_id: traceId,
      experiment_id: 0,
      request_time: at,
      state: 'OK',
      finalized: true,
    });
    await knex('traces').insert([
      trace('tr-open', 2),
      trace('tr-linked', 3),
      trace('tr-last', 4),
    ]);
    await knex('trace_runs').insert({ trace_id: 'tr-linked', run_id: 'r2' });
    await knex('trace_metadata').insert([
      { trace_id: 'tr-open', key: 'mlflow.sourceRun', value: 'open' },
      { trace_id: 'tr-linked', key: 'topic', value: 'Smith' },
      { trace_id: 'tr-open', key: 'topic', value: 'rain' },
      { trace_id: 'tr-last', key: 'topic', value: 'snow' },
    ]);
    await knex('trace_tags').insert([
      { trace_id: 'tr-open', key: 'patient', value: 'Adams' },
      { trace_id: 'tr-linked', key: 'patient', value: 'Brown' },
      { trace_id: 'tr-last', key: 'patient', value: 'Young' },
    ]);
    /** Each page with what its cursor says. */
    const pages = async (
      who: Caller,
      request: { filter?: string; orderBy?: string[] },
    ) => {
      const found: [string[], string?][] = [];
      let pageToken: string | undefined;
      do {
        const page = await tracking.traces.search(
          {
            experimentIds: ['0'],
            filter: request.filter,
            orderBy: request.orderBy ?? [],
            limit: 1,
            pageToken,
          },
          { caller: who },
        );
        pageToken = page.nextPageToken;
        const shown = page.traces.map(({ traceId }) => traceId);
        found.push(
          pageToken
            ? [shown, Buffer.from(pageToken, 'base64url').toString()]
            : [shown],
        );
      } while (pageToken);
      return found;
    };
    const [ann, cleo] = [caller('ann'), caller('cleo')];
    const orderBy = ['tag.patient'];
    const ids = (found: [string[], string?][]) => found.flatMap(([of]) => of);
    expect(ids(await pages(ann, { orderBy }))).toEqual([
      'tr-open',
      'tr-linked',
      'tr-1',
      'tr-last',
    ]);
    const read = await pages(cleo, { orderBy });
    expect(read).toEqual([
      [['tr-open'], expect.stringContaining('Adams')],
      [['tr-last']],
    ]);

    const isNamed = { filter: "tag.patient LIKE '%'" };
    expect(ids(await pages(ann, isNamed))).toHaveLength(4);
    expect(ids(await pages(cleo, isNamed))).toEqual(['tr-last', 'tr-open']);
    for (const filter of [
      "tag.patient = 'Smith'",
      "metadata.topic = 'Smith'",
      "span.name = 'predict'",
      "metadata.`mlflow.traceInputs` ILIKE '%smith%'",
    ]) {
      expect(ids(await pages(ann, { filter }))).toHaveLength(1);
      // One page, no more: as where nothing matches.
      expect(await pages(cleo, { filter })).toEqual([[[]]]);
    }
    // Filters by open facts of a trace search all of them.
    const byTime = await pages(cleo, { orderBy: ['timestamp'] });
    expect(ids(byTime)).toEqual(['tr-1', 'tr-open', 'tr-linked', 'tr-last']);
    expect(JSON.stringify(byTime)).not.toMatch(/Smith|Brown/);
  });

  it('lists records of evaluation data sets without what came from traces that may not be read', async () => {
    const { tracking, knex, events } = await start();
    const [ann, cleo] = [caller('ann'), caller('cleo')];
    const { evaluationDatasets } = tracking;
    const { datasetId } = await evaluationDatasets.create(
      { name: 'questions', experimentIds: [], tags: {} },
      { caller: ann },
    );
    const from = (traceId: string) => ({
      source_type: 'TRACE',
      source_data: { trace_id: traceId, request: 'Smith' },
    });
    const put = (...records: object[]) =>
      evaluationDatasets.putRecords(
        { datasetId, text: JSON.stringify(records) },
        {
          caller: ann,
        },
      );
    await put(
      {
        inputs: { patient: 'Smith' },
        outputs: 'malignant',
        expectations: { answer: 'Smith is ill' },
        tags: { of: 'Smith' },
        source: from('tr-1'),
      },
      { inputs: { question: 'rain?' }, source: { source_type: 'HUMAN' } },
      { inputs: { question: 'snow?' }, source: from('tr-unknown') },
      { inputs: { question: 'ice?' } },
    );
    // What is added to a record guards it, too.
    await put({
      inputs: { question: 'ice?' },
      expectations: { answer: 'Smith slipped' },
      source: from('tr-1'),
    });
    const records = async (who: Caller) =>
      (
        await evaluationDatasets.records(
          { datasetId, limit: 10 },
          { caller: who },
        )
      ).records.map(({ inputs, outputs, expectations, tags, source }) => ({
        inputs,
        outputs,
        expectations,
        tags,
        source,
      }));
    events.length = 0;
    const whole = await records(ann);
    expect(whole).toMatchObject([
      { inputs: '{"patient":"Smith"}', outputs: '"malignant"' },
      { inputs: '{"question":"rain?"}' },
      { inputs: '{"question":"snow?"}' },
      { expectations: '{"answer":"Smith slipped"}' },
    ]);
    expect(events).toMatchObject([
      {
        outcome: 'given',
        meta: { what: 'Records of evaluation data sets', runs: ['r1'] },
      },
    ]);
    expect(await records(gateway)).toEqual(whole);

    const withheld = {
      inputs: '{}',
      outputs: undefined,
      expectations: undefined,
      source: undefined,
      tags: expect.stringMatching(
        /^\{"downstage\.withheld":"dataset:default\/scans is restricted\. Ask/,
      ),
    };
    const left = [withheld, whole[1], whole[2], withheld];
    expect(await records(cleo)).toEqual(left);
    // A trace that is deleted takes no guard away, and one that comes to guarded data later brings one.
    await knex('traces').where('trace_id', 'tr-1').delete();
    await knex('traces').insert({
      trace_id: 'tr-unknown',
      experiment_id: 0,
      request_time: 2,
      state: 'OK',
      finalized: true,
    });
    await knex('trace_runs').insert({ trace_id: 'tr-unknown', run_id: 'r2' });
    expect(await records(cleo)).toEqual([
      withheld,
      whole[1],
      withheld,
      withheld,
    ]);
  });

  it('guards records of evaluation data sets from before by the traces that are still there', async () => {
    const { tracking, knex } = await start();
    const by = { caller: caller('ann') };
    const { evaluationDatasets } = tracking;
    const { datasetId } = await evaluationDatasets.create(
      { name: 'questions', experimentIds: [], tags: {} },
      by,
    );
    const source = { source_data: { trace_id: 'tr-1' } };
    await evaluationDatasets.putRecords(
      {
        datasetId,
        text: JSON.stringify([
          { inputs: { a: 1 }, source },
          { inputs: { a: 2 }, source: { source_data: 'trace_id' } },
          { inputs: { a: 3 } },
        ]),
      },
      by,
    );
    const migration = {
      name: '20261129235500_evaluation_sources.js',
      directory: resolvePackagePath(
        '@downstage/plugin-ml-registry-backend',
        'migrations',
      ),
    };
    await knex.migrate.down(migration);
    await knex.migrate.up(migration);
    const rows = await knex('evaluation_dataset_records')
      .orderBy('sequence')
      .select('source_runs');
    expect(rows.map(({ source_runs }) => source_runs)).toEqual([
      '["r1"]',
      null,
      null,
    ]);
  });

  it('changes no assessment for who may not read the trace: the answer would show it', async () => {
    const { tracking, knex } = await start();
    await knex('traces').update({ owner: 'group:default/diagnostics' });
    const made = await tracking.assessments.create(
      {
        traceId: 'tr-1',
        kind: 'feedback',
        name: 'quality',
        value: '"Smith is ill"',
        serialized: false,
        source: { type: 'HUMAN' },
        metadata: {},
      },
      { caller: caller('ann') },
    );
    const key = { traceId: 'tr-1', assessmentId: made.assessmentId };
    const update = (name: string) =>
      tracking.assessments.update(key, { caller: caller(name) });
    await expect(update('ben')).rejects.toMatchObject(refused);
    await expect(update('ann')).resolves.toMatchObject({
      value: '"Smith is ill"',
    });
  });

  it('answers a trace that starts again without what was asked, and keeps its run', async () => {
    const { tracking, knex } = await start();
    await knex('traces').update({ owner: 'group:default/diagnostics' });
    const again = (metadata: Record<string, string>, who: Caller) =>
      tracking.traces.start(
        {
          traceId: 'tr-1',
          experimentId: '0',
          requestTime: 1,
          state: 'OK',
          tags: {},
          metadata,
        },
        { caller: who },
      );
    const ben = caller('ben');
    for (const source of ['open', '']) {
      await expect(
        again({ 'mlflow.sourceRun': source }, ben),
      ).rejects.toMatchObject({
        name: 'InputError',
        message: `The metadata 'mlflow.sourceRun' of trace tr-1 is 'r1' and cannot be changed to '${source}'`,
      });
    }
    const same: Record<string, string>[] = [{}, { 'mlflow.sourceRun': 'r1' }];
    for (const metadata of same) {
      const answer = await again(metadata, ben);
      expect(JSON.stringify(answer)).not.toContain('Smith');
      expect(answer).toMatchObject({
        metadata: { 'mlflow.sourceRun': 'r1' },
        tags: { 'downstage.withheld': expect.stringContaining('for a grant') },
      });
    }
    expect(await again({}, caller('ann'))).toMatchObject({
      requestPreview: 'Smith, age 71',
    });
  });

  it('takes a logged model as an output only from who may write it, so nobody locks its owner out', async () => {
    const { tracking, knex, upload } = await start();
    await knex('logged_models').insert({
      model_id: 'm-cleo',
      experiment_id: 0,
      name: 'cleos',
      artifact_location: 'mlflow-artifacts:/0/models/m-cleo/artifacts',
      creation_time: 1,
      last_updated_time: 1,
      status: 'LOGGED_MODEL_READY',
      source_run_id: '',
      owner: 'group:default/credit',
    });
    await upload('0/models/m-cleo/artifacts/MLmodel', 'flavors: {}');
    const outputs = [{ modelId: 'm-cleo', step: 0 }];
    await expect(
      tracking.log.logOutputs(
        { runId: 'r1', models: outputs },
        { caller: caller('ann') },
      ),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    expect(await knex('run_models')).toEqual([]);
    await expect(
      tracking.artifacts.download('0/models/m-cleo/artifacts/MLmodel', {
        caller: caller('cleo'),
      }),
    ).resolves.toBeDefined();
    await insertRun(knex, { id: 'own', owner: 'group:default/credit' });
    await tracking.log.logOutputs(
      { runId: 'own', models: outputs },
      { caller: caller('cleo') },
    );
    expect(await knex('run_models')).toMatchObject([
      { run_id: 'own', model_id: 'm-cleo', direction: 'output' },
    ]);
  });

  it('takes what a parent run declares for its children, and comes out of circles', async () => {
    const { runs, knex, upload } = await start();
    await insertRun(knex, { id: 'child' });
    await insertRun(knex, { id: 'grandchild' });
    const parent = (run_id: string, value: string) =>
      knex('run_tags').insert({ run_id, key: 'mlflow.parentRunId', value });
    await upload('0/grandchild/artifacts/roc.png', 'rows');
    const read = (name: string) =>
      runs.findArtifact(
        { runId: 'grandchild', path: 'roc.png' },
        { caller: caller(name) },
      );
    await parent('grandchild', 'child');
    await expect(read('cleo')).resolves.toBeDefined();
    await parent('child', 'r2');
    await parent('r2', 'grandchild');
    await expect(read('cleo')).rejects.toMatchObject(refused);
    await expect(read('ann')).resolves.toBeDefined();
  });

  it('keeps the guard of every parent that a run ever named', async () => {
    const { runs, knex, upload, tracking } = await start();
    for (const child of ['set', 'deleted', 'logged']) {
      await insertRun(knex, { id: child });
      await upload(`0/${child}/artifacts/roc.png`, 'rows');
    }
    const call = { caller: caller('ann') };
    const key = 'mlflow.parentRunId';
    const name = (child: string, value: string) =>
      tracking.log.log({ runId: child, tags: [{ key, value }] }, call);
    // As a run that was created with the tag has it.
    for (const run_id of ['set', 'deleted']) {
      await knex('run_tags').insert({ run_id, key, value: 'r1' });
    }
    await name('set', 'x');
    await name('set', 'y'.repeat(300));
    await tracking.log.deleteTag({ runId: 'deleted', key }, call);
    await name('logged', 'r2');
    await name('logged', 'r2');
    await name('logged', 'open');
    await tracking.log.deleteTag({ runId: 'logged', key }, call);
    for (const runId of ['set', 'deleted', 'logged']) {
      const read = (who: Caller) =>
        runs.findArtifact({ runId, path: 'roc.png' }, { caller: who });
      await expect(read(caller('cleo'))).rejects.toMatchObject(refused);
      await expect(read(token)).rejects.toMatchObject(refused);
      await expect(read(caller('ann'))).resolves.toBeDefined();
    }
  });

  it('follows parents for fifty levels, and lets only plugins read below more', async () => {
    const { tracking, knex } = await start();
    const line = Array.from({ length: 52 }, (_, level) => `level-${level}`);
    for (const [level, runId] of line.entries()) {
      await insertRun(knex, {
        id: runId,
        given: level === 0 ? 'default/scans@1' : undefined,
      });
      if (!level) continue;
      await knex('run_tags').insert({
        run_id: runId,
        key: 'mlflow.parentRunId',
        value: line[level - 1],
      });
    }
    const read = (runId: string, who: Caller) =>
      tracking.content.require(
        { what: 'A file', runIds: [runId] },
        { caller: who },
      );
    await expect(read('level-50', caller('cleo'))).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('for a grant'),
    });
    await expect(read('level-50', caller('ann'))).resolves.toBeUndefined();
    await expect(read('level-51', caller('ann'))).rejects.toMatchObject({
      ...refused,
      message:
        'A file may show data of runs too far above it. The run has more runs above it than are looked at (50 levels), so nobody reads it',
    });
    await expect(read('level-51', gateway)).resolves.toBeUndefined();
  });

  it('refuses while the one who decides does not answer', async () => {
    const knex = await databases.init(id);
    const registry = await aRegistry(knex, {
      dataAccess: () => ({ ask: async () => [] }),
    });
    await insertRun(knex, { id: 'r1', given: 'default/scans@1' });
    await expect(
      registry.tracking.artifacts.download('0/r1/artifacts/plots/roc.png', {
        caller: caller('ann'),
      }),
    ).rejects.toMatchObject(refused);
  });
});
