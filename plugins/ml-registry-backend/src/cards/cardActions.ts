import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { parseVersionRef } from '@downstage/common';
import {
  cardFields,
  declaredCardSchema,
} from '@downstage/plugin-ml-registry-common';
import { callerOf } from '@downstage/node';
import type { CardServices } from './create';
import { pathOfModel } from '../kernel/paths';
import { reproductionOutput, toReproductionOutput } from './reproductionOutput';

/** Cards, signatures, comparison and reproduction of versions. */
export function registerCardActions(
  deps: { actions: ActionsRegistryService } & CardServices,
) {
  const { actions, cards, reproductions, signatures } = deps;

  actions.register({
    name: 'get-model-card',
    title: 'Get model card',
    description:
      'Returns the model card of a version: `verified` is what the registry computed or recorded, `declared` what people typed in. ' +
      'Without `saved`, the declared part is a proposal taken from `proposedFrom`. `missing` names fields nobody has filled.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          modelVersion: z.string().describe('As default/churn@7 or churn@7'),
          format: z
            .enum(['json', 'markdown', 'cyclonedx'])
            .default('json')
            .describe('Markdown is the Hugging Face card, cyclonedx an ML-BOM'),
        }),
      output: z =>
        z.object({
          ref: z.string(),
          format: z.string(),
          content: z.string(),
          missing: z.array(z.string()),
        }),
    },
    action: async ({ input, credentials }) => {
      const path = parseVersionRef(input.modelVersion);
      const card = await cards.get(path, { caller: callerOf(credentials) });
      const content = {
        json: async () => JSON.stringify(card, undefined, 2),
        markdown: () => cards.markdown(path, { caller: callerOf(credentials) }),
        cyclonedx: async () =>
          JSON.stringify(
            await cards.bom(path, { caller: callerOf(credentials) }),
            undefined,
            2,
          ),
      };
      return {
        output: {
          ref: card.ref,
          format: input.format,
          content: await content[input.format](),
          missing: card.completeness.missing,
        },
      };
    },
  });

  actions.register({
    name: 'save-model-card',
    title: 'Save model card',
    description: `Writes the declared part of a model card, all fields at once: a field that is left out is emptied. Fields are Markdown: ${Object.entries(
      cardFields,
    )
      .map(([field, what]) => `${field} (${what})`)
      .join(', ')}, body.`,
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          modelVersion: z.string().describe('As default/churn@7 or churn@7'),
          card: z.record(z.string()).describe('Field to Markdown'),
        }),
      output: z => z.object({ ref: z.string(), missing: z.array(z.string()) }),
    },
    action: async ({ input, credentials }) => {
      const { ref, completeness } = await cards.save(
        {
          ...parseVersionRef(input.modelVersion),
          declared: declaredCardSchema.parse(input.card),
        },
        { caller: callerOf(credentials) },
      );
      return { output: { ref, missing: completeness.missing } };
    },
  });

  actions.register({
    name: 'verify-model-signature',
    title: 'Verify model signature',
    description:
      'Checks the OpenSSF model signature of a version against the keys and authorities the portal trusts, and every file against what was signed. ' +
      'A Sigstore bundle may be sent along; otherwise the one among the files is taken.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          modelVersion: z.string().describe('As default/churn@7 or churn@7'),
          bundle: z
            .record(z.unknown())
            .optional()
            .describe('The bundle as JSON'),
        }),
      output: z =>
        z.object({
          state: z.string(),
          signer: z.string().optional(),
          covered: z.array(z.string()),
          problems: z.array(z.string()),
        }),
    },
    action: async ({ input, credentials }) => {
      const { state, signer, covered, problems } = await signatures.verify(
        { ...parseVersionRef(input.modelVersion), bundle: input.bundle },
        { caller: callerOf(credentials) },
      );
      return { output: { state, signer: signer?.name, covered, problems } };
    },
  });

  actions.register({
    name: 'compare-versions',
    title: 'Compare versions',
    description:
      'Puts two versions side by side: metrics with difference, params, signature, data sets, environment, files and card. Only what differs, unless `all` is set.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          left: z.string().describe('A version, as churn@6'),
          right: z.string().describe('A version, as churn@7'),
          all: z.boolean().default(false).describe('Also what is the same'),
        }),
      output: z =>
        z.object({
          rows: z.array(
            z.object({
              section: z.string(),
              key: z.string(),
              left: z.string().optional(),
              right: z.string().optional(),
              same: z.boolean(),
              difference: z.number().optional(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const left = parseVersionRef(input.left);
      const right = parseVersionRef(input.right);
      const { rows } = await cards.compare(
        {
          ...pathOfModel(left.name),
          left: left.version,
          right: right.version,
          rightModel: right.name,
        },
        { caller: callerOf(credentials) },
      );
      return {
        output: { rows: rows.filter(({ same }) => input.all || !same) },
      };
    },
  });

  actions.register({
    name: 'get-reproduction',
    title: 'Get reproduction',
    description:
      'Tells how to train a version again: commit, data-set versions, environment, parameters and seed, and for each attempt so far whether the metrics came out equal within tolerance.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          modelVersion: z.string().describe('As default/churn@7 or churn@7'),
        }),
      output: reproductionOutput,
    },
    action: async ({ input, credentials }) => ({
      output: toReproductionOutput(
        await reproductions.get(parseVersionRef(input.modelVersion), {
          caller: callerOf(credentials),
        }),
      ),
    }),
  });

  actions.register({
    name: 'reproduce-version',
    title: 'Reproduce version',
    description:
      'Submits a job that trains a version again, every part pinned. Ask get-reproduction afterwards whether the metrics came out equal.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          modelVersion: z.string().describe('As default/churn@7 or churn@7'),
        }),
      output: reproductionOutput,
    },
    action: async ({ input, credentials }) => ({
      output: toReproductionOutput(
        await reproductions.reproduce(parseVersionRef(input.modelVersion), {
          caller: callerOf(credentials),
        }),
      ),
    }),
  });
}
