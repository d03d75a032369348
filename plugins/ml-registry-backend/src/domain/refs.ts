import { NotFoundError } from '@backstage/errors';
import { formatVersionRef } from '@downstage/common';

/** Registered models live in the namespace `default`: MLflow's names have none. */
export const modelNamespace = 'default';

/** `model:default/tumour-malignancy` */
export function modelRefOf(name: string): string {
  return `model:${modelNamespace}/${name}`;
}

/** `default/tumour-malignancy@7` */
export function versionRefOf(name: string, version: number): string {
  return formatVersionRef({ namespace: modelNamespace, name, version });
}

/** The name in MLflow's eyes of a model path, or a refusal. */
export function nameOfPath(path: { namespace: string; name: string }): string {
  if (path.namespace !== modelNamespace) {
    throw new NotFoundError(
      `No model ${path.namespace}/${path.name}: registered models are in the namespace ${modelNamespace}`,
    );
  }
  return path.name;
}

/** The name of `model:default/x`, or the text itself when it is a bare name. */
export function nameOfModelRef(ref: string): string {
  return /^(?:model:)?(?:default\/)?(.+)$/i.exec(ref)?.[1] ?? ref;
}

/** Where a page of the portal shows a model. */
export function modelLink(name: string): string {
  return `/catalog/${modelNamespace}/model/${encodeURIComponent(
    name,
  )}/versions`;
}
