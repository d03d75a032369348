import { parseEntityRef } from '@backstage/catalog-model';
import type { GateVerdict } from '@downstage/plugin-ml-registry-common';
import type { Gate } from '@downstage/plugin-ml-registry-node';
import type { Servability } from '@downstage/plugin-ml-serving-common';

const gate = 'can be served';
const wanted = 'a version that endpoints of this portal can serve';

/**
 * The gate that endpoints bring. A version that cannot be served says so before it is deployed: when it is registered
 * and asked to be promoted.
 *
 * @remarks
 * It fails for a model that has an endpoint, which would go on with the old version; an approver may waive it. For
 * others it is a warning: a model may be used without an endpoint. An error is thrown on, and the registry asks again.
 */
export function createServableGate(
  judge: (version: {
    namespace: string;
    name: string;
    version: number;
  }) => Promise<Servability>,
): Gate {
  return {
    name: gate,
    async evaluate({ modelRef, version, running }) {
      const { namespace, name } = parseEntityRef(modelRef);
      return [verdictOf(await judge({ namespace, name, version }), running)];
    },
  };
}

function verdictOf(found: Servability, running: boolean): GateVerdict {
  const { servable, deployed, message = '', reason = '', warnings } = found;
  if (!servable) {
    // The run may yet log its model.
    const failed = running ? 'pending' : 'failed';
    return {
      gate,
      status: deployed ? failed : 'warning',
      saw: reason,
      wanted,
      message: deployed
        ? `The model's endpoint cannot serve this version: ${message}`
        : `Endpoints could not serve this version: ${message}`,
      how: 'Log the model as ONNX too, with mlflow.onnx.log_model; the project template does',
      waivable: true,
    };
  }
  const [warning] = warnings;
  if (warning) {
    return {
      gate,
      status: 'warning',
      saw: warning.reason,
      wanted,
      message: warning.message,
      how: 'Pass signature= or input_example= when logging the model',
    };
  }
  return {
    gate,
    status: 'passed',
    saw: 'an ONNX model with named columns',
    wanted,
    message: 'Endpoints can serve it',
  };
}
