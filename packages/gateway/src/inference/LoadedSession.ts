import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Column } from '@downstage/plugin-ml-serving-common';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { predictionColumns } from '../tensors/columns';
import { layoutOf, type Layout } from '../tensors/tabular';
import { readExample } from './example';
import type { LoadedModel, LoadMessage } from './modelMessages';
import {
  datatypes,
  zeros,
  type ElementType,
  type Tensor,
  type TensorInfo,
} from '../tensors/tensors';
import { withoutZipMap } from './zipMap';

// The runtime's binding does not know Node's Float16Array ("not enough space: expected 8, got 0") and takes the
// bits of FP16 in a Uint16Array, unless it finds the newer array.
Reflect.deleteProperty(globalThis, 'Float16Array');

const sessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  // The client is told; a line for each refused request would let it fill the disk.
  logSeverityLevel: 4,
} as const;

/** One model version in ONNX Runtime, warmed up. */
export class LoadedSession {
  readonly features: Column[];
  readonly layout: Layout | undefined;
  readonly inputs: TensorInfo[];
  readonly outputs: TensorInfo[];
  readonly #session: InferenceSession;
  readonly #warnings: string[];
  #predictions: Column[] | undefined;
  /** Whether it has ever answered: before that, an error is more likely the model's than the client's. */
  #proven = false;

  private constructor(
    session: InferenceSession,
    options: { features: Column[]; warnings: string[] },
  ) {
    this.#session = session;
    this.#warnings = options.warnings;
    this.features = options.features;
    this.inputs = describe('input', session.inputMetadata);
    this.outputs = describe('output', session.outputMetadata);
    this.layout = layoutOf(this.features, this.inputs);
  }

  /** Checks the file, loads it and warms it up; throws the reason why it cannot be served. */
  static async load(seed: LoadMessage): Promise<LoadedSession> {
    const { path, sha256, features } = seed;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    const found = hash.digest('hex');
    if (found !== sha256) {
      throw new Error(`${path} has the SHA-256 ${found}, wanted ${sha256}`);
    }
    const warnings: string[] = [];
    const loaded = new LoadedSession(await open(path, warnings), {
      features,
      warnings,
    });
    if (features.length && !loaded.layout) {
      warnings.push(
        'The columns of the signature do not match the inputs of the model: named columns are refused, tensors are served',
      );
    } else if (!features.length) {
      warnings.push(
        'The model has no signature with named columns: tensors are served, named columns are refused, features are not logged',
      );
    }
    await loaded.#warmUp(path);
    return loaded;
  }

  get proven() {
    return this.#proven;
  }

  get description(): LoadedModel {
    return {
      inputs: this.inputs,
      outputs: this.outputs,
      predictions: this.#predictions,
      tabular: this.layout !== undefined,
      warnings: this.#warnings,
    };
  }

  /** Runs the model; outputs come in the order asked for. */
  async run(
    inputs: ReadonlyMap<string, Tensor>,
    wanted: readonly string[] = this.#session.outputNames,
  ): Promise<Map<string, Tensor>> {
    const feeds: Record<string, OrtTensor> = {};
    for (const [name, tensor] of inputs) feeds[name] = toOrt(tensor);
    const results = await this.#session.run(feeds, [...wanted]);
    this.#proven = true;
    return new Map(wanted.map(name => [name, fromOrt(results[name])]));
  }

  /** The first run of a session allocates: it happens here, before traffic. It also shows what answers look like. */
  async #warmUp(path: string) {
    let example: Map<string, Tensor> | undefined;
    try {
      example = await readExample(path, this);
    } catch (error) {
      this.#warnings.push(
        `The input example was not used for warming up: ${said(error)}`,
      );
    }
    if (example) {
      for (let time = 0; time < 2; time++) {
        this.#learn(await this.run(example));
      }
      return;
    }
    try {
      for (const rows of [1, 8])
        this.#learn(await this.run(this.#madeUp(rows)));
    } catch (error) {
      // Zeros and empty texts are nobody's data: a model may refuse them and be right.
      this.#warnings.push(
        `Not warmed up: the model refused made-up input, and has no input example (${said(
          error,
        )})`,
      );
    }
  }

  #learn(outputs: Map<string, Tensor>) {
    this.#predictions = predictionColumns(outputs);
  }

  #madeUp(rows: number): Map<string, Tensor> {
    const width = this.features.length || 1;
    return new Map(
      this.inputs.map(({ name, type, shape }): [string, Tensor] => {
        const dims = shape.map((size, index) => {
          if (size !== -1) return size;
          if (index === 0) return rows;
          return this.layout?.kind === 'matrix' ? width : 1;
        });
        const count = dims.reduce((product, size) => product * size, 1);
        return [name, { type, dims, data: zeros(type, count) }];
      }),
    );
  }
}

async function open(
  path: string,
  warnings: string[],
): Promise<InferenceSession> {
  // Loaded by path, not by bytes: weights may lie in files beside it.
  const session = await InferenceSession.create(path, sessionOptions);
  if (session.outputMetadata.every(({ isTensor }) => isTensor)) return session;
  const changed = withoutZipMap(await readFile(path));
  if (!changed) return session;
  await session.release();
  for (const { output, classes } of changed.dropped) {
    warnings.push(
      `The ZipMap before '${output}' was left out: it answers a matrix with one column per class, in the order ${classes
        .slice(0, 20)
        .join(', ')}`,
    );
  }
  return InferenceSession.create(changed.model, sessionOptions);
}

function describe(
  kind: 'input' | 'output',
  metadata: readonly InferenceSession.ValueMetadata[],
): TensorInfo[] {
  return metadata.map(value => {
    if (!value.isTensor) {
      throw new Error(
        `The ${kind} '${value.name}' is a sequence or map, which cannot be served; export the model with tensors only (with zipmap off, if it is a classifier)`,
      );
    }
    if (!(value.type in datatypes)) {
      throw new Error(
        `The ${kind} '${value.name}' has the type ${
          value.type
        }; served are ${Object.keys(datatypes).join(', ')}`,
      );
    }
    return {
      name: value.name,
      type: value.type as ElementType,
      shape: value.shape.map(size =>
        typeof size === 'number' && size >= 0 ? size : -1,
      ),
    };
  });
}

function toOrt({ type, data, dims }: Tensor): OrtTensor {
  return new OrtTensor(type, data as never, dims);
}

function fromOrt(value: OrtTensor): Tensor {
  const { data } = value;
  const type = value.type as ElementType;
  const dims = [...value.dims];
  if (Array.isArray(data)) return { type, dims, data: data as string[] };
  const array = data as Float32Array;
  // FP16 by its bits, whatever array the runtime has for it.
  if (type === 'float16') {
    return {
      type,
      dims,
      data: new Uint16Array(array.buffer, array.byteOffset, array.length),
    };
  }
  return { type, dims, data: array };
}

export function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
