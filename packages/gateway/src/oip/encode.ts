import { InputError } from '@backstage/errors';
import { datatypes, unpackValues, type Tensor } from '../inference/tensors';
import { writeBlob } from './binary';

/** An answer: JSON alone, or JSON with blobs behind it. */
export type Answer = { body: Buffer; headers: Record<string, string> };

/** Writes the answer of an inference in the order in which the model has its outputs. */
export function encodeAnswer(options: {
  model: string;
  version: number;
  id: string | undefined;
  outputs: Record<string, Tensor>;
  isBinary(output: string): boolean;
}): Answer {
  const { model, version, id, outputs, isBinary } = options;
  const blobs: Buffer[] = [];
  const described = Object.entries(outputs).map(([name, tensor]) => {
    const common = {
      name,
      datatype: datatypes[tensor.type],
      shape: tensor.dims,
    };
    if (isBinary(name)) {
      const blob = writeBlob(tensor);
      blobs.push(blob);
      return { ...common, parameters: { binary_data_size: blob.length } };
    }
    if (tensor.type === 'float16') {
      throw new InputError(
        `Output '${name}' is FP16, which has no JSON form: ask for it with binary_data`,
      );
    }
    return { ...common, data: unpackValues(tensor) };
  });
  const json = Buffer.from(
    JSON.stringify({
      model_name: model,
      model_version: String(version),
      ...(id !== undefined && { id }),
      outputs: described,
    }),
  );
  if (!blobs.length) {
    return { body: json, headers: { 'content-type': 'application/json' } };
  }
  return {
    body: Buffer.concat([json, ...blobs]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    },
  };
}
