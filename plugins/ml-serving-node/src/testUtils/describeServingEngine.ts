/* eslint-disable jest/no-export -- the suite is shared by the packages that implement engines */
import type { Cell, ServedVariant } from '@downstage/plugin-ml-serving-common';
import {
  hasLog,
  hasLogFiles,
  hasPredict,
  hasTraffic,
  type DesiredEndpoint,
  type EndpointObservation,
  type ServingEngine,
} from '../engine';

/** What the contract suite needs of an engine. */
export type ServingEngineFixture = {
  /** Not started yet. */
  engine: ServingEngine;
  /** A version that the engine can load, of a number. */
  goodVersion: (version: number) => DesiredEndpoint['versions'][number];
  /** A version that it cannot load, of a number. */
  badVersion: (version: number) => DesiredEndpoint['versions'][number];
  /** A row that every good version answers. */
  row: Record<string, Cell>;
  /** Removes what the engine left; called after it was stopped. */
  remove?: () => Promise<void>;
};

/**
 * The tests that every engine passes.
 *
 * @example
 * ```ts
 * describeServingEngine('KServeEngine', async () => ({ engine: new KServeEngine(options), goodVersion, badVersion, row }));
 * ```
 */
export function describeServingEngine(
  name: string,
  create: () => Promise<ServingEngineFixture>,
) {
  describe(`ServingEngine contract: ${name}`, () => {
    let fixture: ServingEngineFixture;
    let engine: ServingEngine;

    beforeEach(async () => {
      fixture = await create();
      engine = fixture.engine;
      await new Promise<void>(onAlive => engine.start({ onAlive }));
    });
    afterEach(async () => {
      await engine.stop();
      await fixture.remove?.();
    });

    const champion = (version: number): ServedVariant => ({
      name: 'champion',
      version,
      weight: 100,
      mode: 'live',
    });
    const desiredOf = (
      endpoint: string,
      active: number,
      versions: DesiredEndpoint['versions'],
    ): DesiredEndpoint => ({
      endpoint,
      model: `model:default/${endpoint}`,
      variants: [champion(active)],
      versions,
    });

    /** What the engine observes, once it is as wanted; the test's own time limit ends it. */
    async function until(
      endpoint: string,
      isWanted: (found: EndpointObservation | undefined) => boolean,
    ) {
      for (;;) {
        const [found] = await engine.observe([endpoint]);
        if (isWanted(found)) return found;
        await new Promise(setImmediate);
      }
    }
    const isActive =
      (version: number) => (found: EndpointObservation | undefined) =>
        found?.active === version;
    const stateOf = (found: EndpointObservation | undefined, version: number) =>
      found?.versions.find(one => one.version === version)?.state;

    it('says what it is, and where clients ask', () => {
      expect(engine.specVersion).toBe('v1');
      expect(engine.id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(engine.alive).toBe(true);
      expect(['one', 'weighted']).toContain(engine.variants);
      expect(engine.publicUrl).toMatch(/^https?:\/\//);
      expect(engine.urlOf('churn')).toMatch(/^https?:\/\/.*churn/);
    });

    it('leaves out endpoints that it does not know, and those it was not asked about', async () => {
      const { goodVersion } = fixture;
      await engine.apply({
        endpoints: [
          desiredOf('churn', 1, [goodVersion(1)]),
          desiredOf('fraud', 1, [goodVersion(1)]),
        ],
      });
      const found = await engine.observe(['churn', 'nothing']);
      expect(found.map(({ endpoint }) => endpoint)).toEqual(['churn']);
    });

    it('serves what is desired, and says the same when told twice', async () => {
      const desired = {
        endpoints: [desiredOf('churn', 1, [fixture.goodVersion(1)])],
      };
      const said = await engine.apply(desired);
      expect(said.every(({ endpoint }) => endpoint === 'churn')).toBe(true);
      expect(await until('churn', isActive(1))).toMatchObject({
        wanted: 1,
        versions: [{ version: 1, state: 'ready' }],
      });
      expect(await engine.apply(desired)).toEqual(said);
      expect(await engine.observe(['churn'])).toMatchObject([{ active: 1 }]);
    });

    it('gives a desired state up when told to, and takes the next one', async () => {
      const versions = [fixture.goodVersion(1), fixture.goodVersion(2)];
      const limit = new AbortController();
      const first = engine.apply(
        { endpoints: [desiredOf('churn', 1, versions)] },
        { signal: limit.signal },
      );
      limit.abort(new Error('It took too long'));
      // It may have been taken before.
      await Promise.allSettled([first]);
      await engine.apply({ endpoints: [desiredOf('churn', 2, versions)] });
      expect(await until('churn', isActive(2))).toMatchObject({ wanted: 2 });
    });

    it('switches to another version, keeps the one before loaded, and goes back to it', async () => {
      const versions = [fixture.goodVersion(1), fixture.goodVersion(2)];
      for (const active of [1, 2, 1]) {
        await engine.apply({
          endpoints: [desiredOf('churn', active, versions)],
        });
        const found = await until('churn', isActive(active));
        expect(found).toMatchObject({ wanted: active });
      }
      const found = await until(
        'churn',
        now => stateOf(now, 1) === 'ready' && stateOf(now, 2) === 'ready',
      );
      expect(found?.active).toBe(1);
    });

    it('goes on answering with the version before while the desired one cannot be loaded, and says why', async () => {
      const { goodVersion, badVersion } = fixture;
      await engine.apply({
        endpoints: [desiredOf('churn', 1, [goodVersion(1)])],
      });
      await until('churn', isActive(1));
      await engine.apply({
        endpoints: [desiredOf('churn', 2, [goodVersion(1), badVersion(2)])],
      });
      const found = await until('churn', now => stateOf(now, 2) === 'failed');
      expect(found).toMatchObject({ wanted: 2, active: 1 });
      expect(
        found?.versions.find(({ version }) => version === 2)?.message,
      ).toMatch(/\w/);
    });

    it('names no version as active where the first one cannot be loaded', async () => {
      await engine.apply({
        endpoints: [desiredOf('churn', 1, [fixture.badVersion(1)])],
      });
      const found = await until('churn', now => stateOf(now, 1) === 'failed');
      expect(found).not.toHaveProperty('active');
    });

    it('takes down what is left out, and nothing else', async () => {
      const { goodVersion } = fixture;
      const churn = desiredOf('churn', 1, [goodVersion(1)]);
      const fraud = desiredOf('fraud', 1, [goodVersion(1)]);
      await engine.apply({ endpoints: [churn, fraud] });
      await until('churn', isActive(1));
      await until('fraud', isActive(1));
      await engine.apply({ endpoints: [fraud] });
      await until('churn', found => found === undefined);
      expect(await engine.observe(['churn', 'fraud'])).toMatchObject([
        { endpoint: 'fraud', active: 1 },
      ]);
    });

    /** Serves version 2 of two. */
    async function serveSecond() {
      const versions = [fixture.goodVersion(1), fixture.goodVersion(2)];
      await engine.apply({ endpoints: [desiredOf('churn', 2, versions)] });
      await until('churn', isActive(2));
    }

    it('answers rows with the active version, if it answers rows', async () => {
      await serveSecond();
      if (!hasPredict(engine)) return;
      const { row } = fixture;
      const caller = { actor: 'user:default/ann' };
      const answer = await engine.predict(
        'churn',
        { rows: [row, row] },
        caller,
      );
      expect(answer.modelVersion).toBe(2);
      expect(answer.predictions).toHaveLength(2);
      await expect(
        engine.predict('nothing', { rows: [row] }, caller),
      ).rejects.toMatchObject({ name: 'NotFoundError' });
    });

    it('says for one variant which version answers for it', async () => {
      await engine.apply({
        endpoints: [desiredOf('churn', 1, [fixture.goodVersion(1)])],
      });
      const found = await until('churn', isActive(1));
      expect(found?.variants).toEqual([{ ...champion(1), active: 1 }]);
    });

    /** Two versions that divide the requests, of which the second is the given one. */
    const divided = (second: DesiredEndpoint['versions'][number]) => ({
      ...desiredOf('churn', 1, [fixture.goodVersion(1), second]),
      variants: [
        { ...champion(1), weight: 75 },
        { ...champion(2), name: 'challenger', weight: 25 },
      ],
    });
    /** How many of the requests each version answered. */
    async function askOften(times: number) {
      if (!hasPredict(engine)) return undefined;
      const answers = new Map<number, number>();
      for (let n = 0; n < times; n++) {
        const { modelVersion } = await engine.predict(
          'churn',
          { rows: [fixture.row] },
          { actor: 'user:default/ann' },
        );
        answers.set(modelVersion, (answers.get(modelVersion) ?? 0) + 1);
      }
      return answers;
    }

    it('divides requests between two variants by weight, if it can', async () => {
      if (engine.variants !== 'weighted') return;
      await engine.apply({ endpoints: [divided(fixture.goodVersion(2))] });
      const found = await until('churn', now =>
        Boolean(now?.variants?.every(({ active }) => active !== undefined)),
      );
      expect(found).toMatchObject({
        wanted: 1,
        active: 1,
        variants: [
          { name: 'champion', version: 1, weight: 75, active: 1 },
          { name: 'challenger', version: 2, weight: 25, active: 2 },
        ],
      });
      const answers = await askOften(200);
      if (!answers) return;
      // Of 200 requests 50, within five standard deviations.
      expect(answers.get(2)).toBeGreaterThan(20);
      expect(answers.get(2)).toBeLessThan(80);
      expect(answers.get(1)).toBe(200 - (answers.get(2) ?? 0));
    });

    it('gives the share of a variant that cannot be loaded to the other, if it can divide', async () => {
      if (engine.variants !== 'weighted') return;
      await engine.apply({ endpoints: [divided(fixture.badVersion(2))] });
      const found = await until(
        'churn',
        now => now?.active === 1 && stateOf(now, 2) === 'failed',
      );
      const challenger = found?.variants?.find(
        ({ name: of }) => of === 'challenger',
      );
      expect(challenger).not.toHaveProperty('active');
      const answers = await askOften(20);
      if (!answers) return;
      expect([...answers.keys()]).toEqual([1]);
    });

    it('counts requests by minute, if it counts', async () => {
      await serveSecond();
      if (!hasTraffic(engine)) return;
      const { buckets, dropped } = await engine.traffic('churn', 5);
      expect(buckets).toHaveLength(5);
      expect(dropped).toBe(0);
      expect(await engine.traffic('nothing', 5)).toEqual({
        buckets: [],
        dropped: 0,
      });
    });

    it('tells of the files of its prediction log by address, if it keeps one elsewhere', async () => {
      await serveSecond();
      if (!hasLogFiles(engine) || !hasPredict(engine)) return;
      const { row } = fixture;
      const caller = { actor: 'user:default/ann' };
      await engine.predict('churn', { rows: [row, row] }, caller);
      const counted = await engine.countPredictions('churn', { version: 2 });
      expect(counted.rows + counted.openRows).toBe(2);
      if (hasLog(engine)) await engine.rollLog();
      const files = await engine.logFiles('churn', { version: 2 });
      expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(2);
      for (const file of files) {
        expect(file).toMatchObject({
          version: 2,
          id: expect.stringContaining(`v2/${file.day}/`),
          url: expect.stringMatching(/^https?:\/\//),
          day: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
        });
        expect(file.bytes).toBeGreaterThan(0);
      }
      const after = '9999-01-01T00:00:00.000Z';
      expect(
        await engine.countPredictions('churn', { version: 2, after }),
      ).toMatchObject({ rows: 0 });
      expect(await engine.logFiles('churn', { version: 2, after })).toEqual([]);
      expect(await engine.logFiles('churn', { version: 1 })).toEqual([]);
      expect(await engine.logFiles('nothing', {})).toEqual([]);
    });

    it('rolls its log, if it has one', async () => {
      await serveSecond();
      if (!hasLog(engine)) return;
      expect(await engine.rollLog()).toBeUndefined();
    });
  });
}
