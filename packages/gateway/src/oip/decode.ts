import { InputError } from '@backstage/errors';
import { z } from 'zod';
import {
  datatypes,
  packValues,
  type ElementType,
  type Tensor,
  type TensorInfo,
} from '../inference/tensors';
import { readBlob } from './binary';

const parametersSchema = z.record(z.string(), z.unknown()).optional();

const requestSchema = z.object({
  id: z.string().max(200).optional(),
  parameters: parametersSchema,
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number().int().min(0)).max(16),
      datatype: z.string(),
      parameters: parametersSchema,
      data: z.unknown().optional(),
    }),
  ),
  outputs: z
    .array(z.object({ name: z.string(), parameters: parametersSchema }))
    .optional(),
});

/** An inference request, checked against the model. */
export type InferRequest = {
  id: string | undefined;
  inputs: Record<string, Tensor>;
  /** Names of the outputs wanted; all when undefined. */
  outputs: string[] | undefined;
  /** Whether an output is to be sent as bytes. */
  isBinary(output: string): boolean;
  /** Size of the first dimension: the rows of a batch. */
  rows: number;
};

const types = new Map(
  Object.entries(datatypes).map(([type, name]) => [
    name as string,
    type as ElementType,
  ]),
);
const floats = new Set(['FP16', 'FP32', 'FP64']);
const largestTensor = 50_000_000;

/** Splits a body at `Inference-Header-Content-Length`: the JSON, and the blobs behind it. */
export function splitBody(
  body: Buffer,
  headerLength: string | undefined,
): { json: unknown; blobs: Buffer } {
  let length = body.length;
  if (headerLength !== undefined) {
    length = /^\d{1,10}$/.test(headerLength) ? Number(headerLength) : NaN;
    if (!(length > 0 && length <= body.length)) {
      throw new InputError(
        `Inference-Header-Content-Length is '${headerLength}', wanted the length of the JSON part, from 1 to ${body.length}`,
      );
    }
  }
  try {
    return {
      json: JSON.parse(body.toString('utf8', 0, length)),
      blobs: body.subarray(length),
    };
  } catch (error) {
    throw new InputError(
      `The body is not JSON: ${
        error instanceof Error ? error.message : error
      } (NaN and Infinity have no JSON form: send null for a missing value, or the tensor as binary data)`,
    );
  }
}

/** Reads a request and refuses what does not fit the model, naming the tensor. */
export function decodeRequest(options: {
  json: unknown;
  blobs: Buffer;
  inputs: TensorInfo[];
  outputs: TensorInfo[];
}): InferRequest {
  const parsed = requestSchema.safeParse(options.json);
  if (!parsed.success) {
    throw new InputError(`Invalid request: ${z.prettifyError(parsed.error)}`);
  }
  const request = parsed.data;
  const known = new Map(options.inputs.map(input => [input.name, input]));
  const tensors: Record<string, Tensor> = {};
  let offset = 0;
  for (const input of request.inputs) {
    const where = `Input '${input.name}'`;
    const info = known.get(input.name);
    if (!info) {
      throw new InputError(
        `${where} is not one of the model's: ${[...known.keys()].join(', ')}`,
      );
    }
    if (Object.hasOwn(tensors, input.name)) {
      throw new InputError(`${where} is given twice`);
    }
    const count = checkShape(where, input.shape, info);
    checkDatatype(where, input.datatype, info);
    const size = input.parameters?.binary_data_size;
    if (size === undefined) {
      const values = flatten(where, input.data, count);
      tensors[input.name] = {
        type: info.type,
        dims: input.shape,
        data: packValues(where, info.type, values),
      };
      continue;
    }
    if (
      typeof size !== 'number' ||
      !Number.isInteger(size) ||
      size < 0 ||
      offset + size > options.blobs.length
    ) {
      throw new InputError(
        `${where}: binary_data_size is ${size}, the body has ${
          options.blobs.length - offset
        } bytes left after the JSON part (is Inference-Header-Content-Length set?)`,
      );
    }
    if (input.datatype !== datatypes[info.type]) {
      throw new InputError(
        `${where}: binary data must be ${datatypes[info.type]}, not ${
          input.datatype
        }`,
      );
    }
    tensors[input.name] = {
      type: info.type,
      dims: input.shape,
      data: readBlob(
        where,
        info.type,
        count,
        options.blobs.subarray(offset, offset + size),
      ),
    };
    offset += size;
  }
  if (offset !== options.blobs.length) {
    throw new InputError(
      `${
        options.blobs.length - offset
      } bytes are left over after the last binary tensor`,
    );
  }
  const missing = options.inputs.filter(
    input => !Object.hasOwn(tensors, input.name),
  );
  if (missing.length) {
    throw new InputError(
      `Missing inputs: ${missing.map(input => input.name).join(', ')}`,
    );
  }
  const [first] = Object.values(tensors);
  return {
    id: request.id,
    inputs: tensors,
    ...decodeOutputs(request, options.outputs),
    rows: first?.dims[0] ?? 1,
  };
}

function decodeOutputs(
  request: z.infer<typeof requestSchema>,
  available: TensorInfo[],
): Pick<InferRequest, 'outputs' | 'isBinary'> {
  const wanted = request.outputs?.length ? request.outputs : undefined;
  const names = wanted?.map(output => output.name);
  const unknown = names?.filter(
    (name, index) =>
      names.indexOf(name) !== index ||
      !available.some(output => output.name === name),
  );
  if (unknown?.length) {
    throw new InputError(
      `Outputs asked for twice or not the model's: ${unknown.join(
        ', ',
      )} (it has ${available.map(output => output.name).join(', ')})`,
    );
  }
  const all = request.parameters?.binary_data_output === true;
  return {
    outputs: names,
    isBinary: name => {
      const wish = wanted?.find(output => output.name === name)?.parameters
        ?.binary_data;
      return typeof wish === 'boolean' ? wish : all;
    },
  };
}

function checkShape(where: string, shape: number[], info: TensorInfo): number {
  const fits =
    shape.length === info.shape.length &&
    info.shape.every((size, index) => size === -1 || size === shape[index]);
  if (!fits) {
    throw new InputError(
      `${where} has the shape [${shape}], the model wants [${info.shape}] (-1: any)`,
    );
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > largestTensor) {
    throw new InputError(
      `${where} has ${count} elements, at most ${largestTensor} are taken`,
    );
  }
  return count;
}

/** Any number goes into a floating point input; everything else must be what the model says. */
function checkDatatype(where: string, datatype: string, info: TensorInfo) {
  const wanted = datatypes[info.type];
  const given = types.get(datatype);
  const numeric = given !== undefined && given !== 'string' && given !== 'bool';
  if (datatype === wanted) return;
  if (
    numeric &&
    (floats.has(wanted) || !floats.has(datatype)) &&
    info.type !== 'bool' &&
    info.type !== 'string'
  ) {
    return;
  }
  throw new InputError(
    `${where} has the datatype ${datatype}, the model wants ${wanted}`,
  );
}

/** Nested or flat, row-major. */
function flatten(where: string, data: unknown, count: number): unknown[] {
  if (!Array.isArray(data)) {
    throw new InputError(`${where} has no data: wanted an array`);
  }
  const flat = Array.isArray(data[0]) ? data.flat(Infinity) : data;
  if (flat.length !== count) {
    throw new InputError(
      `${where} has ${flat.length} values, its shape wants ${count}`,
    );
  }
  return flat;
}
