import { datatypes, toJsonText, type Tensor } from '../tensors/tensors';
import { writeBlob } from './binary';

/** An answer: JSON alone, or JSON with blobs behind it. */
export type Answer = { parts: Buffer[]; headers: Record<string, string> };

/** Writes the answer of an inference, outputs in the order given. */
export function encodeAnswer(options: {
  model: string;
  version: number;
  id: string | undefined;
  outputs: Map<string, Tensor>;
  isBinary(output: string): boolean;
}): Answer {
  const { model, version, id, outputs, isBinary } = options;
  const blobs: Buffer[] = [];
  const described = [...outputs].map(([name, tensor]) => {
    const common = `{"name":${JSON.stringify(name)},"datatype":"${
      datatypes[tensor.type]
    }","shape":[${tensor.dims}]`;
    if (isBinary(name)) {
      const blob = writeBlob(tensor);
      blobs.push(blob);
      return `${common},"parameters":{"binary_data_size":${blob.length}}}`;
    }
    return `${common},"data":${toJsonText(tensor)}}`;
  });
  const json = Buffer.from(
    `{"model_name":${JSON.stringify(model)},"model_version":"${version}"${
      id === undefined ? '' : `,"id":${JSON.stringify(id)}`
    },"outputs":[${described.join(',')}]}`,
  );
  if (!blobs.length) {
    return { parts: [json], headers: { 'content-type': 'application/json' } };
  }
  return {
    parts: [json, ...blobs],
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    },
  };
}
