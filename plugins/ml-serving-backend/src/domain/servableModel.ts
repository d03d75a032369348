import { InputError } from '@backstage/errors';
import type {
  ArtifactFile,
  Signature,
} from '@downstage/plugin-ml-registry-common';
import type { Column } from '@downstage/plugin-ml-serving-common';
import { listed } from '@downstage/common';

/** A version cannot be served, and trying again will not help; the reason is one word for programs. */
export class NotServableError extends InputError {
  readonly code = 'ml-serving.not-servable';
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

const columnTypes: Record<string, Column['type']> = {
  double: 'double',
  float: 'double',
  float32: 'double',
  float64: 'double',
  long: 'long',
  integer: 'long',
  int32: 'long',
  int64: 'long',
  boolean: 'boolean',
  bool: 'boolean',
  string: 'string',
  str: 'string',
};

/** The columns of a signature; none for a tensor signature, which is served through tensors only. */
export function featuresOf(signature: Signature | undefined): Column[] {
  const inputs = signature?.inputs.filter(input => input.name) ?? [];
  return inputs.map(({ name, type }) => {
    const known = columnTypes[type.toLowerCase()];
    if (!known) {
      throw new NotServableError(
        'UnsupportedColumnType',
        `The column '${name}' has the type ${type}; served are double, float, long, integer, boolean and string`,
      );
    }
    return { name, type: known };
  });
}

/** Not needed to serve. The input example is: a model is warmed up with it. */
const describing =
  /(^|\/)(MLmodel|conda\.yaml|python_env\.yaml|requirements\.txt|input_example(?!\.json$).*|registered_model_meta)$/;

/**
 * Which files of a version the gateway needs: the .onnx file, and whatever weights lie beside it.
 *
 * @throws NotServableError when there is none, or more than one without a `model.onnx`
 */
export function filesToServe(files: ArtifactFile[]): {
  model: ArtifactFile;
  all: ArtifactFile[];
} {
  const plain = files.filter(file => !file.isDir);
  const models = plain.filter(file => file.path.endsWith('.onnx'));
  const model =
    models.length === 1
      ? models[0]
      : models.find(file => /(^|\/)model\.onnx$/.test(file.path));
  if (!model && models.length) {
    throw new NotServableError(
      'SeveralOnnxModels',
      `This version has several ONNX files (${listed(
        models.map(file => file.path),
      )}) and none is called model.onnx`,
    );
  }
  if (!model) {
    throw new NotServableError(
      'NoOnnxModel',
      `This version has no .onnx file (found: ${
        listed(plain.map(file => file.path)) || 'nothing'
      }); log it with mlflow.onnx.log_model, converted with zipmap off`,
    );
  }
  const folder = model.path.slice(0, model.path.lastIndexOf('/') + 1);
  const beside = plain.filter(
    file =>
      file !== model &&
      file.path.startsWith(folder) &&
      !file.path.slice(folder.length).includes('/') &&
      !file.path.endsWith('.pkl') &&
      !describing.test(file.path),
  );
  return { model, all: [model, ...beside] };
}
