import { text } from 'node:stream/consumers';
import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { NotFoundError, stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { audited, type Authorizer, type Call } from '@downstage/node';
import {
  mlRegistryRegisterPermission,
  type FileEvidence,
  type ModelSignature,
} from '@downstage/plugin-ml-registry-common';
import { z } from 'zod';
import { nameOfPath, type VersionPath } from '../../kernel/refs';
import {
  bundleSchema,
  compareManifest,
  readSignedManifest,
} from './signedManifest';
import { verifyBundle, type SigningTrust } from './verifyBundle';
import type { SignatureStore } from './SignatureStore';
import type { LedgerStore } from '../../ledger/LedgerStore';
import type {
  VersionFacts,
  VersionQueries,
} from '../../versions/stores/VersionQueries';
import type { Announcer } from '../../versions/Announcer';
import type { ModelProfiles } from '../../owners/ModelProfiles';
import { noVersion, type ModelReads } from '../../access/ModelReads';
import type { VersionFiles } from '../../versions/VersionFiles';

const largestBundle = 10_000_000;

const unsigned: ModelSignature = {
  state: 'unsigned',
  covered: [],
  ignored: [],
  problems: [],
};

/**
 * Model signatures of OpenSSF: finds the bundle, verifies it against the keys and authorities of config, compares
 * every file with what was signed.
 *
 * @remarks
 * Checked when a version is registered, and when somebody asks. The result is kept with the digest of the files it
 * speaks of; when that changes, the kept result no longer counts and is made anew.
 */
export class ModelSignatureService {
  readonly #deps: ModelSignatureDeps;

  constructor(deps: ModelSignatureDeps) {
    this.#deps = deps;
  }

  /** What the last check found, or what one finds now; this writes nothing. */
  async get(path: VersionPath, { caller }: Call): Promise<ModelSignature> {
    const { reads, signatures, versionFiles } = this.#deps;
    await reads.require(nameOfPath(path), caller);
    const version = await this.#find(path);
    const files = await versionFiles.list(version.storageLocation);
    const kept = await signatures.find(version.name, version.version);
    if (kept?.filesDigest === files.digest) return kept.result;
    return this.#check(version, files, kept?.bundle);
  }

  /**
   * Checks again, or checks a bundle that was sent along. Keeps that bundle, unless it is refused and another one
   * holds.
   */
  async verify(
    request: VersionPath & { bundle?: Record<string, unknown> },
    { caller }: Call,
  ): Promise<ModelSignature> {
    const { authorizer, auditor } = this.#deps;
    const permission = mlRegistryRegisterPermission;
    await authorizer.requireAny({ caller, permission });
    await this.#deps.reads.requireSeen(nameOfPath(request), caller, () =>
      noVersion(request),
    );
    const version = await this.#find(request);
    const owner = await this.#deps.profiles.ownerOf(version.name);
    await authorizer.require({ caller, permission, owner });
    const { actor } = caller;
    return audited(
      auditor,
      {
        eventId: 'model-signature-verify',
        caller,
        meta: { actor, model: version.name, version: version.version },
        result: ({ state, signer }) => ({
          state,
          ...(signer && { signer: signer.name }),
        }),
      },
      () => this.#checkAndKeep(version, actor, request.bundle),
    );
  }

  /** For a version that was just registered. Failing here must not fail the registration: it can be asked again. */
  async checkNew(key: { name: string; version: number }): Promise<void> {
    try {
      const { name, version } = key;
      const facts = await this.#deps.versions.findVersion(name, version);
      if (facts) await this.#checkAndKeep(facts, 'service:ml-registry');
    } catch (error) {
      this.#deps.logger.warn(
        `The signature of version ${key.version} of ${
          key.name
        } was not checked: ${stringifyError(error)}`,
      );
    }
  }

  async #checkAndKeep(
    version: VersionFacts,
    actor: string,
    sent?: Record<string, unknown>,
  ): Promise<ModelSignature> {
    const { announcer, signatures, clock, ledger, versionFiles } = this.#deps;
    const { name, version: number } = version;
    const files = await versionFiles.list(version.storageLocation);
    const kept = await signatures.find(name, number);
    const bundle = sent ?? kept?.bundle;
    const found = await this.#check(version, files, bundle);
    if (found.state === 'unsigned') return found;
    const holds =
      kept?.result.state === 'verified' && kept.filesDigest === files.digest;
    // A bundle that proves nothing does not take the place of one that does.
    if (sent && found.state === 'refused' && holds) return found;
    const at = clock().toISOString();
    const result = { ...found, checkedAt: at, checkedBy: actor };
    await signatures.transaction(async tx => {
      await signatures.save(
        tx,
        { name, version: number },
        { result, filesDigest: files.digest, bundle },
      );
      await ledger.append(tx, name, {
        at,
        actor,
        action: 'signature-checked',
        version: number,
        message: sentenceOf(result),
        details: {
          state: result.state,
          covered: result.covered.length,
          problems: result.problems.slice(0, 20),
        },
      });
    });
    await announcer.modelChanged(name);
    return result;
  }

  async #check(
    version: VersionFacts,
    files: FileEvidence,
    sent?: Record<string, unknown>,
  ): Promise<ModelSignature> {
    const path = sent ? undefined : bundlePathIn(files);
    if (!sent && !path) return unsigned;
    const context = { bundle: path ?? 'uploaded', covered: [], ignored: [] };
    // Outside of what refuses: a store that cannot be read says nothing about the signature.
    const read = path ? await this.#read(version, path) : undefined;
    if (read?.problem) {
      return { ...context, state: 'refused', problems: [read.problem] };
    }
    try {
      const bundle = bundleSchema.parse(sent ?? JSON.parse(read?.text ?? ''));
      const signer = verifyBundle(bundle, this.#deps.trust);
      const manifest = readSignedManifest(bundle);
      const compared = compareManifest({
        manifest,
        files: files.items,
        bundlePath: path,
      });
      return {
        ...context,
        ...compared,
        state: compared.problems.length ? 'refused' : 'verified',
        signer,
      };
    } catch (error) {
      return { ...context, state: 'refused', problems: [wordsOf(error)] };
    }
  }

  async #read(
    version: VersionFacts,
    path: string,
  ): Promise<{ text?: string; problem?: string }> {
    const file = await this.#deps.versionFiles.open(
      version.storageLocation,
      path,
    );
    if (!file) return { problem: `${path} is not there any more` };
    if (file.size > largestBundle) {
      file.content.destroy();
      return {
        problem: `${path} has ${file.size} bytes; a bundle has at most ${largestBundle}`,
      };
    }
    return { text: await text(file.content) };
  }

  async #find(path: VersionPath): Promise<VersionFacts> {
    const name = nameOfPath(path);
    const version = await this.#deps.versions.findVersion(name, path.version);
    if (version) return version;
    throw new NotFoundError(
      `No version ${path.version} of a registered model ${name}`,
    );
  }
}

/** `model.sig` first, as the reference tool calls it; then whatever looks like one in the root. */
function bundlePathIn({ items }: FileEvidence): string | undefined {
  const names = items.map(({ path }) => path);
  return (
    names.find(path => path === 'model.sig') ??
    names.find(path => /^[^/]+\.(sig|sig\.json|sigstore\.json)$/.test(path))
  );
}

function sentenceOf({ state, signer, covered, problems }: ModelSignature) {
  if (state === 'verified') {
    return `Signed by ${signer?.name}; ${covered.length} files are as they were signed`;
  }
  return `The signature does not hold: ${problems[0]}${
    problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  }`;
}

function wordsOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    return `Not a Sigstore bundle: ${z.prettifyError(error)}`;
  }
  return error instanceof Error ? error.message : String(error);
}

export type ModelSignatureDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  announcer: Announcer;
  signatures: SignatureStore;
  clock: Clock;
  ledger: LedgerStore;
  logger: LoggerService;
  profiles: ModelProfiles;
  reads: Pick<ModelReads, 'require' | 'requireSeen'>;
  trust: SigningTrust;
  versionFiles: VersionFiles;
  versions: VersionQueries;
};
