import type {
  ArtifactFile,
  Signature,
} from '@downstage/plugin-ml-registry-common';
import type { Servability } from '@downstage/plugin-ml-serving-common';
import { featuresOf, filesToServe, NotServableError } from './servableModel';

/** Whether endpoints can serve a version, as far as its files and its signature say. */
export function judgeFiles(version: {
  files: ArtifactFile[];
  signature: Signature | undefined;
}): Omit<Servability, 'deployed'> {
  try {
    filesToServe(version.files);
    const features = featuresOf(version.signature);
    return {
      servable: true,
      warnings: features.length
        ? []
        : [
            {
              reason: 'NoColumns',
              message:
                'Its signature names no columns: it is asked with tensors only, the prediction log has no columns of features, and drift is not watched',
            },
          ],
    };
  } catch (error) {
    if (!(error instanceof NotServableError)) throw error;
    return {
      servable: false,
      reason: error.reason,
      message: error.message,
      warnings: [],
    };
  }
}
