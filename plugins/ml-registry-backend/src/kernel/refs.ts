import { InputError } from '@backstage/errors';
import { formatVersionRef } from '@downstage/common';

/**
 * The registry's tables, services and messages know a model by one text, called its name there: `churn` in the
 * namespace `default`, `credit/churn` in others. MLflow's own names hold no slash, so no name has two meanings.
 */
export const defaultNamespace = 'default';

/** A model as the catalog names it. */
export type ModelPath = { namespace: string; name: string };

/** A version of it. */
export type VersionPath = ModelPath & { version: number };

/** `churn` or `credit/churn` as namespace and name. */
export function pathOfName(name: string): ModelPath {
  const slash = name.indexOf('/');
  return slash < 0
    ? { namespace: defaultNamespace, name }
    : { namespace: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** The registry's name of a model; namespaces are written in small letters. */
export function nameOfPath({ namespace, name }: ModelPath): string {
  if (name.includes('/')) {
    throw new InputError(
      `Not the name of a model: '${name}' (expected one without slashes; the namespace stands beside it)`,
    );
  }
  const spelled = namespace.toLowerCase();
  return spelled === defaultNamespace ? name : `${spelled}/${name}`;
}

/** `model:default/tumour-malignancy` */
export function modelRefOf(name: string): string {
  const path = pathOfName(name);
  return `model:${path.namespace}/${path.name}`;
}

/** `default/tumour-malignancy@7` */
export function versionRefOf(name: string, version: number): string {
  return formatVersionRef({ ...pathOfName(name), version });
}

/** The registry's name of `model:credit/x`, `credit/x` or `x`. */
export function nameOfModelRef(ref: string): string {
  const [, namespace = defaultNamespace, name] =
    /^(?:model:)?(?:([^/]+)\/)?(.+)$/is.exec(ref) ?? [];
  return name === undefined ? ref : nameOfPath({ namespace, name });
}

/** Where a page of the portal shows a model. */
export function modelLink(name: string): string {
  const path = pathOfName(name);
  return `/catalog/${path.namespace}/model/${encodeURIComponent(
    path.name,
  )}/versions`;
}
