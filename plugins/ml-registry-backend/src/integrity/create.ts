import type { Knex } from 'knex';
import { VersionFileReader } from './VersionFileReader';
import {
  ModelSignatureService,
  type ModelSignatureDeps,
} from './signatures/ModelSignatureService';
import { SignatureStore } from './signatures/SignatureStore';
import type { SigningTrust } from './signatures/verifyBundle';
import { VersionFileStore, type OnRead } from './VersionFileStore';

/** Whether files of versions are what was uploaded, do harm, and are signed: put together. */
export function createIntegrity(
  options: Omit<ModelSignatureDeps, 'signatures' | 'trust'> & {
    knex: Knex;
    trust?: SigningTrust;
    onRead?: OnRead;
  },
) {
  const { knex, onRead, trust = { keys: [], roots: [] } } = options;
  return {
    fileReader: new VersionFileReader({
      ...options,
      files: options.versionFiles,
      store: new VersionFileStore(knex, { onRead }),
    }),
    signatures: new ModelSignatureService({
      ...options,
      trust,
      signatures: new SignatureStore(knex),
    }),
  };
}
