import type { Knex } from 'knex';

/** Our stages. MLflow's words map onto them in `mlflow/stages.ts`. */
export type Stage = 'none' | 'staging' | 'candidate' | 'production' | 'archived';

export type RegisteredModelRow = {
  name: string;
  creationTime: number;
  lastUpdatedTime: number;
  description?: string;
  lastVersion: number;
  owner?: string;
  createdBy?: string;
  tags: Record<string, string>;
  aliases: { alias: string; version: number }[];
};

export type ModelVersionRow = {
  name: string;
  version: number;
  creationTime: number;
  lastUpdatedTime: number;
  description?: string;
  createdBy?: string;
  stage: Stage;
  source: string;
  storageLocation: string;
  runId?: string;
  runLink?: string;
  modelId?: string;
  status: string;
  statusMessage?: string;
  tags: Record<string, string>;
  aliases: string[];
};

export type NewModelVersion = {
  name: string;
  source: string;
  storageLocation: string;
  runId?: string;
  runLink?: string;
  modelId?: string;
  description?: string;
  createdBy?: string;
  tags: Record<string, string>;
  now: number;
};

/** Either the database or a transaction on it. */
export type Database = Knex | Knex.Transaction;

/** Registered models, versions, aliases, stages. Every method takes the database to run on. */
export interface ModelStoreSignature {
  transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T>;

  createModel(db: Database, model: { name: string; description?: string; owner?: string; createdBy?: string; tags: Record<string, string>; now: number }): Promise<void>;
  findModel(db: Database, name: string): Promise<RegisteredModelRow | undefined>;
  /** All models by name (bytes order); `after` is the last name of the page before. Prompts left out. */
  listModels(db: Database, options: { owner?: string; query?: string; after?: string; limit: number }): Promise<RegisteredModelRow[]>;
  /** Locks the model's row until the transaction ends (PostgreSQL; SQLite has one writer anyhow). */
  lockModel(tx: Knex.Transaction, name: string): Promise<RegisteredModelRow | undefined>;
  updateModel(db: Database, name: string, patch: { description?: string; owner?: string; now: number }): Promise<void>;

  createVersion(tx: Knex.Transaction, version: NewModelVersion): Promise<ModelVersionRow>;
  findVersion(db: Database, name: string, version: number): Promise<ModelVersionRow | undefined>;
  listVersions(db: Database, name: string): Promise<ModelVersionRow[]>; // newest first
  findVersionsInStage(db: Database, name: string, stage: Stage): Promise<ModelVersionRow[]>; // newest first
  setVersionTag(db: Database, key: { name: string; version: number; key: string; value: string; now: number }): Promise<void>;

  /** Writes only if the version still is in `from`; false when it is not (somebody else won). */
  setStage(tx: Knex.Transaction, change: { name: string; version: number; from: Stage; to: Stage; now: number }): Promise<boolean>;
  setAlias(db: Database, alias: { name: string; alias: string; version: number; now: number }): Promise<void>;
  deleteAlias(db: Database, alias: { name: string; alias: string; now: number }): Promise<boolean>;
}
