import type { Signature } from '@downstage/plugin-ml-registry-common';
import { z } from 'zod';

const columnSchema = z.object({
  name: z.string().optional(),
  type: z.string(),
  required: z.boolean().optional(),
  'tensor-spec': z
    .object({ dtype: z.string(), shape: z.array(z.number().int()) })
    .optional(),
});
const columnsSchema = z.array(columnSchema);
type SignatureColumn = z.infer<typeof columnSchema>;

/** The part of an MLmodel file we read. Signatures are JSON inside YAML. */
const mlModelFileSchema = z.object({
  flavors: z.record(z.string(), z.unknown()).default({}),
  signature: z
    .object({
      inputs: z.string().nullish(),
      outputs: z.string().nullish(),
    })
    .nullish(),
});

export type ModelFile = { flavors: string[]; signature?: Signature };

/** What an MLmodel file says, in our words. Missing and garbled parts are left out. */
export function readModelFile(content: unknown): ModelFile {
  const file = mlModelFileSchema.safeParse(content);
  if (!file.success) return { flavors: [] };
  const { flavors, signature } = file.data;
  const inputs = columnsOf(signature?.inputs);
  const outputs = columnsOf(signature?.outputs);
  return {
    flavors: Object.keys(flavors).sort(),
    ...((inputs.length > 0 || outputs.length > 0) && {
      signature: {
        inputs: inputs.map((column, index) => ({
          name: column.name ?? `input_${index}`,
          type: column['tensor-spec']?.dtype ?? column.type,
          ...(column.required !== undefined && { required: column.required }),
        })),
        outputs: outputs.map(column => ({
          ...(column.name && { name: column.name }),
          type: column['tensor-spec']?.dtype ?? column.type,
          ...(column['tensor-spec'] && { shape: column['tensor-spec'].shape }),
        })),
      },
    }),
  };
}

function columnsOf(json: string | null | undefined): SignatureColumn[] {
  if (!json) return [];
  try {
    const parsed = columnsSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : [];
  } catch {
    // Not JSON: as good as no signature, and the gate will say so.
    return [];
  }
}
