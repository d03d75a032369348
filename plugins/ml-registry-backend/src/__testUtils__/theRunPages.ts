import type { Knex } from 'knex';
import { aRegistry } from './registryFixture';

/** A run with what was logged into it. */
export async function insertRun(
  knex: Knex,
  run: {
    id: string;
    at: number;
    name?: string;
    params?: Record<string, string>;
    metrics?: Record<string, number>;
    tags?: Record<string, string>;
    owner?: string;
  },
) {
  const run_id = run.id;
  await knex('runs').insert({
    run_id,
    experiment_id: 0,
    name: run.name ?? run.id,
    status: 'FINISHED',
    user_id: 'user:default/ann',
    start_time: run.at,
    end_time: run.at + 10,
    artifact_uri: `mlflow-artifacts:/0/${run_id}/artifacts`,
    owner: run.owner ?? 'group:default/diagnostics',
  });
  for (const [key, value] of Object.entries(run.params ?? {})) {
    await knex('params').insert({ run_id, key, value });
  }
  for (const [key, value] of Object.entries(run.tags ?? {})) {
    await knex('run_tags').insert({ run_id, key, value });
  }
  for (const [key, value] of Object.entries(run.metrics ?? {})) {
    const is_nan = Number.isNaN(value);
    await knex('latest_metrics').insert({
      run_id,
      key,
      value: is_nan ? 0 : value,
      is_nan,
      timestamp: run.at,
      step: 0,
    });
  }
}

export const asked = {
  experimentId: [],
  runId: [],
  deleted: false,
  column: [],
  sort: 'started',
  direction: 'desc' as const,
  limit: 1000,
};

/** The services of the run pages, and their database. */
export async function theRunPages(knex: Knex) {
  const registry = await aRegistry(knex);
  return { knex, ...registry.runPages };
}
