import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { sourcesIn, specifiersOf } from './__testUtils__/rooms';

const root = resolve(__dirname, '../../..');
const layers = ['knex', 'express', 'express-promise-router'];

/** Services that name a type of the database, and why. The list shrinks. */
const reasons: Record<string, string> = {
  'plugins/ml-registry-backend/src/evaluations/EvaluationDatasetService.ts':
    'a data set and its records change in one transaction over several stores',
  'plugins/ml-registry-backend/src/runPages/RunQueryService.ts':
    'a page of runs is one statement, built from a filter',
  'plugins/ml-registry-backend/src/runPages/RunTableService.ts':
    'a page of runs is one statement, built from a filter',
  'plugins/ml-registry-backend/src/traces/TraceService.ts':
    'a trace and its spans are written in one transaction over several stores',
  'plugins/ml-registry-backend/src/tracking/RunLogService.ts':
    'a batch is written in one transaction over several stores',
  'plugins/ml-registry-backend/src/versions/RegistrationService.ts':
    'a version, its tags and its event are written in one transaction over several stores',
  'plugins/ml-registry-backend/src/versions/RegistryReadService.ts':
    'lists of models are one statement, built from a filter',
};

/** Files that turn requests into decisions: in a folder `services`, or called so in a room. */
const isService = (path: string) =>
  /(^|\/)services\//.test(path) || /Service\.ts$/.test(basename(path));

/** The layers above and below that a text names: HTTP and the database. */
function layersIn(text: string): string[] {
  return layers.filter(layer =>
    specifiersOf(text).some(({ specifier }) => specifier === layer),
  );
}

const services = readdirSync(join(root, 'plugins'))
  .filter(folder => folder.endsWith('-backend'))
  .flatMap(folder => {
    const src = `plugins/${folder}/src`;
    return sourcesIn(join(root, src))
      .filter(isService)
      .map(path => `${src}/${path}`);
  });
const mixed = services.filter(
  path => layersIn(readFileSync(join(root, path), 'utf8')).length,
);

describe('the services of all backends', () => {
  it('know neither HTTP nor the database, except for a reason', () => {
    expect(services.length).toBeGreaterThan(40);
    expect(mixed.filter(path => !reasons[path])).toEqual([]);
  });

  it('have no reason that nobody needs', () => {
    expect(Object.keys(reasons).filter(path => !mixed.includes(path))).toEqual(
      [],
    );
  });

  it('would be noticed with either', () => {
    expect(layersIn("import type { Knex } from 'knex';")).toEqual(['knex']);
    expect(layersIn("import express from 'express';")).toEqual(['express']);
    expect(layersIn("import { JobStore } from './JobStore';")).toEqual([]);
    expect(isService('services/Turns.ts')).toBe(true);
    expect(isService('traces/TraceService.ts')).toBe(true);
    expect(isService('traces/TraceStore.ts')).toBe(false);
  });
});
