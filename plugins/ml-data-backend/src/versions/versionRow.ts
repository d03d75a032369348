import {
  datasetProfileSchema,
  datasetVersionSchema,
  datasetVersionSummarySchema,
  type DatasetProfile,
  type DatasetVersion,
  type DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import { z } from 'zod';

export type VersionRow = {
  entity_ref: string;
  version: number;
  ref: string;
  digest: string;
  format: string;
  uri: string;
  folder: string;
  // PostgreSQL gives BIGINT as text.
  rows: number | string;
  bytes: number | string;
  columns: number;
  files: string;
  schema: string;
  profile: string;
  source: string;
  message: string | null;
  created_by: string;
  created_at: string;
  reader: number | null;
  read_as: string | null;
  dialect: string | null;
  notes: string | null;
  tables: string | null;
};

const sourceSchema = z.array(
  z.object({ path: z.string(), size: z.number(), mtimeMs: z.number() }),
);

const tablesSchema = z.array(
  z.object({ path: z.string(), size: z.number(), sha256: z.string() }),
);

/** A version with what only the server needs to know of it. */
export type StoredVersion = {
  version: DatasetVersion;
  folder: string;
  source: z.infer<typeof sourceSchema>;
  /** What was declared of its text; absent for versions of an older release. */
  readAs?: string;
  /** The table beside the files; `[]` when they are the table, absent for versions of an older release. */
  tables?: z.infer<typeof tablesSchema>;
};

/** Lists leave out the profile, which is by far the largest part. */
export const summaryColumns = [
  'entity_ref',
  'version',
  'ref',
  'digest',
  'format',
  'rows',
  'bytes',
  'columns',
  'message',
  'created_by',
  'created_at',
] as const;

type SummaryRow = Pick<VersionRow, (typeof summaryColumns)[number]>;

export function toSummary(row: SummaryRow): DatasetVersionSummary {
  return datasetVersionSummarySchema.parse({
    ...common(row),
    columns: row.columns,
  });
}

export function toVersion(row: VersionRow): StoredVersion {
  return {
    version: datasetVersionSchema.parse({
      ...common(row),
      uri: row.uri,
      files: JSON.parse(row.files),
      schema: JSON.parse(row.schema),
      profile: JSON.parse(row.profile),
      ...(row.dialect !== null && { dialect: JSON.parse(row.dialect) }),
      ...(row.notes !== null && { notes: JSON.parse(row.notes) }),
    }),
    folder: row.folder,
    source: sourceSchema.parse(JSON.parse(row.source)),
    ...(row.read_as !== null && { readAs: row.read_as }),
    ...(row.tables !== null && {
      tables: tablesSchema.parse(JSON.parse(row.tables)),
    }),
  };
}

export function toProfile({
  profile,
}: Pick<VersionRow, 'profile'>): DatasetProfile {
  return datasetProfileSchema.parse(JSON.parse(profile));
}

function common(row: SummaryRow) {
  return {
    ref: row.ref,
    version: row.version,
    digest: row.digest,
    format: row.format,
    rows: Number(row.rows),
    bytes: Number(row.bytes),
    createdBy: row.created_by,
    createdAt: row.created_at,
    ...(row.message !== null && { message: row.message }),
  };
}
