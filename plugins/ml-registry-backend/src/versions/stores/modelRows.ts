import { stageSchema } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import {
  chunks,
  groupBy,
  isPostgres,
  optional,
  toNumber,
  type Database,
} from '../../kernel/database/database';
import type {
  ModelVersionRow,
  NewModelVersion,
  RegisteredModelRow,
} from './ModelStore';

export type RegisteredModelDbRow = {
  name: string;
  creation_time: number | string;
  last_updated_time: number | string;
  description: string | null;
  last_version: number;
  owner: string | null;
  created_by: string | null;
};

export type ModelVersionDbRow = {
  name: string;
  version: number;
  creation_time: number | string;
  last_updated_time: number | string;
  description: string | null;
  created_by: string | null;
  stage: string;
  mlflow_stage: string;
  source: string;
  storage_location: string;
  run_id: string | null;
  run_link: string | null;
  model_id: string | null;
  status: string;
  status_message: string | null;
};

type TagRow = { name: string; version: number; key: string; value: string };
type AliasRow = { name: string; alias: string; version: number };

export async function setKeyed(
  db: Database,
  table: 'registered_model_tags',
  row: { name: string; key: string; value: string },
): Promise<void> {
  await db(table)
    .insert({ name: row.name, key: row.key, value: row.value })
    .onConflict(['name', 'key'])
    .merge();
}

/** Takes the next number and writes the row; concurrent callers get different numbers. */
export async function insertVersion(
  tx: Knex.Transaction,
  version: NewModelVersion,
): Promise<number> {
  const [taken] = await tx('registered_models')
    .where({ name: version.name })
    .update({
      last_version: tx.raw('last_version + 1'),
      last_updated_time: version.now,
    })
    .returning('last_version');
  if (!taken) throw new Error(`Registered model ${version.name} vanished`);
  const number: number = taken.last_version;
  await tx('model_versions').insert({
    name: version.name,
    version: number,
    creation_time: version.now,
    last_updated_time: version.now,
    description: version.description,
    created_by: version.createdBy,
    stage: 'none',
    source: version.source,
    storage_location: version.storageLocation,
    run_id: version.runId,
    run_link: version.runLink,
    model_id: version.modelId,
    status: 'READY',
  });
  for (const [key, value] of Object.entries(version.tags)) {
    await tx('model_version_tags').insert({
      name: version.name,
      version: number,
      key,
      value,
    });
  }
  return number;
}

export async function modelsFromRows(
  db: Database,
  rows: RegisteredModelDbRow[],
): Promise<RegisteredModelRow[]> {
  const names = rows.map(row => row.name);
  const tags = groupBy<TagRow>(
    await pick(db, 'registered_model_tags', names, 'key'),
    row => row.name,
  );
  const aliases = groupBy<AliasRow>(
    await pick(db, 'registered_model_aliases', names, 'alias'),
    row => row.name,
  );
  return rows.map(row => ({
    name: row.name,
    creationTime: toNumber(row.creation_time),
    lastUpdatedTime: toNumber(row.last_updated_time),
    description: optional(row.description),
    lastVersion: row.last_version,
    owner: optional(row.owner),
    createdBy: optional(row.created_by),
    tags: Object.fromEntries(
      (tags.get(row.name) ?? []).map(tag => [tag.key, tag.value]),
    ),
    aliases: (aliases.get(row.name) ?? []).map(({ alias, version }) => ({
      alias,
      version,
    })),
  }));
}

export async function versionsFromRows(
  db: Database,
  rows: ModelVersionDbRow[],
): Promise<ModelVersionRow[]> {
  const id = (row: { name: string; version: number }) =>
    `${row.version}/${row.name}`;
  const tags = groupBy<TagRow>(
    await pickOfVersions(db, 'model_version_tags', rows, 'key'),
    id,
  );
  const aliases = groupBy<AliasRow>(
    await pickOfVersions(db, 'registered_model_aliases', rows, 'alias'),
    id,
  );
  return rows.map(row => ({
    name: row.name,
    version: row.version,
    creationTime: toNumber(row.creation_time),
    lastUpdatedTime: toNumber(row.last_updated_time),
    description: optional(row.description),
    createdBy: optional(row.created_by),
    stage: stageSchema.parse(row.stage),
    mlflowStage: stageSchema.parse(row.mlflow_stage),
    source: row.source,
    storageLocation: row.storage_location,
    runId: optional(row.run_id),
    runLink: optional(row.run_link),
    modelId: optional(row.model_id),
    status: row.status,
    statusMessage: optional(row.status_message),
    tags: Object.fromEntries(
      (tags.get(id(row)) ?? []).map(tag => [tag.key, tag.value]),
    ),
    aliases: (aliases.get(id(row)) ?? []).map(({ alias }) => alias),
  }));
}

/** What belongs to these versions and to no others of their models, however many those have. */
export async function pickOfVersions<Row>(
  db: Database,
  table: string,
  versions: { name: string; version: number }[],
  order: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const part of chunks(versions, 5000)) {
    const query = db(table).orderBy(order);
    if (isPostgres(db)) {
      query.whereRaw(
        '(name, version) IN (SELECT * FROM unnest(?::text[], ?::int[]))',
        [part.map(({ name }) => name), part.map(({ version }) => version)],
      );
    } else {
      query.whereRaw(
        '(name, version) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))',
        [JSON.stringify(part.map(({ name, version }) => [name, version]))],
      );
    }
    rows.push(...(await query));
  }
  return rows;
}

async function pick<Row>(
  db: Database,
  table: string,
  names: string[],
  order: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const part of chunks(names, 500)) {
    rows.push(...(await db(table).whereIn('name', part).orderBy(order)));
  }
  return rows;
}
